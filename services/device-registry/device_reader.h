#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_READER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_READER_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Devices, bindings, pin sets and transactions as others see them. Clients
// list only what belongs to an account that they name. Thread-safe. Errors are
// those of registry.proto.
class DeviceReader {
 public:
  // `store` must outlive this object.
  explicit DeviceReader(RegistryStore& store) : store_(store) {}

  absl::StatusOr<v1::GetDeviceResponse> GetDevice(
      const rpc::Caller& caller, const v1::GetDeviceRequest& request);
  absl::StatusOr<v1::ListDevicesResponse> ListDevices(
      const rpc::Caller& caller, const v1::ListDevicesRequest& request);

  absl::StatusOr<v1::GetBindingResponse> GetBinding(
      const rpc::Caller& caller, const v1::GetBindingRequest& request);
  absl::StatusOr<v1::ListBindingsResponse> ListBindings(
      const rpc::Caller& caller, const v1::ListBindingsRequest& request);
  absl::StatusOr<v1::ListPinRevisionsResponse> ListPinRevisions(
      const rpc::Caller& caller, const v1::ListPinRevisionsRequest& request);
  absl::StatusOr<v1::GetTransactionResponse> GetTransaction(
      const rpc::Caller& caller, const v1::GetTransactionRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_READER_H_
