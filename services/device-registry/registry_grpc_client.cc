#include "services/device-registry/registry_grpc_client.h"

#include <utility>

#include "services/common/rpc/client_call.h"
#include "services/common/rpc/stream_watch.h"

namespace u2fi::device_registry {
namespace {

using Stub = v1::DeviceRegistry::StubInterface;

class StreamWatch : public RegistryClient::Watch {
 public:
  using Watching = rpc::StreamWatch<v1::WatchEventsResponse>;

  StreamWatch(Stub& stub, absl::Duration reconnect_after,
              Watching::Callback callback)
      : watching_(
            reconnect_after,
            [&stub](grpc::ClientContext* context) {
              v1::WatchEventsRequest request;
              request.set_tenant("-");
              return stub.WatchEvents(context, request);
            },
            std::move(callback)) {}

 private:
  Watching watching_;
};

}  // namespace

absl::StatusOr<v1::ResolveResponse> RegistryGrpcClient::Resolve(
    const v1::ResolveRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Resolve);
}

absl::StatusOr<v1::AdmitGatewayResponse> RegistryGrpcClient::AdmitGateway(
    const v1::AdmitGatewayRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::AdmitGateway);
}

absl::StatusOr<v1::ArmResponse> RegistryGrpcClient::Arm(
    const v1::ArmRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Arm);
}

absl::StatusOr<v1::StageResponse> RegistryGrpcClient::Stage(
    const v1::StageRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Stage);
}

absl::StatusOr<v1::ApplyResponse> RegistryGrpcClient::Apply(
    const v1::ApplyRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Apply);
}

absl::StatusOr<v1::OutcomeResponse> RegistryGrpcClient::Outcome(
    const v1::OutcomeRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Outcome);
}

absl::StatusOr<v1::ConfirmResponse> RegistryGrpcClient::Confirm(
    const v1::ConfirmRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Confirm);
}

absl::StatusOr<v1::ReportPresenceResponse> RegistryGrpcClient::ReportPresence(
    const v1::ReportPresenceRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::ReportPresence);
}

absl::StatusOr<v1::RenewDeviceTokenResponse>
RegistryGrpcClient::RenewDeviceToken(
    const v1::RenewDeviceTokenRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::RenewDeviceToken);
}

std::unique_ptr<RegistryClient::Watch> RegistryGrpcClient::WatchEvents(
    std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
        callback) {
  return std::make_unique<StreamWatch>(*stub_, reconnect_after_,
                                       std::move(callback));
}

}  // namespace u2fi::device_registry
