#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_RECORD_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_RECORD_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/time/clock.h"
#include "tools/device-emulator/device_storage.h"
#include "tools/device-emulator/recent_commands.h"
#include "tools/device-emulator/sequence_window.h"
#include "tools/device-emulator/time_bound.h"

namespace u2fi::device {

// Who a device is, and behind which gateway it sits. Ids of wire.md.
struct DeviceIdentity {
  std::string device;
  std::string gateway;
};

// Everything that a device believes and remembers, always as it is on disk.
// Not thread-safe.
class DeviceRecord {
 public:
  // `storage` and `clock` must outlive the record; `stored` was loaded from
  // that storage. FILE_UNAVAILABLE if the pin set in it cannot be read.
  static absl::StatusOr<std::unique_ptr<DeviceRecord>> Create(
      DeviceIdentity identity, DeviceStorage& storage,
      const StoredState& stored, const Clock& clock);

  // nullptr: blank.
  const proof::PinSet* pins() const {
    return pins_.has_value() ? &*pins_ : nullptr;
  }
  const Binding& binding() const { return binding_; }
  const SequenceWindow& window() const { return window_; }
  const RecentCommands& recent() const { return recent_; }
  const DeviceIdentity& identity() const { return identity_; }
  uint64_t now_ms() const { return time_.now_ms(); }

  // What the verifier is asked with.
  proof::VerifyInputs Inputs() const;

  // SEQUENCE_STALE (with metadata "high") unless `sequence` may be used.
  absl::Status CheckSequence(uint64_t sequence) const;

  // How the command with these bytes ended, if it was ever begun here;
  // "UNKNOWN" if nobody knows.
  absl::optional<std::string> OutcomeOf(absl::string_view command_bytes) const;

  // Uses up the command's sequence number, on disk, and writes that the device
  // begins. Only after an OK may it act.
  absl::Status Begin(const proof::VerifiedCommand& command);

  // Writes how it ended.
  absl::Status End(uint64_t sequence, const std::string& outcome);

  // Replaces the binding, on disk. INTERNAL for a pin set that is none.
  absl::Status Rebind(Binding binding);

  // The same for a binding that `command` brought: also uses up its sequence
  // number. The binding is written first and remembers command and number, so
  // that after a crash the change is whole and cannot be replayed.
  absl::Status Install(const proof::VerifiedCommand& command, Binding binding);

  // Something accepted says that it is at least `ms`.
  absl::Status RaiseTime(uint64_t ms);

 private:
  DeviceRecord(DeviceIdentity identity, DeviceStorage& storage,
               const StoredState& stored, const Clock& clock);
  ReplayMemory Memory() const { return {window_, time_.now_ms()}; }
  absl::Status SaveMemory();
  static RecentCommand Begun(const proof::VerifiedCommand& command);

  const DeviceIdentity identity_;
  DeviceStorage& storage_;
  SequenceWindow window_;
  // The window on disk lacks the sequence number of the binding there.
  bool window_behind_ = false;
  TimeBound time_;
  RecentCommands recent_;
  Binding binding_;
  absl::optional<proof::PinSet> pins_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_RECORD_H_
