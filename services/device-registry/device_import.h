#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_IMPORT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_IMPORT_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Takes devices from a maker's list: all in one commit, or none. Each id and
// each factory key is new in the tenant. Thread-safe.
class DeviceImport {
 public:
  // `store` must outlive this object.
  explicit DeviceImport(RegistryStore& store) : store_(store) {}

  // Errors are those of registry.proto; a wrong entry is named by its path,
  // "devices[3].factory_key". A grant secret is UNIMPLEMENTED.
  absl::StatusOr<v1::ImportDevicesResponse> ImportDevices(
      const rpc::Caller& caller, const v1::ImportDevicesRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_IMPORT_H_
