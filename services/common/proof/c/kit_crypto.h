#ifndef U2FI_SERVICES_COMMON_PROOF_C_KIT_CRYPTO_H_
#define U2FI_SERVICES_COMMON_PROOF_C_KIT_CRYPTO_H_

#include <string>

#include "services/common/proof/c/u2fi_proof.h"
#include "services/common/proof/verify_proof.h"

namespace u2fi::proof {

// The C kit with BoringSSL behind its two function pointers, for the device
// emulator and for tests.
const u2fi_crypto& KitCrypto();

// A view of `text`, which must live as long.
u2fi_bytes KitBytes(const std::string& text);

// The inputs that do not travel: identity, time, lease_ended, and the crypto.
u2fi_input KitInput(const VerifyInputs& in);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_C_KIT_CRYPTO_H_
