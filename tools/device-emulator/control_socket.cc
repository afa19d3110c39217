#include "tools/device-emulator/control_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

using u2fhid::FileDescriptor;

constexpr int kLineMs = 1000;
constexpr int kAnswerMs = 10'000;
constexpr size_t kMaxAnswer = 1 << 20;

// Reads up to the other's end, or to `stop` if that comes first. Nothing if it
// takes longer than `pause_ms` between two bytes, or is longer than `most`.
absl::optional<std::string> Read(int socket, int pause_ms, char stop,
                                 size_t most) {
  std::string text;
  while (text.size() <= most) {
    pollfd wait = {socket, POLLIN, 0};
    char bytes[4096];
    if (poll(&wait, 1, pause_ms) != 1) return absl::nullopt;
    const ssize_t size = recv(socket, bytes, sizeof(bytes), 0);
    if (size < 0) return absl::nullopt;
    if (size == 0) return text;
    text.append(bytes, static_cast<size_t>(size));
    const size_t end = text.find(stop);
    if (stop != '\0' && end != std::string::npos) return text.substr(0, end);
  }
  return absl::nullopt;
}

void Send(int socket, absl::string_view text) {
  while (!text.empty()) {
    pollfd wait = {socket, POLLOUT, 0};
    if (poll(&wait, 1, kLineMs) != 1) return;
    const ssize_t size = send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    text.remove_prefix(static_cast<size_t>(size));
  }
}

}  // namespace

absl::StatusOr<ControlSocket> ControlSocket::Listen(const std::string& path) {
  ASSIGN_OR_RETURN(u2fhid::UnixListener listener,
                   u2fhid::UnixListener::Listen(path, SOCK_STREAM));
  return ControlSocket(std::move(listener));
}

void ControlSocket::Serve(
    const std::function<std::string(absl::string_view)>& answer) {
  while (true) {
    const FileDescriptor client = listener_.Accept();
    if (!client.is_open()) return;
    const auto line = Read(client.get(), kLineMs, '\n', kMaxLine);
    if (line.has_value()) Send(client.get(), answer(*line));
  }
}

absl::StatusOr<std::string> SendControl(const std::string& path,
                                        absl::string_view line) {
  ASSIGN_OR_RETURN(const FileDescriptor socket,
                   u2fhid::ConnectUnix(path, SOCK_STREAM));
  Send(socket.get(), absl::StrCat(line, "\n"));
  const auto answer = Read(socket.get(), kAnswerMs, '\0', kMaxAnswer);
  if (answer.has_value() && !answer->empty()) return *answer;
  return absl::UnavailableError(absl::StrCat("no answer from ", path));
}

}  // namespace u2fi::device
