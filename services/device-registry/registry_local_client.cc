#include "services/device-registry/registry_local_client.h"

#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

class LocalWatch : public RegistryClient::Watch {
 public:
  explicit LocalWatch(std::unique_ptr<EventBus::Watch> watch)
      : watch_(std::move(watch)) {}

 private:
  std::unique_ptr<EventBus::Watch> watch_;
};

}  // namespace

absl::StatusOr<v1::ResolveResponse> RegistryLocalClient::Resolve(
    const v1::ResolveRequest& request) {
  return core_.resolver().Resolve(caller_, request);
}

absl::StatusOr<v1::AdmitGatewayResponse> RegistryLocalClient::AdmitGateway(
    const v1::AdmitGatewayRequest& request) {
  return core_.gateways().AdmitGateway(caller_, request);
}

absl::StatusOr<v1::ArmResponse> RegistryLocalClient::Arm(
    const v1::ArmRequest& request) {
  return core_.transactions().Arm(caller_, request);
}

absl::StatusOr<v1::StageResponse> RegistryLocalClient::Stage(
    const v1::StageRequest& request) {
  return core_.transactions().Stage(caller_, request);
}

absl::StatusOr<v1::ApplyResponse> RegistryLocalClient::Apply(
    const v1::ApplyRequest& request) {
  return core_.applier().Apply(caller_, request);
}

absl::StatusOr<v1::OutcomeResponse> RegistryLocalClient::Outcome(
    const v1::OutcomeRequest& request) {
  return core_.confirmations().Outcome(caller_, request);
}

absl::StatusOr<v1::ConfirmResponse> RegistryLocalClient::Confirm(
    const v1::ConfirmRequest& request) {
  return core_.confirmations().Confirm(caller_, request);
}

absl::StatusOr<v1::ReportPresenceResponse> RegistryLocalClient::ReportPresence(
    const v1::ReportPresenceRequest&) {
  return NotYet("a lease");
}

absl::StatusOr<v1::RenewDeviceTokenResponse>
RegistryLocalClient::RenewDeviceToken(
    const v1::RenewDeviceTokenRequest& request) {
  return core_.tokens().RenewDeviceToken(caller_, request);
}

std::unique_ptr<RegistryClient::Watch> RegistryLocalClient::WatchEvents(
    std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
        callback) {
  return std::make_unique<LocalWatch>(
      core_.events().Subscribe({}, std::move(callback)));
}

}  // namespace u2fi::device_registry
