#ifndef U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_
#define U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_

#include <string>

#include "services/common/proof/c/kit_crypto.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::proof {

// Whether the kit takes the bytes as a pin set: for tests of its inner parts.
bool KitParsesPins(const std::string& bytes);
// The same for a command and for a statement in a proof.
bool KitParsesCommand(const std::string& bytes);
bool KitParsesStatement(const std::string& bytes);

// What the kit thinks of two rules that keep their form.
bool KitIsAtLeastAsStrict(const v1::Rule& a, const v1::Rule& b);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_C_FAKE_KIT_H_
