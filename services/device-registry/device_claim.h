#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_CLAIM_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_CLAIM_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// Lets an account claim a blank device, so that nobody else can provision it.
// Thread-safe.
class DeviceClaim {
 public:
  // Wrong codes of an account before it has to wait, and how long.
  static constexpr uint32_t kMaxFailures = 10;
  static constexpr absl::Duration kWindow = absl::Hours(1);

  // `store` must outlive this object.
  explicit DeviceClaim(RegistryStore& store) : store_(store) {}

  // Idempotent for the account that holds the claim. The first step that fails
  // is the answer (errors of registry.proto):
  //   known    device and account exist
  //   limit    the account has not guessed too often
  //   code     the printed code is right; a wrong one is counted
  //   state    the device is IMPORTED, or CLAIMED by the same account
  absl::StatusOr<v1::ClaimDeviceResponse> ClaimDevice(
      const rpc::Caller& caller, const v1::ClaimDeviceRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DEVICE_CLAIM_H_
