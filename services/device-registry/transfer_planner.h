#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_PLANNER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_PLANNER_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// PlanPins() under TRANSFER: the next pin set of a bound device, which is to
// belong to `account`. It stays at its site, served by its gateways, under its
// rules. Of the keys only the new owner's are in it, and his own gateways are
// added as places where touches count; lease issuers and a lease end with the
// old owner. Errors are those of registry.proto; more than one device is
// UNIMPLEMENTED.
absl::StatusOr<v1::PlanPinsResponse> PlanTransfer(
    RegistryStore& store, const std::string& tenant,
    const v1::PlanPinsRequest& request);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TRANSFER_PLANNER_H_
