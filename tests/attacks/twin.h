#ifndef U2FI_TESTS_ATTACKS_TWIN_H_
#define U2FI_TESTS_ATTACKS_TWIN_H_

#include "services/common/crypto/p256.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::attacks {

// The same touch with the other signature (r, n - s), which verifies as well,
// relayed by `gateway_key`.
proof::v1::Answer TwinOf(const proof::v1::Answer& answer,
                         const crypto::P256PrivateKey& gateway_key);

}  // namespace u2fi::attacks

#endif  // U2FI_TESTS_ATTACKS_TWIN_H_
