#ifndef U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_ADMIN_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_ADMIN_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/admin.pb.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Gateways: made by operators for a key that was made on the gateway, stopped
// at once, or for good. Their states:
//   ACTIVE ⇄ SUSPENDED, and from both REVOKED (on the deny list for ever)
// Thread-safe. Errors are those of registry.proto.
class GatewayAdmin {
 public:
  // `store` must outlive this object.
  explicit GatewayAdmin(RegistryStore& store) : store_(store) {}

  // The key must be new in the tenant, so that a key names one gateway.
  absl::StatusOr<v1::CreateGatewayResponse> CreateGateway(
      const rpc::Caller& caller, const v1::CreateGatewayRequest& request);
  absl::StatusOr<v1::GetGatewayResponse> GetGateway(
      const rpc::Caller& caller, const v1::GetGatewayRequest& request);
  absl::StatusOr<v1::ListGatewaysResponse> ListGateways(
      const rpc::Caller& caller, const v1::ListGatewaysRequest& request);

  absl::StatusOr<v1::SuspendGatewayResponse> SuspendGateway(
      const rpc::Caller& caller, const v1::SuspendGatewayRequest& request);
  absl::StatusOr<v1::ResumeGatewayResponse> ResumeGateway(
      const rpc::Caller& caller, const v1::ResumeGatewayRequest& request);
  absl::StatusOr<v1::RevokeGatewayResponse> RevokeGateway(
      const rpc::Caller& caller, const v1::RevokeGatewayRequest& request);

  // Moves a gateway to SUSPENDED or REVOKED again, since the store has
  // forgotten that it was. Nothing for a gateway that is gone, or has no more
  // rights than that.
  absl::Status TakeAgain(const std::string& tenant, const std::string& id,
                         v1::GatewayState to);

  // Whether a gateway may connect. The first step that fails is the answer:
  //   known   there is such a gateway at that site
  //   active  its state is ACTIVE
  //   key     the certificate is for the key of the record
  absl::StatusOr<v1::AdmitGatewayResponse> AdmitGateway(
      const rpc::Caller& caller, const v1::AdmitGatewayRequest& request);

 private:
  // Moves a gateway to `to`. GATEWAY_STATE unless it may go there from where
  // it is.
  template <typename Response, typename Request>
  absl::StatusOr<Response> Move(const rpc::Caller& caller,
                                const Request& request, v1::GatewayState to);

  uint64_t NowMs() const {
    return static_cast<uint64_t>(UnixMillis(store_.clock()));
  }

  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_ADMIN_H_
