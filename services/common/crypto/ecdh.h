#ifndef U2FI_SERVICES_COMMON_CRYPTO_ECDH_H_
#define U2FI_SERVICES_COMMON_CRYPTO_ECDH_H_

#include <string>

#include "services/common/crypto/p256.h"

namespace u2fi::crypto {

// ECDH on P-256 (RFC 6090, 4; NIST SP 800-56A, 5.7.1.2): the x coordinate that
// both have, 32 bytes. A secret; derive keys from it. Never fails: both are
// keys on the curve, whose order is prime.
std::string SharedSecret(const P256PrivateKey& own, const P256PublicKey& peer);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_ECDH_H_
