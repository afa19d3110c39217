#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHANGE_ACT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHANGE_ACT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Carries out `u2fi.policy`: an account agrees to a change of the policy or of
// a model that an operator named and that makes something looser. The first
// step that fails is the answer:
//   account   it exists (RESOURCE_UNKNOWN)
//   proof     VerifyAccountProof() with the account's active keys and gateways
//             (decisions A7)
//   place     the touch is at a gateway (PLACE_NOT_ALLOWED)
//   change    it waits, and makes looser just what was touched for
//             (POLICY_CHANGE_UNKNOWN)
//   guardian  the account is one of the policy's guardians as it is; where none
//             is named, it owns the site of the touch (NOT_A_GUARDIAN)
// The change holds as soon as those who agreed satisfy each rule as it was
// before (decisions A19); until then it waits on, with one agreement more.
// Agreements whose account may not agree any more, or has lost the key, go.
// Returns the name of what changes. Puts everything into `change`.
absl::StatusOr<std::string> ApplyPolicyChange(Change& change,
                                              const ApplyCase& in,
                                              const std::string& rp_id_hash);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHANGE_ACT_H_
