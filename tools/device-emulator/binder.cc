#include "tools/device-emulator/binder.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/kit_verifier.h"

namespace u2fi::device {
namespace {

using proof::v1::Evidence;

absl::StatusOr<Evidence> ReadEvidence(const std::string& bytes) {
  return proof::Parse<Evidence>(bytes, proof::kMaxEvidence,
                                reason::kEvidenceFormat);
}

absl::Status NotBlank() {
  return Error(reason::kDeviceState, "the device has an owner");
}

}  // namespace

Binder::Binder(DeviceRecord& record, const Results& results, const Clock& clock)
    : record_(record), results_(results), clock_(clock) {
  const Staged& staged = record.binding().staged;
  if (staged.tx.empty()) return;
  fail_safe_ = clock.Uptime() + absl::Milliseconds(staged.fail_safe_ms);
}

absl::Status Binder::CheckGenesis(const v1::Stage& message) const {
  ASSIGN_OR_RETURN(const proof::v1::Command command,
                   proof::ParseCommand(message.command()));
  if (command.operation() != proof::kOperationPins) {
    return Error(reason::kOperationUnknown, "only u2fi.pins can be staged");
  }
  ASSIGN_OR_RETURN(const proof::PinSet pins,
                   proof::PinSet::Parse(command.arguments()));
  const DeviceIdentity& me = record_.identity();
  if (command.device() != me.device || pins.fields().device() != me.device) {
    return Error(reason::kDeviceMismatch, "the pin set is another device's");
  }
  if (pins.FindGateway(me.gateway) == nullptr) {
    return Error(reason::kGatewayNotPinned, "the pin set lacks this gateway");
  }
  if (pins.fields().revision() != 1) {
    return Error(reason::kPinsRevision,
                 "a blank device begins with revision 1");
  }
  return ReadEvidence(message.evidence()).status();
}

absl::Status Binder::Stage(const v1::Stage& message) {
  if (record_.pins() != nullptr) return NotBlank();
  RETURN_IF_ERROR(CheckGenesis(message));
  Binding binding = record_.binding();
  binding.staged = {message.tx(), message.command(), message.evidence(),
                    message.fail_safe_ms()};
  RETURN_IF_ERROR(record_.Rebind(std::move(binding)));
  fail_safe_ = clock_.Uptime() + absl::Milliseconds(message.fail_safe_ms());
  return absl::OkStatus();
}

absl::Status Binder::Commit(const std::string& tx, const std::string& proof) {
  if (record_.pins() != nullptr) {
    return record_.binding().tx == tx ? absl::OkStatus() : NotBlank();
  }
  const Staged staged = record_.binding().staged;
  if (staged.tx != tx) {
    return Error(reason::kStageUnknown, "this transaction is not staged");
  }
  ASSIGN_OR_RETURN(const proof::VerifiedPins verified,
                   AcceptPins(staged.command, proof, staged.evidence));
  Binding binding;
  binding.pins = verified.pins().bytes();
  binding.tx = tx;
  RETURN_IF_ERROR(record_.Install(verified.command(), std::move(binding)));
  fail_safe_ = absl::InfiniteDuration();
  return absl::OkStatus();
}

absl::Status Binder::Rollback(const std::string& tx) {
  if (record_.binding().staged.tx != tx) return absl::OkStatus();
  Binding binding = record_.binding();
  binding.staged = {};
  RETURN_IF_ERROR(record_.Rebind(std::move(binding)));
  fail_safe_ = absl::InfiniteDuration();
  return absl::OkStatus();
}

CommandReport Binder::Update(const v1::PinsUpdate& message) {
  if (auto known = record_.OutcomeOf(message.command())) {
    return results_.Report(message.command(), *known);
  }
  if (record_.pins() == nullptr) {
    return Finish(message.command(), Error(reason::kDeviceState,
                                           "a blank device is staged first"));
  }
  const auto verified =
      AcceptPins(message.command(), message.proof(), message.evidence());
  if (!verified.ok()) return Finish(message.command(), verified.status());
  Binding binding = record_.binding();
  binding.pins = verified->pins().bytes();
  return Finish(message.command(),
                record_.Install(verified->command(), std::move(binding)));
}

CommandReport Binder::Release(const v1::Release& message) {
  if (auto known = record_.OutcomeOf(message.command())) {
    return results_.Report(message.command(), *known);
  }
  const auto verified = AcceptRelease(message);
  if (!verified.ok()) return Finish(message.command(), verified.status());
  return Finish(message.command(), record_.Install(*verified, Binding()));
}

absl::StatusOr<proof::VerifiedPins> Binder::AcceptPins(
    const std::string& command, const std::string& proof,
    const std::string& evidence_bytes) const {
  ASSIGN_OR_RETURN(const Evidence evidence, ReadEvidence(evidence_bytes));
  proof::VerifyInputs inputs = record_.Inputs();
  if (evidence.has_lease_offer()) inputs.lease_offer = &evidence.lease_offer();
  ASSIGN_OR_RETURN(proof::VerifiedCommand verified,
                   VerifyWithKit(command, proof, inputs));
  RETURN_IF_ERROR(record_.CheckSequence(verified.command().sequence()));
  if (!verified.next_pins().has_value()) {
    return Error(reason::kOperationUnknown, "not u2fi.pins");
  }
  return proof::VerifyPins(std::move(verified), record_.pins(), evidence);
}

absl::StatusOr<proof::VerifiedCommand> Binder::AcceptRelease(
    const v1::Release& message) const {
  if (record_.pins() == nullptr) {
    return Error(reason::kDeviceState, "the device is blank");
  }
  ASSIGN_OR_RETURN(
      proof::VerifiedCommand verified,
      VerifyWithKit(message.command(), message.proof(), record_.Inputs()));
  if (verified.command().operation() != proof::kOperationUnbind) {
    return Error(reason::kOperationUnknown, "not u2fi.unbind");
  }
  RETURN_IF_ERROR(record_.CheckSequence(verified.command().sequence()));
  return verified;
}

CommandReport Binder::Finish(const std::string& command_bytes,
                             const absl::Status& status) const {
  return results_.Report(
      command_bytes, status.ok() ? std::string(kSucceeded) : Refused(status),
      status);
}

absl::Status Binder::Reset() {
  RETURN_IF_ERROR(record_.Rebind(Binding()));
  fail_safe_ = absl::InfiniteDuration();
  return absl::OkStatus();
}

bool Binder::Tick() {
  if (clock_.Uptime() < fail_safe_) return false;
  return Rollback(record_.binding().staged.tx).ok();
}

v1::PinsReport Binder::Report() const {
  v1::PinsReport report;
  const Binding& binding = record_.binding();
  if (const proof::PinSet* pins = record_.pins()) {
    report.set_state(v1::BINDING_STATE_BOUND);
    report.set_tx(binding.tx);
    report.set_revision(pins->fields().revision());
    report.set_pins_hash(crypto::ToString(pins->hash()));
  } else if (!binding.staged.tx.empty()) {
    report.set_state(v1::BINDING_STATE_STAGED);
    report.set_tx(binding.staged.tx);
  } else {
    report.set_state(v1::BINDING_STATE_BLANK);
  }
  return report;
}

}  // namespace u2fi::device
