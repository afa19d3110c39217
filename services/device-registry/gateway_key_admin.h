#ifndef U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ADMIN_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ADMIN_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/admin.pb.h"

namespace u2fi::device_registry {

// Another identity key for a gateway, as operators name it. Where the owner of
// the gateway's site has a token, the key only waits: the owner approves it by
// a touch (gateway_key_act.h). Thread-safe.
class GatewayKeyAdmin {
 public:
  // `store` must outlive this object.
  explicit GatewayKeyAdmin(RegistryStore& store) : store_(store) {}

  // Takes the place of a key that waits. The first step that fails is the
  // answer:
  //   key      PUBLIC_KEY_INVALID
  //   gateway  it exists and is not REVOKED (RESOURCE_UNKNOWN, GATEWAY_STATE)
  //   etag     ETAG_MISMATCH
  //   new      no gateway has or had the key (RESOURCE_EXISTS)
  absl::StatusOr<v1::ReplaceGatewayKeyResponse> ReplaceGatewayKey(
      const rpc::Caller& caller, const v1::ReplaceGatewayKeyRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ADMIN_H_
