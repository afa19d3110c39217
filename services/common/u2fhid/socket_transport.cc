#include "services/common/u2fhid/socket_transport.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

// ppoll() takes no infinite deadline.
constexpr absl::Duration kLongestWait = absl::Hours(24);

absl::Status Removed() {
  return Error(reason::kTokenRemoved, "the token went away");
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketTransport>> SocketTransport::Connect(
    const std::string& path, const Clock& clock) {
  absl::StatusOr<FileDescriptor> socket = ConnectUnix(path, SOCK_SEQPACKET);
  if (absl::IsUnavailable(socket.status())) {
    return Error(reason::kTokenRemoved, "no token listens there",
                 {{"path", path}});
  }
  RETURN_IF_ERROR(socket.status());
  return std::make_unique<SocketTransport>(*std::move(socket), clock);
}

absl::Status SocketTransport::Send(const Report& report,
                                   absl::Duration deadline) {
  return SendPacket(BytesOf(report), deadline);
}

absl::Status SocketTransport::SendPacket(absl::string_view bytes,
                                         absl::Duration deadline) {
  while (true) {
    const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) return absl::OkStatus();
    if (errno != EAGAIN && errno != EINTR) return Removed();
    RETURN_IF_ERROR(WaitFor(POLLOUT, deadline));
  }
}

absl::StatusOr<Report> SocketTransport::Receive(absl::Duration deadline) {
  char bytes[kReportSize + 1];  // One more, to see that a packet is too long.
  while (true) {
    const ssize_t size =
        recv(socket_.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    if (size > 0) return ReportFromBytes({bytes, static_cast<size_t>(size)});
    // An empty packet cannot be told from the end: it counts as the end.
    if (size == 0) return Removed();
    if (errno != EAGAIN && errno != EINTR) return Removed();
    RETURN_IF_ERROR(WaitFor(POLLIN, deadline));
  }
}

absl::Status SocketTransport::WaitFor(int events, absl::Duration deadline) {
  const absl::Duration left = deadline - clock_.Uptime();
  const timespec timeout = absl::ToTimespec(
      std::min(std::max(left, absl::ZeroDuration()), kLongestWait));
  pollfd entry = {socket_.get(), static_cast<short>(events), 0};
  // After a signal the caller's loop tries and waits again.
  if (ppoll(&entry, 1, &timeout, nullptr) != 0) return absl::OkStatus();
  return Error(reason::kTokenTimeout, "nothing moved on the socket in time");
}

}  // namespace u2fi::u2fhid
