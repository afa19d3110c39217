#include "tools/soft-token/control_port.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;
using u2fhid::UnixListener;

bool SendAll(int socket, absl::string_view bytes) {
  return send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

absl::StatusOr<std::string> ReadLine(int socket) {
  LineReader reader;
  char bytes[256];
  while (true) {
    const ssize_t size = recv(socket, bytes, sizeof(bytes), 0);
    if (size <= 0) return absl::UnavailableError("no answer");
    const std::vector<std::string> lines =
        reader.Add({bytes, static_cast<size_t>(size)});
    if (!lines.empty()) return lines[0];
  }
}

}  // namespace

absl::StatusOr<ControlPort> ControlPort::Listen(SoftToken& token,
                                                const std::string& path) {
  ASSIGN_OR_RETURN(UnixListener listener,
                   UnixListener::Listen(path, SOCK_STREAM));
  return ControlPort(token, std::move(listener));
}

void ControlPort::Work(const std::function<void()>& settle) {
  AcceptClients();
  clients_.remove_if([&](Client& client) { return !ReadFrom(client, settle); });
}

void ControlPort::AddTo(std::vector<pollfd>* wait) const {
  wait->push_back({listener_.fd(), POLLIN, 0});
  for (const Client& client : clients_) {
    wait->push_back({client.socket.get(), POLLIN, 0});
  }
}

void ControlPort::AcceptClients() {
  while (true) {
    FileDescriptor socket = listener_.Accept();
    if (!socket.is_open()) return;
    if (clients_.size() >= kMaxClients) continue;
    clients_.push_back({std::move(socket), {}});
  }
}

// False if the client is gone, or does not read its answers.
bool ControlPort::ReadFrom(Client& client,
                           const std::function<void()>& settle) {
  char bytes[1024];
  const ssize_t size =
      recv(client.socket.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
  if (size == 0) return false;
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  for (const std::string& line :
       client.reader.Add({bytes, static_cast<size_t>(size)})) {
    const std::string answer = absl::StrCat(desk_.Execute(line), "\n");
    settle();
    if (!SendAll(client.socket.get(), answer)) return false;
  }
  return true;
}

absl::StatusOr<std::string> SendControl(const std::string& path,
                                        absl::string_view command) {
  ASSIGN_OR_RETURN(const FileDescriptor socket,
                   u2fhid::ConnectUnix(path, SOCK_STREAM));
  if (!SendAll(socket.get(), absl::StrCat(command, "\n"))) {
    return absl::UnavailableError("the token does not read its commands");
  }
  ASSIGN_OR_RETURN(const std::string answer, ReadLine(socket.get()));
  absl::string_view problem = answer;
  if (absl::ConsumePrefix(&problem, "error ")) {
    return FieldError("command", problem);
  }
  return answer;
}

}  // namespace u2fi::soft_token
