#ifndef U2FI_TOOLS_DEVICE_EMULATOR_EXECUTION_JOURNAL_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_EXECUTION_JOURNAL_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/device-emulator/recent_commands.h"

namespace u2fi::device {

// The lines of executions.log: what the device did, for people and for tests
// that count. One line when it begins to act, one when it ends:
//   BEGIN <sequence> <command id> <SHA-256 of the command, hex> <operation>
//   END <sequence> <outcome>
// A device without the kit knows no sequence and writes 0.
std::string BeginLine(const RecentCommand& command);
std::string EndLine(uint64_t sequence, absl::string_view outcome);

// What the lines of a journal, or of its tail, say: every command that began,
// oldest first, with its outcome if it ended. A line that cannot be read (the
// first of a tail, or the last after a crash) is passed over.
std::vector<RecentCommand> ReadJournal(absl::string_view lines);

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_EXECUTION_JOURNAL_H_
