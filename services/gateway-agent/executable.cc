#include "services/gateway-agent/executable.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

constexpr absl::Duration kFirstLook = absl::Milliseconds(2);
constexpr absl::Duration kLongestLook = absl::Milliseconds(50);

// What the child is started with; freed with the object.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&files_);
    posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&files_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    // The agent keeps signals from its threads; the child must get them.
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP |
                                               POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSetup() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }

  absl::StatusOr<pid_t> Start(const std::string& path,
                              std::vector<std::string> environment) {
    std::string name = path;
    char* arguments[] = {name.data(), nullptr};
    std::vector<char*> variables;
    variables.reserve(environment.size() + 1);
    for (std::string& variable : environment) {
      variables.push_back(variable.data());
    }
    variables.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, path.c_str(), &files_, &attributes_,
                                  arguments, variables.data());
    if (error == 0) return pid;
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cannot be run: ", strerror(error)));
  }

 private:
  posix_spawn_file_actions_t files_;
  posix_spawnattr_t attributes_;
};

std::vector<std::string> VariablesOf(
    const std::map<std::string, std::string>& environment) {
  std::vector<std::string> variables = {"PATH=/usr/bin:/bin"};
  for (const auto& [name, value] : environment) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  return variables;
}

// True and the exit state if the child has ended.
bool HasEnded(pid_t pid, int& state) {
  return waitpid(pid, &state, WNOHANG) == pid;
}

}  // namespace

absl::Status RunExecutable(
    const std::string& path,
    const std::map<std::string, std::string>& environment,
    absl::Duration timeout, const Clock& clock, u2fhid::CancelFlag& cancel) {
  const absl::Duration until = clock.Uptime() + timeout;
  ASSIGN_OR_RETURN(const pid_t pid,
                   SpawnSetup().Start(path, VariablesOf(environment)));
  int state = 0;
  absl::Duration look = kFirstLook;
  while (!HasEnded(pid, state)) {
    if (cancel.cancelled() || clock.Uptime() >= until) {
      kill(-pid, SIGKILL);
      waitpid(pid, &state, 0);
      if (cancel.cancelled()) return absl::CancelledError(path);
      return absl::DeadlineExceededError(
          absl::StrCat(path, ": was killed: it took too long"));
    }
    cancel.SleepFor(look);
    look = std::min(look * 2, kLongestLook);
  }
  if (WIFEXITED(state) && WEXITSTATUS(state) == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(path, ": failed"));
}

}  // namespace u2fi::gateway_agent
