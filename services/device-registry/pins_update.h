#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Carries out `u2fi.pins` under PINS or TRANSFER: a bound device gets its next
// pin set, under TRANSFER with another owner, who then has its binding. The
// first step that fails is the answer:
//   device     it is BOUND, and no transaction is named
//   proof      VerifyProof() under the present pin set, behind its gateway
//   evidence   VerifyPins(): every further key was enrolled by its account
//   approvers  the tokens that touched are active keys of their accounts
//   gateways   those that are new are ACTIVE with that key, at the site or, for
//              touches alone, at another one of the owner; the site, and the
//              one that serves the device, stay (PINS_CHANGE)
//   keys       those that are new are active keys of their accounts
//   place      the touches were taken at the owner's own gateways, the new
//              owner's at his
// Returns the name of the device. Puts everything into `change`.
absl::StatusOr<std::string> ApplyPinsUpdate(Change& change,
                                            const ApplyCase& in);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_H_
