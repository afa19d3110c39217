#include "tools/device-emulator/device_record.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/execution_journal.h"

namespace u2fi::device {

DeviceRecord::DeviceRecord(DeviceIdentity identity, DeviceStorage& storage,
                           const StoredState& stored, const Clock& clock)
    : identity_(std::move(identity)),
      storage_(storage),
      window_(stored.memory.window),
      time_(clock, stored.memory.time_bound_ms),
      binding_(stored.binding) {
  for (const RecentCommand& command : stored.commands) recent_.Begin(command);
}

absl::StatusOr<std::unique_ptr<DeviceRecord>> DeviceRecord::Create(
    DeviceIdentity identity, DeviceStorage& storage, const StoredState& stored,
    const Clock& clock) {
  std::unique_ptr<DeviceRecord> record(
      new DeviceRecord(std::move(identity), storage, stored, clock));
  const Binding& binding = record->binding_;
  if (!binding.pins.empty()) {
    absl::StatusOr<proof::PinSet> pins = proof::PinSet::Parse(binding.pins);
    if (!pins.ok()) {
      return Error(reason::kFileUnavailable, "the stored pin set is damaged");
    }
    record->pins_ = *std::move(pins);
  }
  // The binding is saved before the window, so a crash can come between.
  SequenceWindow& window = record->window_;
  if (window.StateOf(binding.sequence) == SequenceWindow::State::kFree) {
    window.Use(binding.sequence);
    RETURN_IF_ERROR(record->SaveMemory());
  }
  return record;
}

proof::VerifyInputs DeviceRecord::Inputs() const {
  proof::VerifyInputs inputs;
  inputs.pins = pins();
  inputs.device = identity_.device;
  inputs.gateway = identity_.gateway;
  inputs.now_ms = time_.now_ms();
  inputs.skew_ms = proof::kSkewMs;
  return inputs;
}

absl::Status DeviceRecord::CheckSequence(uint64_t sequence) const {
  if (window_.StateOf(sequence) == SequenceWindow::State::kFree) {
    return absl::OkStatus();
  }
  return Error(reason::kSequenceStale,
               "the sequence number was used, is too old or too far ahead",
               {{"high", absl::StrCat(window_.high())}});
}

absl::optional<std::string> DeviceRecord::OutcomeOf(
    absl::string_view command_bytes) const {
  const crypto::Digest hash = crypto::Sha256(command_bytes);
  if (binding_.command_hash == crypto::View(hash)) return "SUCCEEDED";
  const RecentCommand* command = recent_.FindByHash(hash);
  if (command == nullptr) return absl::nullopt;
  return command->outcome.empty() ? "UNKNOWN" : command->outcome;
}

RecentCommand DeviceRecord::Begun(const proof::VerifiedCommand& command) {
  RecentCommand begun;
  begun.sequence = command.command().sequence();
  begun.command_id = command.command().command_id();
  begun.hash = crypto::Sha256(command.bytes());
  begun.operation = command.command().operation();
  return begun;
}

absl::Status DeviceRecord::Begin(const proof::VerifiedCommand& command) {
  RecentCommand begun = Begun(command);
  RETURN_IF_ERROR(CheckSequence(begun.sequence));
  time_.Raise(command.touched_at_ms());
  ReplayMemory memory = Memory();
  memory.window.Use(begun.sequence);
  RETURN_IF_ERROR(storage_.SaveMemory(memory));
  window_ = memory.window;
  window_behind_ = false;
  RETURN_IF_ERROR(storage_.Append(BeginLine(begun)));
  recent_.Begin(std::move(begun));
  return absl::OkStatus();
}

absl::Status DeviceRecord::End(uint64_t sequence, const std::string& outcome) {
  recent_.End(sequence, outcome);
  return storage_.Append(EndLine(sequence, outcome));
}

absl::Status DeviceRecord::Rebind(Binding binding) {
  absl::optional<proof::PinSet> pins;
  if (!binding.pins.empty()) {
    absl::StatusOr<proof::PinSet> parsed = proof::PinSet::Parse(binding.pins);
    if (!parsed.ok()) return Error(reason::kInternal, "not a pin set");
    pins = *std::move(parsed);
  }
  if (window_behind_) RETURN_IF_ERROR(SaveMemory());
  RETURN_IF_ERROR(storage_.SaveBinding(binding));
  binding_ = std::move(binding);
  pins_ = std::move(pins);
  return absl::OkStatus();
}

absl::Status DeviceRecord::Install(const proof::VerifiedCommand& command,
                                   Binding binding) {
  RecentCommand begun = Begun(command);
  RETURN_IF_ERROR(CheckSequence(begun.sequence));
  binding.command_hash = crypto::ToString(begun.hash);
  binding.sequence = begun.sequence;
  RETURN_IF_ERROR(Rebind(std::move(binding)));
  window_.Use(begun.sequence);
  window_behind_ = true;
  time_.Raise(command.touched_at_ms());
  // From here on it is done: what fails now is made good by the next writing.
  SaveMemory().IgnoreError();
  storage_.Append(BeginLine(begun)).IgnoreError();
  const uint64_t sequence = begun.sequence;
  recent_.Begin(std::move(begun));
  End(sequence, "SUCCEEDED").IgnoreError();
  return absl::OkStatus();
}

absl::Status DeviceRecord::SaveMemory() {
  RETURN_IF_ERROR(storage_.SaveMemory(Memory()));
  window_behind_ = false;
  return absl::OkStatus();
}

absl::Status DeviceRecord::RaiseTime(uint64_t ms) {
  time_.Raise(ms);
  return SaveMemory();
}

}  // namespace u2fi::device
