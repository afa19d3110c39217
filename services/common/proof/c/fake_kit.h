#ifndef U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_
#define U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_

#include <string>

#include "services/common/proof/c/kit_crypto.h"

namespace u2fi::proof {

// Whether the kit takes the bytes as a pin set: for tests of its inner parts.
bool KitParsesPins(const std::string& bytes);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_
