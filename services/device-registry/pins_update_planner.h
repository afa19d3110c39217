#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_PLANNER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_PLANNER_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Makes the next pin set of a bound device from the present one, for PlanPins
// under PINS. What the request does not replace stays; without any replacement
// the plan shows the present set as the next revision. Of keys only token_id,
// account and roles are read: point and level are those of the account's active
// key. `evidence` holds the enrolment proofs of keys that the device does not
// believe yet. One device at a time. Errors are those of registry.proto.
absl::StatusOr<v1::PlanPinsResponse> PlanPinsUpdate(
    RegistryStore& store, const std::string& tenant,
    const v1::PlanPinsRequest& request);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PINS_UPDATE_PLANNER_H_
