// The desk itself, and commands: from the mesh to the device.
#include "services/gateway-agent/device_desk.h"

#include <algorithm>
#include <utility>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/log_refusal.h"
#include "services/gateway-agent/plain_message.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::LocalDevice;
using gateway::v1::MeshMessage;
using records::v1::DeviceRow;
using records::v1::JournalRow;

// How often deadlines are looked at while some are open.
constexpr absl::Duration kLook = absl::Milliseconds(500);

LocalDevice LocalDeviceOf(const std::string& id, bool plain, bool online,
                          gateway::v1::LocalDeviceState state,
                          const std::string& factory_point) {
  LocalDevice device;
  device.set_device(id);
  device.set_factory_key_id(
      crypto::Hex(crypto::View(crypto::Sha256(factory_point))));
  device.set_state(state);
  device.set_kit(!plain);
  device.set_online(online);
  device.set_format_max(1);
  return device;
}

// When the command has to begin: what people touched for; for a free one what
// the mesh says, if that is near.
absl::StatusOr<uint64_t> Deadline(const proof::VerifiedCommand& verified,
                                  uint64_t said_ms, uint64_t now_ms) {
  const bool touched = verified.execute_by_ms() != 0;
  const uint64_t execute_by = touched ? verified.execute_by_ms() : said_ms;
  const uint64_t late = now_ms > execute_by ? now_ms - execute_by : 0;
  const uint64_t left = now_ms < execute_by ? execute_by - now_ms : 0;
  if (late > proof::kSkewMs) {
    return Error(reason::kExecuteByPassed, "too late to begin");
  }
  if (touched ||
      left <= proof::MaxExecuteAfterApproveMs(proof::v1::PURPOSE_COMMAND) +
                  proof::kSkewMs) {
    return execute_by;
  }
  return Error(reason::kDeadlineBounds,
               "a free command is good for 15 minutes at most");
}

}  // namespace

absl::StatusOr<std::unique_ptr<DeviceDesk>> DeviceDesk::Create(
    const AgentIdentity& identity, const Clock& clock, SiteStore& site,
    mqtt::MqttClient& broker, MeshSender& mesh,
    DeviceCredentials* credentials) {
  ASSIGN_OR_RETURN(mqtt::GatewayTopics topics,
                   mqtt::GatewayTopics::Create(identity.tenant, identity.site,
                                               identity.gateway));
  std::unique_ptr<DeviceDesk> desk(new DeviceDesk(
      identity, clock, site, broker, mesh, credentials, std::move(topics)));
  RETURN_IF_ERROR(desk->Remember());
  RETURN_IF_ERROR(desk->Listen());
  return desk;
}

DeviceDesk::DeviceDesk(const AgentIdentity& identity, const Clock& clock,
                       SiteStore& site, mqtt::MqttClient& broker,
                       MeshSender& mesh, DeviceCredentials* credentials,
                       mqtt::GatewayTopics topics)
    : identity_(identity),
      clock_(clock),
      site_(site),
      broker_(broker),
      mesh_(mesh),
      credentials_(credentials),
      topics_(std::move(topics)) {}

absl::Status DeviceDesk::Remember() {
  MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(memory_.journal_since_ms, site_.Begin(NowMs()));
  ASSIGN_OR_RETURN(const records::v1::DenyRow denied, site_.Denied());
  memory_.denied_revision = denied.revision();
  denied_.tokens.insert(denied.tokens().begin(), denied.tokens().end());
  denied_.gateways.insert(denied.gateways().begin(), denied.gateways().end());
  // What the last process handed to plain devices can only be unknown.
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, site_.Unfinished(""));
  for (const std::string& id : ids) {
    Work work;
    work.run = [this, id] { AskUnfinishedOne(id, /*since_start=*/true); };
    work_.push_back(std::move(work));
  }
  return absl::OkStatus();
}

absl::Status DeviceDesk::Listen() {
  for (const mqtt::TopicKind kind :
       {mqtt::TopicKind::kUp, mqtt::TopicKind::kPlainState,
        mqtt::TopicKind::kPresence}) {
    const mqtt::Qos qos = kind == mqtt::TopicKind::kPlainState
                              ? mqtt::Qos::kAtMostOnce
                              : mqtt::Qos::kAtLeastOnce;
    RETURN_IF_ERROR(broker_.Subscribe(
        topics_.FilterFor(kind), qos,
        [this](const mqtt::Message& message) { OnMqtt(message); }));
  }
  broker_.SetConnectionHandler([this](bool connected) { OnBroker(connected); });
  working_ = std::thread([this] { WorkUntilStopped(); });
  broker_.Start();
  return absl::OkStatus();
}

DeviceDesk::~DeviceDesk() { Stop(); }

void DeviceDesk::Stop() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  if (working_.joinable()) working_.join();
}

void DeviceDesk::Post(std::function<void()> run) {
  Work work;
  work.run = std::move(run);
  Post(std::move(work));
}

void DeviceDesk::Post(Work work) {
  {
    MutexLock lock(mutex_);
    if (stop_) return;
    queued_ += work.bytes;
    work_.push_back(std::move(work));
  }
  // Without the lock, which the thread that wakes needs at once.
  changed_.NotifyAll();
}

bool DeviceDesk::Overloaded() const {
  MutexLock lock(mutex_);
  return queued_ > kMaxQueued;
}

void DeviceDesk::WorkUntilStopped() {
  bool stopped = false;
  while (!stopped) {
    const Work work = NextWork(stopped);
    if (work.run) work.run();
    const bool full = handing_.size() >= SiteStore::kMaxHanded;
    if (!work.next_hands || full) HandGroup();
    if (!stopped) EndOverdue();
  }
}

DeviceDesk::Work DeviceDesk::NextWork(bool& stopped) {
  MutexLock lock(mutex_);
  busy_ = false;
  changed_.NotifyAll();
  if (!stop_ && work_.empty() && !ends_.empty()) {
    changed_.WaitFor(mutex_, kLook);
  }
  while (!stop_ && work_.empty() && ends_.empty()) changed_.Wait(mutex_);
  stopped = stop_;
  if (stop_ || work_.empty()) return {};
  Work work = std::move(work_.front());
  work_.pop_front();
  queued_ -= work.bytes;
  work.next_hands = work.hands && !work_.empty() && work_.front().hands;
  busy_ = true;
  return work;
}

void DeviceDesk::Flush() {
  MutexLock lock(mutex_);
  while (busy_ || !work_.empty()) changed_.Wait(mutex_);
}

absl::StatusOr<std::vector<LocalDevice>> DeviceDesk::Devices() {
  ASSIGN_OR_RETURN(const auto staged, site_.Staged());
  ASSIGN_OR_RETURN(const auto bound, site_.Devices());
  std::vector<LocalDevice> devices;
  MutexLock lock(mutex_);
  for (const auto& [id, row] : staged) {
    if (bound.count(id) != 0) continue;
    devices.push_back(LocalDeviceOf(id, row.plain(), online_.count(id) != 0,
                                    gateway::v1::LOCAL_DEVICE_STATE_STAGED,
                                    row.factory_point()));
  }
  for (const auto& [id, row] : bound) {
    devices.push_back(LocalDeviceOf(id, row.plain(), online_.count(id) != 0,
                                    gateway::v1::LOCAL_DEVICE_STATE_BOUND,
                                    row.factory_point()));
    const auto pins = proof::PinSet::Parse(row.pin_set());
    if (!pins.ok()) continue;
    devices.back().set_pins_revision(pins->fields().revision());
    devices.back().set_pins_hash(crypto::ToString(pins->hash()));
  }
  return devices;
}

DeviceDesk::Memory DeviceDesk::memory() const {
  MutexLock lock(mutex_);
  return memory_;
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
  Work work;
  work.run = WorkFor(message);
  if (!work.run) return false;
  work.hands = message.has_execute_command() || message.has_execute_batch();
  // Not its size on the wire: empty entries take far more than their bytes.
  work.bytes = message.SpaceUsedLong() + sizeof(Work);
  Post(std::move(work));
  return true;
}

std::function<void()> DeviceDesk::WorkFor(const MeshMessage& message) {
  switch (message.body_case()) {
    case MeshMessage::kExecuteCommand:
      return [this, m = message.execute_command()] { Execute(m); };
    case MeshMessage::kExecuteBatch:
      return [this, m = message.execute_batch()] { ExecuteBatch(m); };
    case MeshMessage::kStage:
      return [this, m = message.stage()] { Stage(m); };
    case MeshMessage::kCommitBinding:
      return [this, m = message.commit_binding()] { CommitBinding(m); };
    case MeshMessage::kRollbackBinding:
      return [this, m = message.rollback_binding()] { Rollback(m); };
    case MeshMessage::kPinsUpdate:
      return [this, m = message.pins_update()] { UpdatePins(m); };
    case MeshMessage::kReleaseBinding:
      return [this, m = message.release_binding()] { Release(m); };
    case MeshMessage::kRevocations:
      return [this, m = message.revocations()] { Revoke(m); };
    case MeshMessage::kAccessToken:
      return [this, m = message.access_token()] { SendAccessToken(m); };
    case MeshMessage::kResultAck:
      return [this, m = message.result_ack()] { Forget(m); };
    default:
      return nullptr;
  }
}

// The mesh has those results.
void DeviceDesk::Forget(const gateway::v1::ResultAck& ack) {
  for (const std::string& id : ack.message_ids()) {
    site_.Acknowledge(id).IgnoreError();
  }
}

void DeviceDesk::Execute(const gateway::v1::ExecuteCommand& execute,
                         proof::Approvals* shared) {
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
  if (IsBeingHanded(id)) return;
  const absl::Status status = HandOver(execute, *command, shared);
  if (!status.ok()) Refuse(id, command->device(), status);
}

bool DeviceDesk::IsBeingHanded(const std::string& command_id) const {
  return std::any_of(handing_.begin(), handing_.end(),
                     [&](const SiteStore::Handed& handed) {
                       return handed.command_id == command_id;
                     });
}

void DeviceDesk::Refuse(const std::string& command_id,
                        const std::string& device, const absl::Status& status) {
  LogRefusal("a command was refused", device, status);
  if (status.code() == absl::StatusCode::kUnavailable ||
      status.code() == absl::StatusCode::kAborted) {
    return;
  }
  SendAccepted(command_id, ReasonOf(status));
}

void DeviceDesk::HandGroup() {
  std::vector<SiteStore::Handed> group;
  group.swap(handing_);
  if (group.empty()) return;
  const absl::Status status = site_.Hand(group);
  for (const auto& [command_id, row] : group) {
    if (!status.ok()) {
      Refuse(command_id, row.device(), status);
      continue;
    }
    PublishCommand(command_id, row);
    SendAccepted(command_id, "");
  }
}

absl::Status DeviceDesk::HandOver(const gateway::v1::ExecuteCommand& execute,
                                  const proof::v1::Command& command,
                                  proof::Approvals* shared) {
  ASSIGN_OR_RETURN(const Believed* device, Believe(command.device()));
  ASSIGN_OR_RETURN(const proof::VerifiedCommand verified,
                   Verify(execute, command, *device, shared));
  ASSIGN_OR_RETURN(const uint64_t execute_by,
                   Deadline(verified, execute.execute_by_ms(), NowMs()));
  if (device->row.plain()) RETURN_IF_ERROR(CheckPlain(verified));
  JournalRow row;
  row.set_schema(1);
  row.set_device(command.device());
  row.set_sequence(command.sequence());
  row.set_command(execute.command());
  if (execute.has_proof()) row.set_proof(proof::Encode(execute.proof()));
  row.set_handed_ms(NowMs());
  row.set_execute_by_ms(execute_by);
  if (device->row.plain()) return HandToPlain(command, row);
  handing_.push_back({command.command_id(), std::move(row)});
  return absl::OkStatus();
}

absl::Status DeviceDesk::HandToPlain(const proof::v1::Command& command,
                                     const JournalRow& row) {
  RETURN_IF_ERROR(site_.Hand({{command.command_id(), row}}));
  EndAt(row.execute_by_ms(), command.command_id());
  RETURN_IF_ERROR(PublishPlain(command, row.execute_by_ms()));
  SendAccepted(command.command_id(), "");
  return absl::OkStatus();
}

// A journal that was emptied does not know what ran before; and without a
// broker it is better not to begin.
absl::Status DeviceDesk::CheckPlain(
    const proof::VerifiedCommand& verified) const {
  const bool touched = verified.touched_at_ms() != 0;
  if (touched && verified.touched_at_ms() < memory().journal_since_ms) {
    return Error(reason::kJournalGap, "the touch is older than the journal");
  }
  RETURN_IF_ERROR(PlainSet(verified.command()).status());
  return broker_.state();
}

absl::StatusOr<proof::VerifiedCommand> DeviceDesk::Verify(
    const gateway::v1::ExecuteCommand& execute,
    const proof::v1::Command& command, const Believed& device,
    proof::Approvals* shared) {
  proof::VerifyInputs inputs = InputsFor(command.device());
  inputs.pins = &device.pins;
  return VerifyOne(execute, inputs, shared);
}

absl::StatusOr<const DeviceDesk::Believed*> DeviceDesk::Believe(
    const std::string& device) {
  const auto known = believed_.find(device);
  if (known != believed_.end()) return &known->second;
  ASSIGN_OR_RETURN(absl::optional<DeviceRow> row, site_.FindDevice(device));
  if (!row.has_value()) {
    return Error(reason::kDeviceMismatch, "this gateway has no such device");
  }
  ASSIGN_OR_RETURN(proof::PinSet pins, proof::PinSet::Parse(row->pin_set()));
  const auto added =
      believed_.emplace(device, Believed{*std::move(row), std::move(pins)});
  return &added.first->second;
}

proof::VerifyInputs DeviceDesk::InputsFor(const std::string& device) const {
  proof::VerifyInputs inputs;
  inputs.device = device;
  inputs.gateway = identity_.gateway;
  inputs.now_ms = NowMs();
  inputs.skew_ms = proof::kSkewMs;
  inputs.denied = &denied_;
  return inputs;
}

void DeviceDesk::AnswerFromJournal(const std::string& command_id,
                                   const JournalRow& row) {
  SendAccepted(command_id, "");
  if (!row.result().command_id().empty()) {
    SendResult(row.result());
    return;
  }
  const auto device = Believe(row.device());
  if (device.ok() && !(*device)->row.plain()) PublishCommand(command_id, row);
}

// Devices with the kit take the same sequence once: it may go out again.
void DeviceDesk::PublishCommand(const std::string& command_id,
                                const JournalRow& row) {
  const int64_t left =
      static_cast<int64_t>(row.execute_by_ms()) - UnixMillis(clock_);
  if (left <= 0) return;
  device::v1::ToDevice message;
  message.mutable_command()->set_command(row.command());
  message.mutable_command()->set_proof(row.proof());
  ToDevice(row.device(), message, absl::Milliseconds(left), command_id);
}

absl::Status DeviceDesk::PublishPlain(const proof::v1::Command& command,
                                      uint64_t execute_by_ms) {
  ASSIGN_OR_RETURN(std::string payload, PlainSet(command));
  mqtt::Message out;
  out.topic = topics_.Of(command.device(), mqtt::TopicKind::kPlainSet);
  out.payload = std::move(payload);
  out.qos = mqtt::Qos::kAtMostOnce;
  const int64_t left = static_cast<int64_t>(execute_by_ms) - UnixMillis(clock_);
  out.expiry = absl::Milliseconds(std::max<int64_t>(left, 1));
  out.response_topic =
      topics_.Of(command.device(), mqtt::TopicKind::kPlainState);
  out.correlation = command.command_id();
  // Whatever becomes of it, it is not sent again: it may have arrived.
  broker_.Publish(
      std::move(out), [device = command.device()](const absl::Status& status) {
        LogRefusal("the broker did not take a command", device, status);
      });
  return absl::OkStatus();
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
