#include "tools/u2fi/replica_command.h"

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

// Longest line with a number.
constexpr size_t kMaxLine = 16;

absl::Status NotACommand() {
  return absl::InvalidArgumentError("what came is no command of a replica");
}

// The number after `mark` up to the end of the line; -1 if the line goes on.
absl::StatusOr<int> TakeNumber(char mark, int max, absl::string_view& rest) {
  if (rest.empty()) return -1;
  const size_t end = rest.find("\r\n");
  if (rest[0] != mark || std::min(end, rest.size()) > kMaxLine) {
    return NotACommand();
  }
  if (end == absl::string_view::npos) return -1;
  int number = 0;
  if (!absl::SimpleAtoi(rest.substr(1, end - 1), &number) || number < 0 ||
      number > max) {
    return NotACommand();
  }
  rest.remove_prefix(end + 2);
  return number;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> TakeReplicaCommand(
    std::string& bytes) {
  absl::string_view rest = bytes;
  ASSIGN_OR_RETURN(const int words, TakeNumber('*', kMaxReplicaWords, rest));
  if (words == 0) return NotACommand();
  std::vector<std::string> command;
  for (int i = 0; i < words; ++i) {
    ASSIGN_OR_RETURN(const int size, TakeNumber('$', kMaxReplicaWord, rest));
    const size_t length = static_cast<size_t>(size);
    if (size < 0 || rest.size() < length + 2) return std::vector<std::string>();
    command.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
    if (!absl::ConsumePrefix(&rest, "\r\n")) return NotACommand();
  }
  bytes.erase(0, bytes.size() - rest.size());
  return command;
}

}  // namespace u2fi::cli
