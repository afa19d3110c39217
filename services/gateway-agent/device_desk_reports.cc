// What devices say, and what is made of their silence.
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/statement.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/outcome.h"
#include "services/gateway-agent/plain_message.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;

constexpr size_t kMaxFromDevice = 16 << 10;
constexpr uint64_t kGenesis = 1;
constexpr absl::Duration kTalkExpiry = absl::Minutes(1);
// What the agent writes where a device cannot.
constexpr char kUnknown[] = "UNKNOWN";
constexpr char kNeverBegun[] = "REFUSED EXECUTE_BY_PASSED";

}  // namespace

void DeviceDesk::OnMqtt(const mqtt::Message& message) {
  const auto topic = topics_.Parse(message.topic);
  if (!topic.ok() || message.payload.size() > kMaxFromDevice) return;
  if (topic->kind == mqtt::TopicKind::kPresence) {
    MutexLock lock(mutex_);
    if (message.payload == mqtt::kOnline) {
      online_.insert(topic->device);
    } else {
      online_.erase(topic->device);
    }
    return;
  }
  // What is dropped it is asked for again after the next connection.
  if (!quota_.Take(topic->device, message.payload.size())) return;
  const bool plain = topic->kind == mqtt::TopicKind::kPlainState;
  Post([this, plain, device = topic->device, payload = message.payload] {
    quota_.Give(device, payload.size());
    plain ? OnPlain(device, payload) : OnDevice(device, payload);
  });
}

void DeviceDesk::OnBroker(bool connected) {
  if (connected) {
    Post([this] {
      AskUnfinished("");
      TellChanges();
    });
    return;
  }
  MutexLock lock(mutex_);
  online_.clear();
}

void DeviceDesk::OnDevice(const std::string& device,
                          const std::string& payload) {
  device::v1::FromDevice message;
  if (!message.ParseFromString(payload)) return;
  switch (message.body_case()) {
    case device::v1::FromDevice::kHello:
      return OnHello(device, message.hello());
    case device::v1::FromDevice::kResult:
      return OnResult(device, message.result());
    case device::v1::FromDevice::kStatus:
      return OnStatus(device, message.status());
    case device::v1::FromDevice::kProof:
      return OnProof(device, message.proof());
    case device::v1::FromDevice::kPins:
      return OnPins(device, message.pins());
    case device::v1::FromDevice::kTokenRenewal:
      return OnRenewal(device, message.token_renewal());
    default:
      return;
  }
}

void DeviceDesk::OnPlain(const std::string& device,
                         const std::string& payload) {
  const auto believed = Believe(device);
  if (!believed.ok() || !(*believed)->row.plain()) return;
  const auto result = ParsePlainState(payload);
  if (result.ok()) OnResult(device, *result);
}

void DeviceDesk::OnHello(const std::string& device,
                         const device::v1::Hello& hello) {
  // It connects for the first time, or lost what was staged.
  const auto staged = site_.FindStage(device);
  const bool waits = staged.ok() && staged->has_value() &&
                     hello.pins().state() == device::v1::BINDING_STATE_BLANK;
  if (waits) TellStaged(device, **staged);
  OnPins(device, hello.pins());
  // It may have been away when a command went out.
  AskUnfinished(device);
}

void DeviceDesk::OnResult(const std::string& device,
                          const device::v1::DeviceResult& result) {
  const auto row = site_.FindJournal(result.command_id());
  if (!row.ok()) return;
  if (!row->has_value()) return NoteAnswer(device, result);
  if ((*row)->device() != device) return;
  Finish(result.command_id(), device, result);
}

void DeviceDesk::Finish(const std::string& command_id,
                        const std::string& device,
                        const device::v1::DeviceResult& result) {
  const gateway::v1::ExecutionOutcome outcome = OutcomeOf(result.outcome());
  if (outcome == gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED) return;
  gateway::v1::CommandResult up;
  up.set_command_id(command_id);
  up.set_device(device);
  up.set_outcome(outcome);
  up.set_outcome_text(result.outcome());
  up.set_finished_at_ms(NowMs());
  up.set_device_signature(result.device_signature());
  up.set_sequence_high(result.sequence_high());
  // Kept until the mesh has it. A second result changes nothing; the first one
  // goes up.
  const auto stands = site_.Finish(command_id, up);
  if (stands.ok()) SendResult(*stands);
}

void DeviceDesk::OnStatus(const std::string& device,
                          const device::v1::StatusReply& status) {
  const auto ids = site_.Unfinished(device);
  if (!ids.ok()) return;
  for (const std::string& id : *ids) {
    const auto row = site_.FindJournal(id);
    if (!row.ok() || !row->has_value() ||
        (*row)->sequence() != status.sequence()) {
      continue;
    }
    device::v1::DeviceResult end = status.result();
    end.set_sequence_high(status.sequence_high());
    if (status.state() == device::v1::SEQUENCE_STATE_FREE) {
      if (NowMs() <= (*row)->execute_by_ms() + proof::kSkewMs) {
        PublishCommand(id, **row);
        continue;
      }
      end.set_outcome(kNeverBegun);
    } else if (status.result().command_id() != id) {
      // Used, and the device has forgotten how it ended.
      end.set_outcome(kUnknown);
      end.clear_device_signature();
    }
    Finish(id, device, end);
  }
}

void DeviceDesk::AskUnfinished(absl::string_view device) {
  const auto ids = site_.Unfinished(device);
  if (!ids.ok()) return;
  for (const std::string& id : *ids) {
    AskUnfinishedOne(id, /*since_start=*/false);
  }
}

void DeviceDesk::AskUnfinishedOne(const std::string& command_id,
                                  bool since_start) {
  const auto row = site_.FindJournal(command_id);
  if (!row.ok() || !row->has_value()) return;
  const auto device = Believe((*row)->device());
  if (!device.ok()) return;
  if (!(*device)->row.plain()) {
    // Before the broker is there nobody can be asked; then all are.
    if (since_start) return;
    device::v1::ToDevice ask;
    ask.mutable_status()->set_sequence((*row)->sequence());
    ToDevice((*row)->device(), ask, kTalkExpiry, command_id);
    return;
  }
  if (!since_start) return;
  device::v1::DeviceResult end;
  end.set_outcome(kUnknown);
  Finish(command_id, (*row)->device(), end);
}

void DeviceDesk::EndAt(uint64_t execute_by_ms, const std::string& command_id) {
  ends_.emplace(execute_by_ms, command_id);
}

void DeviceDesk::EndOverdue() {
  const uint64_t now = NowMs();
  while (!ends_.empty() && ends_.begin()->first < now) {
    const std::string id = ends_.begin()->second;
    ends_.erase(ends_.begin());
    const auto row = site_.FindJournal(id);
    if (!row.ok() || !row->has_value()) continue;
    if (!(*row)->result().command_id().empty()) continue;
    device::v1::DeviceResult end;
    end.set_outcome(kUnknown);
    Finish(id, (*row)->device(), end);
  }
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
  NoteStaged(device, report);
  if (EndChange(device, report)) return;
  if (report.state() == device::v1::BINDING_STATE_BOUND &&
      !report.tx().empty()) {
    const auto known = Believe(device);
    if (known.ok() && (*known)->row.transaction() == report.tx() &&
        crypto::View((*known)->pins.hash()) == report.pins_hash()) {
      SendBound(device, (*known)->row, report);
      return;
    }
  }
  SendReport(device, report);
}

void DeviceDesk::SendReport(const std::string& device,
                            const device::v1::PinsReport& report) {
  GatewayMessage message;
  gateway::v1::PinsReport& up = *message.mutable_pins_report();
  up.set_device(device);
  up.set_pins_revision(report.revision());
  up.set_pins_hash(report.pins_hash());
  if (report.state() == device::v1::BINDING_STATE_STAGED) {
    up.set_transaction(report.tx());
  }
  mesh_.Send(std::move(message));
}

void DeviceDesk::SendBound(const std::string& device,
                           const records::v1::DeviceRow& row,
                           const device::v1::PinsReport& report,
                           const std::string& signature) {
  GatewayMessage message;
  gateway::v1::BindingResult& result = *message.mutable_binding_result();
  if (report.revision() == kGenesis) {
    result.set_transaction(row.transaction());
  }
  result.set_device(device);
  result.set_command_id(row.command_id());
  result.set_reason(report.reason());
  result.set_pins_revision(report.revision());
  result.set_pins_hash(report.pins_hash());
  result.set_device_signature(signature);
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
