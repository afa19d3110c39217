// What devices say: the half of DeviceDesk that listens.
#include "absl/strings/match.h"
#include "services/gateway-agent/device_desk.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;

gateway::v1::ExecutionOutcome OutcomeOf(const std::string& text) {
  if (absl::StartsWith(text, "SUCCEEDED")) {
    return gateway::v1::EXECUTION_OUTCOME_SUCCEEDED;
  }
  if (absl::StartsWith(text, "FAILED") || absl::StartsWith(text, "REFUSED")) {
    return gateway::v1::EXECUTION_OUTCOME_FAILED;
  }
  return gateway::v1::EXECUTION_OUTCOME_UNKNOWN;
}

}  // namespace

void DeviceDesk::OnDevice(const std::string& device,
                          const std::string& payload) {
  device::v1::FromDevice message;
  if (!message.ParseFromString(payload)) return;
  switch (message.body_case()) {
    case device::v1::FromDevice::kResult:
      OnResult(device, message.result());
      break;
    case device::v1::FromDevice::kProof:
      OnProof(device, message.proof());
      break;
    case device::v1::FromDevice::kPins:
      OnPins(device, message.pins());
      break;
    case device::v1::FromDevice::kHello:
      OnPins(device, message.hello().pins());
      break;
    case device::v1::FromDevice::kTokenRenewal:
      OnRenewal(device, message.token_renewal());
      break;
    default:
      break;
  }
}

void DeviceDesk::OnResult(const std::string& device,
                          const device::v1::DeviceResult& result) {
  const auto row = site_.FindJournal(result.command_id());
  if (!row.ok() || !row->has_value() || (*row)->device() != device) return;
  gateway::v1::CommandResult up;
  up.set_command_id(result.command_id());
  up.set_device(device);
  up.set_outcome(OutcomeOf(result.outcome()));
  up.set_outcome_text(result.outcome());
  up.set_finished_at_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  up.set_device_signature(result.device_signature());
  up.set_sequence_high(result.sequence_high());
  // Kept on disk before it goes up: an acknowledged result is never lost.
  if (site_.Finish(result.command_id(), up).ok()) SendResult(up);
}

void DeviceDesk::OnProof(const std::string& device,
                         const device::v1::DeviceProof& proof) {
  const auto staged = site_.FindStage(device);
  if (!staged.ok() || !staged->has_value() ||
      (*staged)->transaction() != proof.tx()) {
    return;
  }
  GatewayMessage message;
  gateway::v1::DeviceProof& up = *message.mutable_device_proof();
  up.set_transaction(proof.tx());
  up.set_device(device);
  up.set_signature(proof.signature());
  up.set_factory_point(proof.factory_point());
  mesh_.Send(std::move(message));
}

void DeviceDesk::OnPins(const std::string& device,
                        const device::v1::PinsReport& report) {
  GatewayMessage message;
  if (report.state() == device::v1::BINDING_STATE_BOUND &&
      !report.tx().empty()) {
    const auto row = site_.FindDevice(device);
    if (!row.ok() || !row->has_value() ||
        (*row)->transaction() != report.tx()) {
      return;
    }
    gateway::v1::BindingResult& result = *message.mutable_binding_result();
    result.set_transaction(report.tx());
    result.set_device(device);
    result.set_command_id((*row)->command_id());
    result.set_reason(report.reason());
    result.set_pins_revision(report.revision());
    result.set_pins_hash(report.pins_hash());
  } else {
    gateway::v1::PinsReport& up = *message.mutable_pins_report();
    up.set_device(device);
    up.set_pins_revision(report.revision());
    up.set_pins_hash(report.pins_hash());
    if (report.state() == device::v1::BINDING_STATE_STAGED) {
      up.set_transaction(report.tx());
    }
  }
  mesh_.Send(std::move(message));
}

void DeviceDesk::OnRenewal(const std::string& device,
                           const device::v1::TokenRenewal& renewal) {
  GatewayMessage message;
  gateway::v1::TokenRenewal& up = *message.mutable_token_renewal();
  up.set_renewal_id(renewal.jti());
  up.set_device(device);
  up.set_jti(renewal.jti());
  up.set_signature(renewal.signature());
  mesh_.Send(std::move(message));
}

}  // namespace u2fi::gateway_agent
