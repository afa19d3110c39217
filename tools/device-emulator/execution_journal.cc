#include "tools/device-emulator/execution_journal.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::device {
namespace {

bool ReadBegin(absl::string_view line, RecentCommand& command) {
  const std::vector<std::string> words = absl::StrSplit(line, ' ');
  if (words.size() != 5 || words[0] != "BEGIN" ||
      !absl::SimpleAtoi(words[1], &command.sequence)) {
    return false;
  }
  const absl::StatusOr<std::string> hash = crypto::FromHex(words[3]);
  if (!hash.ok() || hash->size() != command.hash.size()) return false;
  std::copy(hash->begin(), hash->end(), command.hash.begin());
  command.command_id = words[2];
  command.operation = words[4];
  return true;
}

void ReadEnd(absl::string_view line, std::vector<RecentCommand>& commands) {
  const std::vector<std::string> words =
      absl::StrSplit(line, absl::MaxSplits(' ', 2));
  uint64_t sequence = 0;
  if (words.size() != 3 || words[0] != "END" ||
      !absl::SimpleAtoi(words[1], &sequence)) {
    return;
  }
  const auto last = std::find_if(
      commands.rbegin(), commands.rend(),
      [&](const RecentCommand& c) { return c.sequence == sequence; });
  if (last != commands.rend()) last->outcome = words[2];
}

}  // namespace

std::string BeginLine(const RecentCommand& command) {
  return absl::StrCat("BEGIN ", command.sequence, " ", command.command_id, " ",
                      crypto::Hex(crypto::View(command.hash)), " ",
                      command.operation, "\n");
}

std::string EndLine(uint64_t sequence, absl::string_view outcome) {
  return absl::StrCat("END ", sequence, " ", outcome, "\n");
}

std::vector<RecentCommand> ReadJournal(absl::string_view lines) {
  // Without its line end the last line may be half of one.
  lines = lines.substr(0, lines.rfind('\n') + 1);
  std::vector<RecentCommand> commands;
  for (absl::string_view line : absl::StrSplit(lines, '\n')) {
    RecentCommand command;
    if (ReadBegin(line, command)) {
      commands.push_back(command);
    } else {
      ReadEnd(line, commands);
    }
  }
  return commands;
}

}  // namespace u2fi::device
