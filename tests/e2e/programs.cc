#include "tests/e2e/programs.h"

#include <signal.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace u2fi::e2e {
namespace {

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file),
                     std::istreambuf_iterator<char>());
}

int64_t NumberIn(absl::string_view text) {
  int64_t number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

}  // namespace

std::string ProgramPath(const std::string& name) {
  if (access(name.c_str(), X_OK) == 0) return name;
  char self[PATH_MAX] = {};
  if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) return name;
  return absl::StrCat(self, ".runfiles/u2fi/", name);
}

absl::Duration CpuOf(pid_t pid) {
  const std::string text = TextOf(absl::StrCat("/proc/", pid, "/stat"));
  // After the name in brackets: state is field 3, utime 14, stime 15.
  const std::vector<std::string> fields =
      absl::StrSplit(text.substr(text.rfind(')') + 2), ' ');
  if (fields.size() < 13) return absl::ZeroDuration();
  const int64_t ticks = NumberIn(fields[11]) + NumberIn(fields[12]);
  return absl::Seconds(1) * ticks / sysconf(_SC_CLK_TCK);
}

int ConnectionsTo(pid_t pid, const std::vector<std::string>& addresses) {
  constexpr char kEstablished[] = "01";
  std::set<std::string> own;
  for (const auto& entry : std::filesystem::directory_iterator(
           absl::StrCat("/proc/", pid, "/fd"))) {
    std::error_code error;
    own.insert(std::filesystem::read_symlink(entry, error).string());
  }
  std::set<std::string> ports;
  for (const std::string& address : addresses) {
    ports.insert(absl::StrFormat(
        "%04X", NumberIn(address.substr(address.rfind(':') + 1))));
  }
  int count = 0;
  const std::string net = absl::StrCat("/proc/", pid, "/net/");
  const std::string all = TextOf(net + "tcp") + TextOf(net + "tcp6");
  for (absl::string_view line : absl::StrSplit(all, '\n')) {
    // Number, local, remote, state, …; the socket's inode is the tenth.
    const std::vector<std::string> fields =
        absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (fields.size() < 10 || fields[3] != kEstablished) continue;
    if (ports.count(fields[2].substr(fields[2].find(':') + 1)) == 0) continue;
    count +=
        static_cast<int>(own.count(absl::StrCat("socket:[", fields[9], "]")));
  }
  return count;
}

int64_t SwitchesOf(pid_t pid) {
  int64_t switches = 0;
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator(
           absl::StrCat("/proc/", pid, "/task"), gone)) {
    const std::string text = TextOf(thread.path().string() + "/status");
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      const std::pair<absl::string_view, absl::string_view> field =
          absl::StrSplit(line, absl::MaxSplits(':', 1));
      if (absl::EndsWith(field.first, "ctxt_switches")) {
        switches += NumberIn(field.second);
      }
    }
  }
  return switches;
}

int64_t ResidentBytesOf(pid_t pid) {
  const std::vector<std::string> fields =
      absl::StrSplit(TextOf(absl::StrCat("/proc/", pid, "/statm")), ' ');
  return fields.size() < 2 ? 0 : NumberIn(fields[1]) * sysconf(_SC_PAGESIZE);
}

void Programs::Start(const std::string& name,
                     const std::vector<std::string>& words) {
  words_[name] = words;
  Restart(name);
}

void Programs::Restart(const std::string& name) {
  Kill(name);
  running_[name] = std::make_unique<store::ChildProcess>(
      words_[name], absl::StrCat(folder_, "/", name, ".log"));
}

int Programs::Stop(const std::string& name) {
  kill(PidOf(name), SIGTERM);
  const int ended = running_.at(name)->Wait();
  running_.erase(name);
  return ended;
}

bool Programs::IsRunning(const std::string& name) const {
  const auto found = running_.find(name);
  return found != running_.end() && !found->second->HasEnded();
}

pid_t Programs::PidOf(const std::string& name) const {
  const auto found = running_.find(name);
  return found == running_.end() ? 0 : found->second->pid();
}

std::vector<pid_t> Programs::PidsOf(
    const std::vector<std::string>& names) const {
  std::vector<pid_t> pids;
  pids.reserve(names.size());
  for (const std::string& name : names) pids.push_back(PidOf(name));
  return pids;
}

std::string Programs::LogOf(const std::string& name) const {
  return TextOf(absl::StrCat(folder_, "/", name, ".log"));
}

}  // namespace u2fi::e2e
