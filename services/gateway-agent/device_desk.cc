#include "services/gateway-agent/device_desk.h"

#include <memory>
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/logging/logging.h"
#include "services/common/proof/command.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using records::v1::DeviceRow;
using records::v1::JournalRow;
using records::v1::StageRow;

constexpr size_t kMaxFromDevice = 16 * 1024;
constexpr absl::Duration kTalkExpiry = absl::Minutes(1);

proof::v1::Proof ProofOf(const gateway::v1::CommitBinding& commit) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = commit.approvals();
  proof.set_index(commit.item().index());
  *proof.mutable_path() = commit.item().path();
  return proof;
}

void LogRefusal(const char* what, const std::string& device,
                const absl::Status& status) {
  if (status.ok()) return;
  logging::Warning(what, {{"device", device},
                          {"reason", ReasonOf(status)},
                          {"cause", std::string(status.message())}});
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceDesk>> DeviceDesk::Create(
    const AgentIdentity& identity, const Clock& clock, SiteStore& site,
    mqtt::MqttClient& broker, MeshSender& mesh) {
  ASSIGN_OR_RETURN(mqtt::GatewayTopics topics,
                   mqtt::GatewayTopics::Create(identity.tenant, identity.site,
                                               identity.gateway));
  std::unique_ptr<DeviceDesk> desk(
      new DeviceDesk(identity, clock, site, broker, mesh, std::move(topics)));
  DeviceDesk* const raw = desk.get();
  RETURN_IF_ERROR(broker.Subscribe(
      raw->topics_.FilterFor(mqtt::TopicKind::kUp), mqtt::Qos::kAtLeastOnce,
      [raw](const mqtt::Message& message) {
        const auto topic = raw->topics_.Parse(message.topic);
        if (!topic.ok() || message.payload.size() > kMaxFromDevice) return;
        raw->Post([raw, device = topic->device, payload = message.payload] {
          raw->OnDevice(device, payload);
        });
      }));
  broker.Start();
  return desk;
}

DeviceDesk::DeviceDesk(const AgentIdentity& identity, const Clock& clock,
                       SiteStore& site, mqtt::MqttClient& broker,
                       MeshSender& mesh, mqtt::GatewayTopics topics)
    : identity_(identity),
      clock_(clock),
      site_(site),
      broker_(broker),
      mesh_(mesh),
      topics_(std::move(topics)),
      working_([this] { WorkUntilStopped(); }) {}

DeviceDesk::~DeviceDesk() { Stop(); }

void DeviceDesk::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (working_.joinable()) working_.join();
}

void DeviceDesk::Post(std::function<void()> work) {
  MutexLock lock(mutex_);
  if (stop_) return;
  work_.push_back(std::move(work));
  changed_.NotifyAll();
}

void DeviceDesk::WorkUntilStopped() {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      busy_ = false;
      changed_.NotifyAll();
      while (!stop_ && work_.empty()) changed_.Wait(mutex_);
      if (stop_) return;
      work = std::move(work_.front());
      work_.pop_front();
      busy_ = true;
    }
    work();
  }
}

void DeviceDesk::Flush() {
  MutexLock lock(mutex_);
  while (busy_ || !work_.empty()) changed_.Wait(mutex_);
}

void DeviceDesk::OnConnected(const gateway::v1::Welcome&) {
  Post([this] {
    const auto results = site_.Unacknowledged();
    if (!results.ok()) return;
    for (const gateway::v1::CommandResult& result : *results) {
      SendResult(result);
    }
  });
}

bool DeviceDesk::OnMessage(const MeshMessage& message) {
  switch (message.body_case()) {
    case MeshMessage::kExecuteCommand:
      Post([this, m = message.execute_command()] { Execute(m); });
      return true;
    case MeshMessage::kStage:
      Post([this, m = message.stage()] { Stage(m); });
      return true;
    case MeshMessage::kCommitBinding:
      Post([this, m = message.commit_binding()] { CommitBinding(m); });
      return true;
    case MeshMessage::kRollbackBinding:
      Post([this, m = message.rollback_binding()] { Rollback(m); });
      return true;
    case MeshMessage::kRevocations:
      Post([this, m = message.revocations()] { Revoke(m); });
      return true;
    case MeshMessage::kAccessToken:
      Post([this, m = message.access_token()] { SendAccessToken(m); });
      return true;
    case MeshMessage::kResultAck:
      Post([this, m = message.result_ack()] {
        for (const std::string& id : m.message_ids()) {
          site_.Acknowledge(id).IgnoreError();
        }
      });
      return true;
    default:
      return false;
  }
}

void DeviceDesk::Execute(const gateway::v1::ExecuteCommand& execute) {
  const absl::StatusOr<proof::v1::Command> command =
      proof::ParseCommand(execute.command());
  if (!command.ok()) {
    LogRefusal("a command cannot be read", "", command.status());
    return;
  }
  const std::string& id = command->command_id();
  const auto known = site_.FindJournal(id);
  // Without a journal nothing is executed; the mesh sends it again.
  if (!known.ok()) return;
  if (known->has_value()) {
    AnswerFromJournal(id, **known);
    return;
  }
  const absl::Status status = HandOver(execute, *command);
  LogRefusal("a command was refused", command->device(), status);
  if (status.code() == absl::StatusCode::kUnavailable ||
      status.code() == absl::StatusCode::kAborted) {
    return;
  }
  SendAccepted(id, ReasonOf(status));
}

absl::Status DeviceDesk::HandOver(const gateway::v1::ExecuteCommand& execute,
                                  const proof::v1::Command& command) {
  ASSIGN_OR_RETURN(const proof::VerifiedCommand verified,
                   Verify(execute, command));
  const auto now = static_cast<uint64_t>(UnixMillis(clock_));
  const uint64_t execute_by = verified.execute_by_ms() != 0
                                  ? verified.execute_by_ms()
                                  : execute.execute_by_ms();
  if (now > execute_by + proof::kSkewMs) {
    return Error(reason::kExecuteByPassed, "too late to begin");
  }
  JournalRow row;
  row.set_schema(1);
  row.set_device(command.device());
  row.set_sequence(command.sequence());
  row.set_command(execute.command());
  if (execute.has_proof()) row.set_proof(proof::Encode(execute.proof()));
  row.set_handed_ms(now);
  row.set_execute_by_ms(execute_by);
  RETURN_IF_ERROR(site_.Hand(command.command_id(), row));
  device::v1::ToDevice message;
  message.mutable_command()->set_command(row.command());
  message.mutable_command()->set_proof(row.proof());
  ToDevice(command.device(), message,
           absl::Milliseconds(static_cast<int64_t>(execute_by) -
                              static_cast<int64_t>(now)) +
               absl::Seconds(1),
           command.command_id());
  return absl::OkStatus();
}

absl::StatusOr<proof::VerifiedCommand> DeviceDesk::Verify(
    const gateway::v1::ExecuteCommand& execute,
    const proof::v1::Command& command) {
  ASSIGN_OR_RETURN(const absl::optional<DeviceRow> device,
                   site_.FindDevice(command.device()));
  if (!device.has_value()) {
    return Error(reason::kDeviceMismatch, "this gateway has no such device");
  }
  ASSIGN_OR_RETURN(const proof::PinSet pins,
                   proof::PinSet::Parse(device->pin_set()));
  proof::VerifyInputs inputs;
  inputs.pins = &pins;
  inputs.device = command.device();
  inputs.gateway = identity_.gateway;
  inputs.now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  inputs.skew_ms = proof::kSkewMs;
  inputs.denied = &denied_;
  if (!execute.has_proof()) return proof::VerifyFree(execute.command(), inputs);
  return proof::VerifyProof(execute.command(), execute.proof(), inputs);
}

void DeviceDesk::AnswerFromJournal(const std::string& command_id,
                                   const JournalRow& row) {
  SendAccepted(command_id, "");
  if (!row.result().command_id().empty()) {
    SendResult(row.result());
    return;
  }
  // Devices with the kit take the same sequence once: it may go out again.
  device::v1::ToDevice message;
  message.mutable_command()->set_command(row.command());
  message.mutable_command()->set_proof(row.proof());
  const int64_t left =
      static_cast<int64_t>(row.execute_by_ms()) - UnixMillis(clock_);
  if (left > 0) {
    ToDevice(row.device(), message, absl::Milliseconds(left), command_id);
  }
}

void DeviceDesk::Stage(const gateway::v1::Stage& stage) {
  for (const gateway::v1::StagedDevice& device : stage.devices()) {
    LogRefusal("a device cannot be staged", device.device(),
               StageOne(stage, device));
  }
}

absl::Status DeviceDesk::StageOne(const gateway::v1::Stage& stage,
                                  const gateway::v1::StagedDevice& device) {
  StageRow row;
  row.set_schema(1);
  row.set_transaction(stage.transaction());
  row.set_command(device.command());
  *row.mutable_evidence() = stage.evidence();
  row.set_factory_point(device.factory_key());
  row.set_deadline_ms(stage.deadline_ms());
  ASSIGN_OR_RETURN(const proof::v1::Command command,
                   proof::ParseCommand(device.command()));
  row.set_command_id(command.command_id());
  RETURN_IF_ERROR(site_.Stage(device.device(), row));
  device::v1::ToDevice prove;
  prove.mutable_prove()->set_tx(stage.transaction());
  prove.mutable_prove()->set_nonce(device.nonce());
  prove.mutable_prove()->set_gateway_point(identity_.key.public_key().point());
  ToDevice(device.device(), prove, kTalkExpiry, stage.transaction());
  device::v1::ToDevice keep;
  keep.mutable_stage()->set_tx(stage.transaction());
  keep.mutable_stage()->set_command(device.command());
  const int64_t left =
      static_cast<int64_t>(stage.deadline_ms()) - UnixMillis(clock_);
  keep.mutable_stage()->set_fail_safe_ms(
      static_cast<uint32_t>(std::max<int64_t>(left, 1)));
  ToDevice(device.device(), keep, kTalkExpiry, stage.transaction());
  return absl::OkStatus();
}

void DeviceDesk::CommitBinding(const gateway::v1::CommitBinding& commit) {
  const absl::StatusOr<proof::v1::Command> command =
      proof::ParseCommand(commit.item().command());
  if (!command.ok()) return;
  const absl::Status status = InstallPins(commit, *command);
  LogRefusal("a binding was refused", command->device(), status);
  if (status.ok() || status.code() == absl::StatusCode::kUnavailable) return;
  GatewayMessage message;
  gateway::v1::BindingResult& result = *message.mutable_binding_result();
  result.set_transaction(commit.transaction());
  result.set_device(command->device());
  result.set_command_id(command->command_id());
  result.set_reason(ReasonOf(status));
  mesh_.Send(std::move(message));
}

absl::Status DeviceDesk::InstallPins(const gateway::v1::CommitBinding& commit,
                                     const proof::v1::Command& command) {
  ASSIGN_OR_RETURN(const absl::optional<StageRow> staged,
                   site_.FindStage(command.device()));
  const proof::v1::Proof proof = ProofOf(commit);
  if (staged.has_value() && staged->transaction() == commit.transaction()) {
    proof::VerifyInputs inputs;
    inputs.device = command.device();
    inputs.gateway = identity_.gateway;
    inputs.now_ms = static_cast<uint64_t>(UnixMillis(clock_));
    inputs.skew_ms = proof::kSkewMs;
    inputs.denied = &denied_;
    ASSIGN_OR_RETURN(
        proof::VerifiedCommand verified,
        proof::VerifyProof(commit.item().command(), proof, inputs));
    ASSIGN_OR_RETURN(
        const proof::VerifiedPins pins,
        proof::VerifyPins(std::move(verified), nullptr, commit.evidence()));
    DeviceRow row;
    row.set_schema(1);
    row.set_pin_set(pins.pins().bytes());
    row.set_factory_point(staged->factory_point());
    row.set_transaction(commit.transaction());
    row.set_command_id(command.command_id());
    RETURN_IF_ERROR(site_.Install(command.device(), row));
  } else {
    // Said again after the agent had installed it: the device may lack it.
    ASSIGN_OR_RETURN(const absl::optional<DeviceRow> device,
                     site_.FindDevice(command.device()));
    if (!device.has_value() || device->pin_set() != command.arguments()) {
      return Error(reason::kStageUnknown, "this transaction is not staged");
    }
  }
  device::v1::ToDevice message;
  message.mutable_commit()->set_tx(commit.transaction());
  message.mutable_commit()->set_proof(proof::Encode(proof));
  if (!commit.access_token().jwt().empty()) {
    message.mutable_commit()->mutable_access_token()->set_jwt(
        commit.access_token().jwt());
  }
  ToDevice(command.device(), message, absl::Hours(1), commit.transaction());
  return absl::OkStatus();
}

void DeviceDesk::Rollback(const gateway::v1::RollbackBinding& rollback) {
  for (const std::string& device : rollback.devices()) {
    site_.Unstage(device).IgnoreError();
    device::v1::ToDevice message;
    message.mutable_rollback()->set_tx(rollback.transaction());
    ToDevice(device, message, absl::Hours(1), rollback.transaction());
  }
}

void DeviceDesk::Revoke(const gateway::v1::Revocations& revocations) {
  denied_.tokens.insert(revocations.tokens().begin(),
                        revocations.tokens().end());
  denied_.gateways.insert(revocations.gateways().begin(),
                          revocations.gateways().end());
}

void DeviceDesk::SendAccessToken(const gateway::v1::AccessToken& token) {
  if (token.jwt().empty()) return;
  device::v1::ToDevice message;
  message.mutable_access_token()->set_jwt(token.jwt());
  ToDevice(token.device(), message, absl::Hours(1), token.renewal_id());
}

void DeviceDesk::ToDevice(const std::string& device,
                          const device::v1::ToDevice& message,
                          absl::Duration expiry,
                          const std::string& correlation) {
  mqtt::Message out;
  out.topic = topics_.Of(device, mqtt::TopicKind::kDown);
  out.payload = message.SerializeAsString();
  out.qos = mqtt::Qos::kAtLeastOnce;
  out.expiry = expiry;
  out.response_topic = topics_.Of(device, mqtt::TopicKind::kUp);
  out.correlation = correlation;
  broker_.Publish(std::move(out), [device](const absl::Status& status) {
    LogRefusal("the broker did not take a message", device, status);
  });
}

void DeviceDesk::SendResult(const gateway::v1::CommandResult& result) {
  GatewayMessage message;
  message.set_message_id(result.command_id());
  *message.mutable_command_result() = result;
  mesh_.Send(std::move(message));
}

void DeviceDesk::SendAccepted(const std::string& command_id,
                              const std::string& refused) {
  GatewayMessage message;
  message.mutable_command_accepted()->set_command_id(command_id);
  message.mutable_command_accepted()->set_refused_reason(refused);
  mesh_.Send(std::move(message));
}

}  // namespace u2fi::gateway_agent
