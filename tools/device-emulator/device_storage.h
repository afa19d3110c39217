#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_STORAGE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_STORAGE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/device-emulator/recent_commands.h"
#include "tools/device-emulator/sequence_window.h"

namespace u2fi::device {

// What stands in the way of a replay. Changes with every command.
struct ReplayMemory {
  SequenceWindow window;
  // TimeBound::now_ms() when it was saved.
  uint64_t time_bound_ms = 0;
};

// A genesis pin set that waits for its Commit.
struct Staged {
  std::string tx;
  std::string command;
  std::string evidence;
  uint32_t fail_safe_ms = 0;
};

// Whom the device obeys. Changes when it is provisioned, updated or released.
struct Binding {
  // Exact bytes of the pin set; empty: blank.
  std::string pins;
  // The transaction that installed the genesis set.
  std::string tx;
  // SHA-256 of the command bytes that brought this state, and its sequence.
  // Empty and 0 after a local reset and at the factory.
  std::string command_hash;
  uint64_t sequence = 0;
  // tx is empty: nothing is staged.
  Staged staged;
  // Empty: none yet.
  std::string access_token;
};

// What was on disk when the device was switched on.
struct StoredState {
  ReplayMemory memory;
  Binding binding;
  // The commands that began, oldest first; at least the last 64.
  std::vector<RecentCommand> commands;
};

// Where a device keeps what must survive. Errors are FILE_UNAVAILABLE, and the
// old contents are then still there. Not thread-safe.
class DeviceStorage {
 public:
  virtual ~DeviceStorage() = default;

  // Both: on OK a crash cannot undo it.
  virtual absl::Status SaveMemory(const ReplayMemory& memory) = 0;
  virtual absl::Status SaveBinding(const Binding& binding) = 0;

  // Adds lines of ExecutionJournal; survives a crash of the process.
  virtual absl::Status Append(absl::string_view line) = 0;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_STORAGE_H_
