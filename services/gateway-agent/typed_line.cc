#include "services/gateway-agent/typed_line.h"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "services/common/ctap2/pin.h"
#include "services/common/status/error.h"

namespace u2fi::gateway_agent {
namespace {

constexpr size_t kMaxLine = 255;
constexpr int kLookMillis = 50;
// Ctrl-C. As a signal it would leave a terminal that shows nothing.
constexpr char kInterrupt = 3;

// A terminal that shows nothing as long as this lives.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd), is_terminal_(tcgetattr(fd, &old_) == 0) {
    if (!is_terminal_) return;
    termios quiet = old_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    quiet.c_lflag |= ICANON | ECHONL;
    quiet.c_cc[VEOL] = kInterrupt;  // It is delivered at once.
    tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (is_terminal_) tcsetattr(fd_, TCSAFLUSH, &old_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  const int fd_;
  termios old_;
  const bool is_terminal_;
};

absl::Status GivenUp() {
  return Error(reason::kTokenCancelled, "nobody types any more");
}

// Reads one byte, a line at a time from a terminal. False if there was none.
absl::StatusOr<bool> ReadByte(int fd, char& byte) {
  pollfd waits = {fd, POLLIN, 0};
  if (poll(&waits, 1, kLookMillis) <= 0) return false;
  if (read(fd, &byte, 1) != 1 || byte == kInterrupt) return GivenUp();
  return true;
}

}  // namespace

bool IsOurTerminal(int fd) {
  return isatty(fd) == 1 && tcgetpgrp(fd) == getpgrp();
}

absl::StatusOr<std::string> ReadTypedLine(
    int fd, const std::function<bool()>& give_up) {
  const NoEcho quiet(fd);
  std::string line;
  line.reserve(kMaxLine);  // It never moves.
  while (!give_up()) {
    char byte = 0;
    const absl::StatusOr<bool> read = ReadByte(fd, byte);
    if (read.ok() && !*read) continue;
    if (read.ok() && byte == '\n') return line;
    if (read.ok() && line.size() < kMaxLine) {
      line.push_back(byte);
      continue;
    }
    ctap2::Wipe(line);
    return read.ok() ? FieldError("line", "is longer than 255 bytes")
                     : read.status();
  }
  ctap2::Wipe(line);
  return GivenUp();
}

}  // namespace u2fi::gateway_agent
