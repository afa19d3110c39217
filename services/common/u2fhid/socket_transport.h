#ifndef U2FI_SERVICES_COMMON_U2FHID_SOCKET_TRANSPORT_H_
#define U2FI_SERVICES_COMMON_U2FHID_SOCKET_TRANSPORT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/transport.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::u2fhid {

// Reports over a Unix socket of type SOCK_SEQPACKET, which keeps their borders:
// one packet is one report. The same class serves both ends; what it gives for
// a peer that closed is TOKEN_REMOVED. Not thread-safe.
class SocketTransport : public Transport {
 public:
  // Connects to a soft token. TOKEN_REMOVED if nobody listens at `path`,
  // INVALID_FIELD if `path` does not fit a socket address. `clock` is the
  // machine's, and must outlive the result.
  static absl::StatusOr<std::unique_ptr<SocketTransport>> Connect(
      const std::string& path, const Clock& clock);

  // Takes over a connected socket.
  SocketTransport(FileDescriptor socket, const Clock& clock)
      : socket_(std::move(socket)), clock_(clock) {}

  absl::Status Send(const Report& report, absl::Duration deadline) override;
  absl::StatusOr<Report> Receive(absl::Duration deadline) override;

  // One packet of any length, for tests of what the other end makes of it.
  absl::Status SendPacket(absl::string_view bytes, absl::Duration deadline);

  // For poll(); stays owned by this object.
  int fd() const { return socket_.get(); }

 private:
  absl::Status WaitFor(int events, absl::Duration deadline);

  FileDescriptor socket_;
  const Clock& clock_;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_SOCKET_TRANSPORT_H_
