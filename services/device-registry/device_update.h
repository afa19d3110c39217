#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_UPDATE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_UPDATE_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Changes what people call a device; nothing else of it is changed by saying
// so. Thread-safe.
class DeviceUpdate {
 public:
  // Most characters of a display name.
  static constexpr size_t kMaxDisplayName = 128;

  // `store` must outlive this object.
  explicit DeviceUpdate(RegistryStore& store) : store_(store) {}

  // Errors: INVALID_FIELD, FIELD_IMMUTABLE (another path in the mask),
  // RESOURCE_UNKNOWN, ETAG_MISMATCH; those of the store. The name is for
  // people's eyes: the audit has that it changed, not what it says.
  absl::StatusOr<v1::UpdateDeviceResponse> UpdateDevice(
      const rpc::Caller& caller, const v1::UpdateDeviceRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_UPDATE_H_
