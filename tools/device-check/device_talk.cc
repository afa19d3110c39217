#include "tools/device-check/device_talk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device_check {
namespace {

using device::v1::FromDevice;
using device::v1::ToDevice;

constexpr uint32_t kFailSafeMs = 600'000;
constexpr absl::Duration kExpiry = absl::Minutes(1);

std::string OperationOf(const CheckCase& c) {
  const auto command = proof::ParseCommand(c.command);
  return command.ok() ? command->operation() : "";
}

ToDevice MessageOf(const CheckCase& c, const std::string& operation) {
  ToDevice message;
  if (operation == proof::kOperationPins) {
    message.mutable_pins_update()->set_command(c.command);
    message.mutable_pins_update()->set_proof(c.proof);
    message.mutable_pins_update()->set_evidence(c.evidence);
  } else if (operation == proof::kOperationUnbind) {
    message.mutable_release()->set_command(c.command);
    message.mutable_release()->set_proof(c.proof);
  } else {
    message.mutable_command()->set_command(c.command);
    message.mutable_command()->set_proof(c.proof);
  }
  return message;
}

// A refusal without a reason is one all the same.
constexpr char kNoReason[] = "(no reason)";

std::string ReasonIn(const device::v1::MessageRefused& refused) {
  return refused.reason().empty() ? kNoReason : refused.reason();
}

}  // namespace

std::string VerdictIn(const std::string& outcome, const std::string& expected) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(outcome, absl::MaxSplits(' ', 1));
  for (const absl::string_view begun : {"SUCCEEDED", "FAILED", "UNKNOWN"}) {
    if (parts.first == begun) return "";
  }
  if (parts.first != "REFUSED" || parts.second.empty()) {
    return outcome.empty() ? kNoReason : outcome;
  }
  const std::string reason(parts.second);
  const bool verified =
      reason == u2fi::reason::kOperationUnknown.name && expected.empty();
  return verified ? "" : reason;
}

DeviceTalk::DeviceTalk(std::unique_ptr<mqtt::MqttClient> client,
                       const Clock& clock, absl::Duration patience)
    : clock_(clock),
      patience_(patience),
      topics_(*mqtt::GatewayTopics::Create(kTenant, kSite, kGateway)),
      client_(std::move(client)) {}

absl::StatusOr<device::v1::Hello> DeviceTalk::Start() {
  RETURN_IF_ERROR(client_->Subscribe(
      topics_.Of(kDevice, mqtt::TopicKind::kUp), mqtt::Qos::kAtLeastOnce,
      [this](const mqtt::Message& message) { OnMessage(message); }));
  client_->SetConnectionHandler([this](bool connected) {
    MutexLock lock(mutex_);
    connected_ = connected;
    changed_.NotifyAll();
  });
  client_->Start();
  {
    MutexLock lock(mutex_);
    const absl::Duration end = clock_.Uptime() + patience_;
    while (!connected_ && clock_.Uptime() < end) {
      changed_.WaitFor(mutex_, end - clock_.Uptime());
    }
    if (!connected_) return client_->state();
  }
  return AskHello();
}

void DeviceTalk::OnMessage(const mqtt::Message& message) {
  FromDevice parsed;
  if (!parsed.ParseFromString(message.payload)) return;
  MutexLock lock(mutex_);
  heard_.push_back(std::move(parsed));
  changed_.NotifyAll();
}

void DeviceTalk::Send(const ToDevice& message) {
  mqtt::Message out;
  out.topic = topics_.Of(kDevice, mqtt::TopicKind::kDown);
  out.payload = message.SerializeAsString();
  out.qos = mqtt::Qos::kAtLeastOnce;
  out.expiry = kExpiry;
  out.response_topic = topics_.Of(kDevice, mqtt::TopicKind::kUp);
  client_->Publish(std::move(out), nullptr);
}

absl::StatusOr<FromDevice> DeviceTalk::Ask(const ToDevice& message,
                                           FromDevice::BodyCase wanted) {
  {
    MutexLock lock(mutex_);
    heard_.clear();
  }
  Send(message);
  return Await(wanted);
}

absl::StatusOr<FromDevice> DeviceTalk::Await(FromDevice::BodyCase wanted) {
  const absl::Duration end = clock_.Uptime() + patience_;
  MutexLock lock(mutex_);
  while (true) {
    const auto found = std::find_if(
        heard_.begin(), heard_.end(), [&](const FromDevice& message) {
          return message.body_case() == wanted || message.has_refused();
        });
    if (found != heard_.end()) return *found;
    if (clock_.Uptime() >= end) {
      return Error(reason::kDeadlineExceeded,
                   absl::StrCat(kDevice,
                                " does not answer: does it run, and is it at "
                                "this broker, behind the gateway of the "
                                "cases?"));
    }
    changed_.WaitFor(mutex_, end - clock_.Uptime());
  }
}

absl::StatusOr<device::v1::Hello> DeviceTalk::AskHello() {
  ToDevice message;
  message.mutable_hello_request();
  ASSIGN_OR_RETURN(const FromDevice answer, Ask(message, FromDevice::kHello));
  if (answer.has_hello()) return answer.hello();
  return Error(reason::kMessageFormat, "the device does not say Hello");
}

absl::StatusOr<std::string> DeviceTalk::Play(const CheckCase& c) {
  const std::string operation = OperationOf(c);
  if (operation == proof::kOperationPins && c.pins.empty()) {
    return PlayGenesis(c);
  }
  ASSIGN_OR_RETURN(const FromDevice answer,
                   Ask(MessageOf(c, operation), FromDevice::kResult));
  if (answer.has_refused()) return ReasonIn(answer.refused());
  const bool changes = operation == proof::kOperationPins ||
                       operation == proof::kOperationUnbind;
  // The report that follows is not the answer to the next question.
  if (changes) RETURN_IF_ERROR(Await(FromDevice::kPins).status());
  return VerdictIn(answer.result().outcome(), c.expected);
}

absl::StatusOr<std::string> DeviceTalk::PlayGenesis(const CheckCase& c) {
  const std::string tx = absl::StrCat("check-", ++transactions_);
  ToDevice stage;
  stage.mutable_stage()->set_tx(tx);
  stage.mutable_stage()->set_command(c.command);
  stage.mutable_stage()->set_evidence(c.evidence);
  stage.mutable_stage()->set_fail_safe_ms(kFailSafeMs);
  ASSIGN_OR_RETURN(FromDevice answer, Ask(stage, FromDevice::kPins));
  if (answer.has_refused()) return ReasonIn(answer.refused());
  if (!answer.pins().reason().empty()) return answer.pins().reason();
  ToDevice commit;
  commit.mutable_commit()->set_tx(tx);
  commit.mutable_commit()->set_proof(c.proof);
  ASSIGN_OR_RETURN(answer, Ask(commit, FromDevice::kPins));
  if (answer.has_refused()) return ReasonIn(answer.refused());
  if (!answer.pins().reason().empty()) {
    const std::string why = answer.pins().reason();
    ToDevice rollback;
    rollback.mutable_rollback()->set_tx(tx);
    RETURN_IF_ERROR(Ask(rollback, FromDevice::kPins).status());
    return why;
  }
  return std::string(answer.pins().state() == device::v1::BINDING_STATE_BOUND
                         ? ""
                         : "NOT_BOUND");
}

}  // namespace u2fi::device_check
