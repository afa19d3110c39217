#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_LOCAL_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_LOCAL_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_client.h"
#include "services/device-registry/registry_core.h"

namespace u2fi::device_registry {

// The registry in the same process, called without gRPC: each call runs on the
// caller's thread and comes from the one service that this client was made
// for. Thread-safe.
class RegistryLocalClient : public RegistryClient {
 public:
  // `core` must outlive this object and its watches. `caller` is
  // service/command-gate.
  RegistryLocalClient(RegistryCore& core, rpc::Caller caller)
      : core_(core), caller_(std::move(caller)) {}

  absl::StatusOr<v1::ResolveResponse> Resolve(
      const v1::ResolveRequest& request) override;
  absl::StatusOr<v1::AdmitGatewayResponse> AdmitGateway(
      const v1::AdmitGatewayRequest& request) override;
  absl::StatusOr<v1::ArmResponse> Arm(const v1::ArmRequest& request) override;
  absl::StatusOr<v1::StageResponse> Stage(
      const v1::StageRequest& request) override;
  absl::StatusOr<v1::ApplyResponse> Apply(
      const v1::ApplyRequest& request) override;
  absl::StatusOr<v1::OutcomeResponse> Outcome(
      const v1::OutcomeRequest& request) override;
  absl::StatusOr<v1::ConfirmResponse> Confirm(
      const v1::ConfirmRequest& request) override;
  absl::StatusOr<v1::ReportPresenceResponse> ReportPresence(
      const v1::ReportPresenceRequest& request) override;
  absl::StatusOr<v1::RenewDeviceTokenResponse> RenewDeviceToken(
      const v1::RenewDeviceTokenRequest& request) override;
  std::unique_ptr<Watch> WatchEvents(
      std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
          callback) override;

 private:
  RegistryCore& core_;
  const rpc::Caller caller_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_LOCAL_CLIENT_H_
