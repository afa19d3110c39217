#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PROVISIONING_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PROVISIONING_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"
#include "services/device-registry/device_tokens.h"

namespace u2fi::device_registry {

// Carries out `u2fi.pins` under PROVISION: the device is bound, with its first
// pin set and access token. The first step that fails is the answer:
//   transaction  it is the command's, STAGED, and its deadline has not passed
//   device       it is in that transaction
//   proof        VerifyProof() for a blank device behind the staging gateway
//   evidence     VerifyPins(): every further key was enrolled by its account
//   scope        tenant, account, site and relying party are the transaction's
//   gateways     those of the pin set are ACTIVE at that site, with that key
//   keys         those of the pin set are active keys of their accounts
//   place        the touch was taken at one of the owner's own gateways
// Returns the name of the binding. Puts everything into `change`.
absl::StatusOr<std::string> ApplyProvisioning(Change& change,
                                              const ApplyCase& in,
                                              const std::string& rp_id_hash,
                                              const DeviceTokens& tokens,
                                              RandomSource& random);

// How long after execute_by a device may take to confirm.
inline constexpr uint64_t kConfirmGraceMs = 30'000;

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PROVISIONING_H_
