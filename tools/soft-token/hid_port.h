#ifndef U2FI_TOOLS_SOFT_TOKEN_HID_PORT_H_
#define U2FI_TOOLS_SOFT_TOKEN_HID_PORT_H_

#include <poll.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/socket_transport.h"
#include "services/common/u2fhid/unix_socket.h"
#include "tools/soft-token/soft_token.h"

namespace u2fi::soft_token {

// The token's USB socket, played by a Unix socket. As on a real HID device
// every host sees every report of the token, and a host that does not read
// loses some. Unplugging ends all connections and the socket itself. Not
// thread-safe.
class HidPort {
 public:
  // More hosts than this at once are turned away.
  static constexpr size_t kMaxHosts = 16;

  // `token` and `clock` must outlive this object.
  HidPort(SoftToken& token, std::string path, const Clock& clock)
      : token_(token), path_(std::move(path)), clock_(clock) {}

  // Makes the socket appear or go as the token is plugged or not. INVALID_FIELD
  // if it cannot appear.
  absl::Status FollowPlug();

  // Moves whatever can move at once: new hosts, their reports, the answers.
  void Work();

  // Adds what to wait for before the next Work().
  void AddTo(std::vector<pollfd>* wait) const;

 private:
  using Hosts = std::vector<std::unique_ptr<u2fhid::SocketTransport>>;

  void AcceptHosts();
  bool ReadFrom(u2fhid::SocketTransport& host);
  void SendReports();

  SoftToken& token_;
  const std::string path_;
  const Clock& clock_;
  absl::optional<u2fhid::UnixListener> listener_;
  Hosts hosts_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_HID_PORT_H_
