#include "tests/e2e/devtools.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/status/status_macros.h"

namespace u2fi::e2e {
namespace {

constexpr char kProgram[] = "/usr/lib/chromium/chromium";
constexpr absl::Duration kPatience = absl::Seconds(30);
constexpr size_t kMaxMessage = 8 << 20;
// Where Chromium reads and writes.
constexpr int kItsInput = 3;
constexpr int kItsOutput = 4;

struct Pipe {
  int read_end = -1;
  int write_end = -1;
};

// Both ends are above the descriptors that Chromium gets them as.
absl::StatusOr<Pipe> MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::UnavailableError("no pipe");
  Pipe pipe{fcntl(ends[0], F_DUPFD_CLOEXEC, 10),
            fcntl(ends[1], F_DUPFD_CLOEXEC, 10)};
  close(ends[0]);
  close(ends[1]);
  return pipe;
}

// In a container it may be root and without a sandbox of its own: no page
// from elsewhere is ever opened.
std::vector<std::string> Words(const std::string& profile) {
  return {kProgram,
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--no-first-run",
          "--disable-dev-shm-usage",
          "--disable-breakpad",
          "--disable-background-networking",
          "--disable-component-update",
          "--remote-debugging-pipe",
          absl::StrCat("--user-data-dir=", profile),
          "about:blank"};
}

absl::StatusOr<pid_t> Spawn(const std::string& profile, int input, int output) {
  std::vector<std::string> words = Words(profile);
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::string home = absl::StrCat("HOME=", profile);
  std::string temporary = absl::StrCat("TMPDIR=", profile);
  char* environment[] = {home.data(), temporary.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, kItsInput);
  posix_spawn_file_actions_adddup2(&actions, output, kItsOutput);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
                                   O_WRONLY, 0);
  pid_t pid = 0;
  const int failed =
      posix_spawn(&pid, kProgram, &actions, nullptr, argv.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == 0) return pid;
  return absl::UnavailableError(
      absl::StrCat("cannot start ", kProgram, ": tools/setup installs it"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<DevTools>> DevTools::Start(
    const std::string& profile) {
  signal(SIGPIPE, SIG_IGN);
  ASSIGN_OR_RETURN(const Pipe in, MakePipe());
  ASSIGN_OR_RETURN(const Pipe out, MakePipe());
  const absl::StatusOr<pid_t> pid = Spawn(profile, in.read_end, out.write_end);
  close(in.read_end);
  close(out.write_end);
  RETURN_IF_ERROR(pid.status());
  std::unique_ptr<DevTools> started(
      new DevTools(*pid, in.write_end, out.read_end));
  RETURN_IF_ERROR(started->Call("Browser.getVersion", Json::object()).status());
  return started;
}

DevTools::~DevTools() {
  Call("Browser.close", Json::object()).IgnoreError();
  close(in_);
  close(out_);
  for (int i = 0; i < 500; ++i) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    absl::SleepFor(absl::Milliseconds(10));
  }
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

absl::StatusOr<DevTools::Json> DevTools::Call(const std::string& method,
                                              Json parameters,
                                              const std::string& session) {
  RETURN_IF_ERROR(Send(method, std::move(parameters), session));
  const int id = last_id_;
  const absl::Time end = absl::Now() + kPatience;
  while (true) {
    ASSIGN_OR_RETURN(const Json message, Read(end));
    if (!message.contains("id")) {
      on_event(message);
    } else if (message["id"] == id) {
      if (!message.contains("error")) return message.value("result", Json());
      return absl::InternalError(
          absl::StrCat(method, ": ", message["error"].dump()));
    }
  }
}

absl::Status DevTools::Send(const std::string& method, Json parameters,
                            const std::string& session) {
  Json message = {{"id", ++last_id_},
                  {"method", method},
                  {"params", std::move(parameters)}};
  if (!session.empty()) message["sessionId"] = session;
  return Write(message);
}

absl::Status DevTools::Write(const Json& message) {
  std::string bytes = message.dump();
  bytes.push_back('\0');
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = write(in_, bytes.data() + sent, bytes.size() - sent);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return absl::UnavailableError("Chromium has ended");
    sent += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::StatusOr<DevTools::Json> DevTools::Read(absl::Time end) {
  while (true) {
    const size_t zero = buffer_.find('\0');
    if (zero != buffer_.npos) {
      Json message = Json::parse(buffer_.substr(0, zero), nullptr, false);
      buffer_.erase(0, zero + 1);
      if (!message.is_object()) return absl::InternalError("not an object");
      return message;
    }
    if (buffer_.size() > kMaxMessage) return absl::InternalError("too large");
    pollfd ready = {out_, POLLIN, 0};
    const auto left = absl::ToInt64Milliseconds(end - absl::Now());
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) == 0) {
      return absl::DeadlineExceededError("Chromium does not answer");
    }
    char bytes[16384];
    const ssize_t count = read(out_, bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return absl::UnavailableError("Chromium has ended");
    buffer_.append(bytes, static_cast<size_t>(count));
  }
}

}  // namespace u2fi::e2e
