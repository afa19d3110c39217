#ifndef U2FI_SERVICES_DEVICE_REGISTRY_NEXT_PINS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_NEXT_PINS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// What the planners share that make the next pin set of a bound device.
// Errors are those of registry.proto.

// `devices` names exactly one; more are UNIMPLEMENTED.
absl::Status CheckOneDevice(const v1::PlanPinsRequest& request);

// What the device `id` believes now; WRONG_STATE unless it is BOUND.
absl::StatusOr<proof::PinSet> PresentPins(RegistryStore& store,
                                          const std::string& tenant,
                                          const std::string& id);

// The same as the next revision in its chain.
proof::v1::PinSet NextRevision(const proof::PinSet& present);

// `next` as the plan for the device `id`.
absl::StatusOr<v1::PlannedPins> PlannedFor(const std::string& id,
                                           proof::v1::PinSet next);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_NEXT_PINS_H_
