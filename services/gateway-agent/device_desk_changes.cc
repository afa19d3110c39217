// Changes of what a bound device believes: verified under the present pin set,
// kept on disk, told to the device until it answers. The agent believes the new
// set once the device reports it; of a device without the kit it is the agent's
// belief that counts, so it changes at once.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/log_refusal.h"
#include "services/gateway-agent/outcome.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using records::v1::ChangeRow;

constexpr absl::Duration kTalkExpiry = absl::Hours(1);
constexpr size_t kMaxReason = 64;

// Of a PinsUpdate or a ReleaseBinding.
template <typename Message>
proof::v1::Proof ProofOf(const Message& message) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = message.approvals();
  proof.set_index(message.item().index());
  *proof.mutable_path() = message.item().path();
  return proof;
}

// What waits for the device: empty for a release.
absl::StatusOr<std::string> NextPinsOf(const ChangeRow& row) {
  ASSIGN_OR_RETURN(const proof::v1::Command command,
                   proof::ParseCommand(row.command()));
  return command.operation() == proof::kOperationPins ? command.arguments()
                                                      : "";
}

// Whether `report` says that the device has made the change.
bool HasMade(const std::string& next, const device::v1::PinsReport& report) {
  if (next.empty()) {
    return report.state() == device::v1::BINDING_STATE_BLANK;
  }
  return crypto::View(proof::PinsHash(next)) == report.pins_hash();
}

// The reason in `REFUSED <REASON>`; one of ours for what has none.
std::string ReasonIn(absl::string_view outcome) {
  const size_t space = outcome.find(' ');
  const absl::string_view rest =
      space == outcome.npos ? "" : outcome.substr(space + 1);
  const bool good =
      !rest.empty() && rest.size() <= kMaxReason &&
      OutcomeOf(outcome) == gateway::v1::EXECUTION_OUTCOME_FAILED &&
      std::all_of(rest.begin(), rest.end(), [](char c) {
        return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
      });
  return good ? std::string(rest) : reason::kMessageFormat.name;
}

device::v1::PinsReport ReportOf(const proof::PinSet& pins) {
  device::v1::PinsReport report;
  report.set_state(device::v1::BINDING_STATE_BOUND);
  report.set_revision(pins.fields().revision());
  report.set_pins_hash(crypto::ToString(pins.hash()));
  return report;
}

}  // namespace

void DeviceDesk::UpdatePins(const gateway::v1::PinsUpdate& update) {
  const absl::StatusOr<proof::v1::Command> command =
      proof::ParseCommand(update.item().command());
  if (!command.ok()) {
    LogRefusal("a pin set cannot be read", "", command.status());
    return;
  }
  Answer(*command, TakeUpdate(update, *command));
}

void DeviceDesk::Release(const gateway::v1::ReleaseBinding& release) {
  const absl::StatusOr<proof::v1::Command> command =
      proof::ParseCommand(release.item().command());
  if (!command.ok()) {
    LogRefusal("a release cannot be read", "", command.status());
    return;
  }
  Answer(*command, TakeRelease(release, *command));
}

void DeviceDesk::Answer(const proof::v1::Command& command,
                        const absl::Status& status) {
  LogRefusal("a change of a binding was refused", command.device(), status);
  // What the store kept out comes again.
  if (status.ok() || status.code() == absl::StatusCode::kUnavailable ||
      status.code() == absl::StatusCode::kAborted) {
    return;
  }
  RefuseChange(command.device(), command.command_id(), ReasonOf(status));
}

absl::StatusOr<bool> DeviceDesk::Waits(const std::string& device) {
  ASSIGN_OR_RETURN(const absl::optional<ChangeRow> waiting,
                   site_.FindChange(device));
  if (waiting.has_value()) TellChange(device, *waiting);
  return waiting.has_value();
}

absl::Status DeviceDesk::TakeRelease(const gateway::v1::ReleaseBinding& release,
                                     const proof::v1::Command& command) {
  const std::string& id = command.device();
  const absl::StatusOr<const Believed*> device = Believe(id);
  if (IsReason(device.status(), reason::kDeviceMismatch)) {
    // Released before, perhaps: the device knows.
    device::v1::ToDevice message;
    message.mutable_hello_request();
    ToDevice(id, message, kTalkExpiry, command.command_id());
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(device.status());
  ASSIGN_OR_RETURN(const bool waits, Waits(id));
  if (waits) return absl::OkStatus();
  if (command.operation() != proof::kOperationUnbind) {
    return Error(reason::kOperationUnknown, "this releases nothing");
  }
  proof::VerifyInputs inputs = InputsFor(id);
  inputs.pins = &(*device)->pins;
  RETURN_IF_ERROR(
      proof::VerifyProof(release.item().command(), ProofOf(release), inputs)
          .status());
  ChangeRow row;
  row.set_command_id(command.command_id());
  row.set_command(release.item().command());
  row.set_proof(proof::Encode(ProofOf(release)));
  if (!(*device)->row.plain()) return Keep(id, std::move(row));
  device::v1::PinsReport blank;
  blank.set_state(device::v1::BINDING_STATE_BLANK);
  return Carry(id, row, blank, "");
}

absl::Status DeviceDesk::TakeUpdate(const gateway::v1::PinsUpdate& update,
                                    const proof::v1::Command& command) {
  const std::string& id = command.device();
  ASSIGN_OR_RETURN(const Believed* device, Believe(id));
  ASSIGN_OR_RETURN(const proof::PinSet next,
                   proof::PinSet::Parse(command.arguments()));
  const proof::v1::PinSet& present = device->pins.fields();
  const absl::string_view hash = crypto::View(next.hash());
  if (next.hash() == device->pins.hash() || hash == present.previous()) {
    records::v1::DeviceRow done = device->row;
    done.set_command_id(command.command_id());
    SendBound(id, done, ReportOf(device->pins));
    return absl::OkStatus();
  }
  if (next.fields().revision() > present.revision() + 1) {
    // The mesh answers with the one that comes first.
    SendReport(id, ReportOf(device->pins));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const bool waits, Waits(id));
  if (waits) return absl::OkStatus();
  RETURN_IF_ERROR(VerifyUpdate(update, id, *device));
  if (device->row.plain()) {
    return Install(id, *device, command.command_id(), next.bytes());
  }
  ChangeRow row;
  row.set_command_id(command.command_id());
  row.set_command(update.item().command());
  row.set_proof(proof::Encode(ProofOf(update)));
  row.set_evidence(proof::Encode(update.evidence()));
  return Keep(id, std::move(row));
}

absl::Status DeviceDesk::VerifyUpdate(const gateway::v1::PinsUpdate& update,
                                      const std::string& device,
                                      const Believed& present) {
  proof::VerifyInputs inputs = InputsFor(device);
  inputs.pins = &present.pins;
  if (update.evidence().has_lease_offer()) {
    inputs.lease_offer = &update.evidence().lease_offer();
  }
  ASSIGN_OR_RETURN(
      proof::VerifiedCommand verified,
      proof::VerifyProof(update.item().command(), ProofOf(update), inputs));
  return proof::VerifyPins(std::move(verified), &present.pins,
                           update.evidence())
      .status();
}

absl::Status DeviceDesk::Install(const std::string& device,
                                 const Believed& present,
                                 const std::string& command_id,
                                 const std::string& pin_set) {
  records::v1::DeviceRow row = present.row;
  row.set_pin_set(pin_set);
  row.set_command_id(command_id);
  RETURN_IF_ERROR(site_.Install(device, row));
  believed_.erase(device);
  ASSIGN_OR_RETURN(const Believed* now, Believe(device));
  if (now->row.plain()) SendBound(device, now->row, ReportOf(now->pins));
  return absl::OkStatus();
}

absl::Status DeviceDesk::Keep(const std::string& device, ChangeRow row) {
  row.set_schema(1);
  answers_.erase(device);
  RETURN_IF_ERROR(site_.KeepChange(device, row));
  TellChange(device, row);
  return absl::OkStatus();
}

void DeviceDesk::TellChange(const std::string& device, const ChangeRow& row) {
  const absl::StatusOr<std::string> next = NextPinsOf(row);
  if (!next.ok()) return;
  device::v1::ToDevice message;
  if (next->empty()) {
    message.mutable_release()->set_command(row.command());
    message.mutable_release()->set_proof(row.proof());
  } else {
    message.mutable_pins_update()->set_command(row.command());
    message.mutable_pins_update()->set_proof(row.proof());
    message.mutable_pins_update()->set_evidence(row.evidence());
  }
  ToDevice(device, message, kTalkExpiry, row.command_id());
}

void DeviceDesk::TellChanges() {
  const auto changes = site_.Changes();
  if (!changes.ok()) return;
  for (const auto& [device, row] : *changes) TellChange(device, row);
}

void DeviceDesk::NoteAnswer(const std::string& device,
                            const device::v1::DeviceResult& result) {
  const auto change = site_.FindChange(device);
  if (!change.ok() || !change->has_value() ||
      (*change)->command_id() != result.command_id()) {
    return;
  }
  answers_[device] = result;
}

// Whether `report` is told to the mesh as the end of a change.
bool DeviceDesk::EndChange(const std::string& device,
                           const device::v1::PinsReport& report) {
  const auto change = site_.FindChange(device);
  if (!change.ok() || !change->has_value()) return false;
  const auto next = NextPinsOf(**change);
  if (!next.ok()) return false;
  const device::v1::DeviceResult answer = answers_[device];
  answers_.erase(device);
  if (HasMade(*next, report)) {
    const bool done =
        OutcomeOf(answer.outcome()) == gateway::v1::EXECUTION_OUTCOME_SUCCEEDED;
    LogRefusal(
        "a change is not on disk", device,
        Carry(device, **change, report, done ? answer.device_signature() : ""));
    return true;
  }
  if (answer.outcome().empty()) {
    // It comes back, and may not have heard of it.
    TellChange(device, **change);
    return false;
  }
  LogRefusal("a change is still on disk", device, site_.DropChange(device));
  RefuseChange(device, (*change)->command_id(), ReasonIn(answer.outcome()));
  return true;
}

absl::Status DeviceDesk::Carry(const std::string& device, const ChangeRow& row,
                               const device::v1::PinsReport& report,
                               const std::string& signature) {
  ASSIGN_OR_RETURN(const Believed* present, Believe(device));
  ASSIGN_OR_RETURN(const std::string next, NextPinsOf(row));
  if (next.empty()) {
    records::v1::DeviceRow last = present->row;
    last.set_command_id(row.command_id());
    RETURN_IF_ERROR(site_.Forget(device));
    believed_.erase(device);
    SendBound(device, last, report, signature);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Install(device, *present, row.command_id(), next));
  ASSIGN_OR_RETURN(present, Believe(device));
  SendBound(device, present->row, report, signature);
  return absl::OkStatus();
}

void DeviceDesk::RefuseChange(const std::string& device,
                              const std::string& command_id,
                              const std::string& reason) {
  GatewayMessage message;
  gateway::v1::BindingResult& result = *message.mutable_binding_result();
  result.set_device(device);
  result.set_command_id(command_id);
  result.set_reason(reason);
  const auto believed = Believe(device);
  if (believed.ok()) {
    result.set_pins_revision((*believed)->pins.fields().revision());
    result.set_pins_hash(crypto::ToString((*believed)->pins.hash()));
  }
  mesh_.Send(std::move(message));
}

}  // namespace u2fi::gateway_agent
