#include "tests/integration/soft_token/soft_token_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "tools/soft-token/control_port.h"

namespace u2fi::soft_token {
namespace {

constexpr char kProgram[] = "tools/soft-token/soft-token";
constexpr int kTries = 2000;
constexpr absl::Duration kPause = absl::Milliseconds(5);

int WaitFor(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// What the child does between fork() and exec(): only what is safe there.
[[noreturn]] void BecomeProgram(const std::vector<char*>& argv, int input,
                                int output) {
  dup2(input, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  execv(kProgram, argv.data());
  _exit(127);
}

}  // namespace

absl::Status SoftTokenProcess::Start(const std::vector<std::string>& flags) {
  int terminal[2];
  if (pipe2(terminal, O_CLOEXEC) != 0) return absl::InternalError("no pipe");
  const u2fhid::FileDescriptor input(terminal[0]);
  terminal_ = u2fhid::FileDescriptor(terminal[1]);
  std::vector<std::string> all = {"--state", state(),     "--socket",
                                  socket(),  "--control", control()};
  all.insert(all.end(), flags.begin(), flags.end());
  pid_ = Spawn(all, input.get());
  return AwaitState("plugged=yes");
}

pid_t SoftTokenProcess::Spawn(const std::vector<std::string>& flags,
                              int input) {
  std::vector<std::string> words = {kProgram};
  words.insert(words.end(), flags.begin(), flags.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(&word[0]);
  argv.push_back(nullptr);
  const u2fhid::FileDescriptor output(
      open(folder_.Path("output").c_str(),
           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  const pid_t pid = fork();
  if (pid == 0) BecomeProgram(argv, input, output.get());
  return pid;
}

int SoftTokenProcess::Run(const std::vector<std::string>& flags) {
  const u2fhid::FileDescriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return WaitFor(Spawn(flags, nothing.get()));
}

void SoftTokenProcess::Kill() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  WaitFor(std::exchange(pid_, -1));
}

int SoftTokenProcess::Terminate() {
  kill(pid_, SIGTERM);
  return WaitFor(std::exchange(pid_, -1));
}

absl::StatusOr<std::string> SoftTokenProcess::Control(
    absl::string_view command) const {
  return SendControl(control(), command);
}

absl::Status SoftTokenProcess::AwaitState(absl::string_view part) const {
  for (int i = 0; i < kTries; ++i) {
    const absl::StatusOr<std::string> state = Control("state");
    if (state.ok() && absl::StrContains(*state, part)) return absl::OkStatus();
    absl::SleepFor(kPause);
  }
  return absl::DeadlineExceededError(Output());
}

void SoftTokenProcess::Type(absl::string_view text) {
  if (write(terminal_.get(), text.data(), text.size()) < 0) terminal_ = {};
}

std::string SoftTokenProcess::Output() const {
  std::ifstream file(folder_.Path("output"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace u2fi::soft_token
