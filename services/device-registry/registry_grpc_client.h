#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_GRPC_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_GRPC_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "services/device-registry/registry_client.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"

namespace u2fi::device_registry {

// The registry over gRPC. Each call has a deadline; errors keep their reasons.
// Thread-safe.
class RegistryGrpcClient : public RegistryClient {
 public:
  // `deadline` of each call; `reconnect_after` waits before a broken event
  // stream is opened again.
  RegistryGrpcClient(std::unique_ptr<v1::DeviceRegistry::StubInterface> stub,
                     absl::Duration deadline,
                     absl::Duration reconnect_after = absl::Seconds(1))
      : stub_(std::move(stub)),
        deadline_(deadline),
        reconnect_after_(reconnect_after) {}

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

  // Tells of a gap whenever the stream is open again. The watch must go before
  // this object.
  std::unique_ptr<Watch> WatchEvents(
      std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
          callback) override;

 private:
  const std::unique_ptr<v1::DeviceRegistry::StubInterface> stub_;
  const absl::Duration deadline_;
  const absl::Duration reconnect_after_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_GRPC_CLIENT_H_
