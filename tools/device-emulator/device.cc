#include "tools/device-emulator/device.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/payload.h"

namespace u2fi::device {
namespace {

constexpr uint32_t kFormat = 1;
constexpr size_t kMaxSentence = 256;

v1::FromDevice From(v1::PinsReport report) {
  v1::FromDevice message;
  *message.mutable_pins() = std::move(report);
  return message;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Device>> Device::Create(
    Parts parts, DeviceStorage& storage, const StoredState& stored,
    const Clock& clock, Console& console) {
  ASSIGN_OR_RETURN(Appliance appliance, Appliance::Create(parts.model));
  ASSIGN_OR_RETURN(
      std::unique_ptr<DeviceRecord> record,
      DeviceRecord::Create(parts.identity, storage, stored, clock));
  return std::unique_ptr<Device>(new Device(std::move(parts),
                                            std::move(appliance),
                                            std::move(record), clock, console));
}

Device::Device(Parts parts, Appliance appliance,
               std::unique_ptr<DeviceRecord> record, const Clock& clock,
               Console& console)
    : console_(console),
      appliance_(std::move(appliance)),
      signer_(std::move(parts.factory_key)),
      record_(std::move(record)),
      results_(*record_, signer_),
      runner_(*record_, appliance_, results_, std::move(parts.act)),
      binder_(*record_, results_, clock),
      tokens_(*record_, signer_, clock) {}

Device::Answers Device::Handle(absl::string_view payload) {
  const absl::StatusOr<v1::ToDevice> message = ParseToDevice(payload);
  if (!message.ok()) return Refuse(message.status());
  return Dispatch(*message);
}

Device::Answers Device::Dispatch(const v1::ToDevice& message) {
  switch (message.body_case()) {
    case v1::ToDevice::kCommand:
      return FromReport(
          runner_.Run(message.command().command(), message.command().proof()),
          /*with_pins=*/false);
    case v1::ToDevice::kStatus: {
      v1::FromDevice answer;
      *answer.mutable_status() = runner_.Status(message.status().sequence());
      return {answer};
    }
    case v1::ToDevice::kProve:
      return Prove(message.prove());
    case v1::ToDevice::kStage:
      return Stage(message.stage());
    case v1::ToDevice::kCommit:
      return Commit(message.commit());
    case v1::ToDevice::kRollback:
      return Rollback(message.rollback());
    case v1::ToDevice::kPinsUpdate:
      return FromReport(binder_.Update(message.pins_update()),
                        /*with_pins=*/true);
    case v1::ToDevice::kRelease:
      return FromReport(binder_.Release(message.release()), /*with_pins=*/true);
    case v1::ToDevice::kAccessToken:
      return TakeToken(message.access_token());
    case v1::ToDevice::kHelloRequest:
      return Hello();
    case v1::ToDevice::BODY_NOT_SET:
      break;
  }
  return Refuse(Error(reason::kMessageFormat, "no body"));
}

Device::Answers Device::Hello() const {
  v1::FromDevice message;
  v1::Hello& hello = *message.mutable_hello();
  hello.set_oldest_format(kFormat);
  hello.set_newest_format(kFormat);
  hello.set_model(appliance_.model());
  hello.set_factory_point(signer_.point());
  *hello.mutable_pins() = binder_.Report();
  hello.set_sequence_high(record_->window().high());
  return {message};
}

Device::Answers Device::Prove(const v1::ProveRequest& request) {
  v1::FromDevice message;
  v1::DeviceProof& proof = *message.mutable_proof();
  proof.set_tx(request.tx());
  proof.set_factory_point(signer_.point());
  proof.set_signature(signer_.SignProof(request.nonce(), request.tx(),
                                        request.gateway_point()));
  Say("proved its identity to the gateway");
  return {message};
}

Device::Answers Device::Stage(const v1::Stage& message) {
  return FromBinding("stage", message.tx(), binder_.Stage(message));
}

Device::Answers Device::Commit(const v1::Commit& message) {
  const absl::Status status = binder_.Commit(message.tx(), message.proof());
  Answers answers = FromBinding("commit", message.tx(), status);
  if (!status.ok() || !message.has_access_token()) return answers;
  for (v1::FromDevice& more : TakeToken(message.access_token())) {
    answers.push_back(std::move(more));
  }
  return answers;
}

Device::Answers Device::Rollback(const v1::Rollback& message) {
  return FromBinding("rollback", message.tx(), binder_.Rollback(message.tx()));
}

Device::Answers Device::TakeToken(const v1::AccessToken& message) {
  const absl::Status status = tokens_.Accept(message.jwt());
  if (!status.ok()) return Refuse(status);
  Say("has an access token");
  return {};
}

Device::Answers Device::Tick() {
  Answers answers;
  if (binder_.Tick()) {
    Say("forgot what was staged: no commit came in time");
    answers.push_back(From(binder_.Report()));
  }
  if (auto renewal = tokens_.Renew(/*at_once=*/false)) {
    v1::FromDevice message;
    *message.mutable_token_renewal() = *std::move(renewal);
    answers.push_back(std::move(message));
  }
  return answers;
}

Device::Answers Device::RenewToken() {
  auto renewal = tokens_.Renew(/*at_once=*/true);
  if (!renewal.has_value()) return {};
  v1::FromDevice message;
  *message.mutable_token_renewal() = *std::move(renewal);
  return {message};
}

Device::Answers Device::Reset() {
  const absl::Status status = binder_.Reset();
  if (!status.ok()) return Refuse(status);
  Say("reset by hand: it is blank");
  v1::FromDevice event;
  event.mutable_event()->set_name("device.reset");
  return {event, From(binder_.Report())};
}

Device::Answers Device::FromReport(const CommandReport& report,
                                   bool with_pins) {
  Say(report.line);
  v1::FromDevice message;
  *message.mutable_result() = report.result;
  if (!with_pins) return {message};
  return {message, From(binder_.Report())};
}

Device::Answers Device::FromBinding(const std::string& what,
                                    const std::string& tx,
                                    const absl::Status& status) {
  v1::PinsReport report = binder_.Report();
  if (status.ok()) {
    Say(absl::StrCat(what, " ", tx, ": done"));
  } else {
    report.set_tx(tx);
    report.set_reason(ReasonOf(status));
    Say(absl::StrCat(what, " ", tx, ": refused: ", ReasonOf(status), " (",
                     status.message(), ")"));
  }
  return {From(std::move(report))};
}

Device::Answers Device::Refuse(const absl::Status& status) {
  Say(absl::StrCat("refused: ", ReasonOf(status), " (", status.message(), ")"));
  v1::FromDevice message;
  message.mutable_refused()->set_reason(ReasonOf(status));
  message.mutable_refused()->set_message(
      std::string(status.message().substr(0, kMaxSentence)));
  return {message};
}

void Device::Say(const std::string& line) const {
  console_.Say(record_->identity().device, line);
}

}  // namespace u2fi::device
