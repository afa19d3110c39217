#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PINS_PLANNER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PINS_PLANNER_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Makes the pin sets that a change would need. Advice: nothing is stored, and
// Apply checks what comes back. Under PINS the next pin set of a bound device
// (pins_update_planner.h); under PROVISION the first pin set of a claimed one:
//   keys      the owner's active keys as OWNER, or only the one in token_id;
//             the first of them, by age, has to approve, and `evidence` holds
//             the enrolment proofs of the others
//   gateways  those named, or all that are ACTIVE at the site; each may approve
//             and execute
//   rules     the strictest of tenant, model and owner, where they differ from
//             one touch by OWNER
// Thread-safe.
class PinsPlanner {
 public:
  // `store` must outlive this object. `rp_id_hash` has 32 bytes.
  PinsPlanner(RegistryStore& store, std::string rp_id_hash)
      : store_(store), rp_id_hash_(std::move(rp_id_hash)) {}

  // Errors are those of registry.proto; other purposes are UNIMPLEMENTED.
  absl::StatusOr<v1::PlanPinsResponse> PlanPins(
      const rpc::Caller& caller, const v1::PlanPinsRequest& request);

 private:
  RegistryStore& store_;
  const std::string rp_id_hash_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PINS_PLANNER_H_
