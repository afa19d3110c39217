#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_RENEWAL_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_RENEWAL_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/device_tokens.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/admin.pb.h"
#include "u2fi/device_registry/v1/devices.pb.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Access tokens after the first one, and the keys that verify them.
// Thread-safe.
class TokenRenewal {
 public:
  // The references must outlive this object.
  TokenRenewal(RegistryStore& store, const DeviceTokens& tokens)
      : store_(store), tokens_(tokens) {}

  // The first step that fails is the answer (errors of registry.proto):
  //   known      there is such a device
  //   gateway    it executes for the device (else GATEWAY_MISMATCH)
  //   state      the device is bound
  //   token      `jti` is that of its last token, or of the one before: an
  //              answer can get lost
  //   signature  the device's key signed the renewal
  absl::StatusOr<v1::RenewDeviceTokenResponse> RenewDeviceToken(
      const rpc::Caller& caller, const v1::RenewDeviceTokenRequest& request);

  absl::StatusOr<v1::GetJwksResponse> GetJwks(
      const rpc::Caller& caller, const v1::GetJwksRequest& request);

 private:
  RegistryStore& store_;
  const DeviceTokens& tokens_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_RENEWAL_H_
