#ifndef U2FI_TOOLS_DEVICE_EMULATOR_RECENT_COMMANDS_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_RECENT_COMMANDS_H_

#include <cstdint>
#include <map>
#include <string>

#include "services/common/crypto/hash.h"

namespace u2fi::device {

// A command that the device began.
struct RecentCommand {
  uint64_t sequence = 0;
  std::string command_id;
  // SHA-256 of the command bytes.
  crypto::Digest hash{};
  std::string operation;
  // As in DeviceResult. Empty while it runs; also after a crash.
  std::string outcome;
};

// The commands of the highest sequence numbers, as many as SequenceWindow
// tells apart. With it the device answers a repeated command with its result.
class RecentCommands {
 public:
  // A command began. One with the same number replaces the older one.
  void Begin(RecentCommand command);

  // Command `sequence` ended. Nothing happens if it is not here.
  void End(uint64_t sequence, const std::string& outcome);

  // The command, or nullptr. Valid until the next change.
  const RecentCommand* FindBySequence(uint64_t sequence) const;
  const RecentCommand* FindByHash(const crypto::Digest& hash) const;

 private:
  std::map<uint64_t, RecentCommand> commands_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_RECENT_COMMANDS_H_
