#ifndef U2FI_TOOLS_DEVICE_EMULATOR_CONTROL_SOCKET_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_CONTROL_SOCKET_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::device {

// A Unix socket for the same user that takes one line per connection, answers
// with text, and closes. It stands for the buttons at the devices.
class ControlSocket {
 public:
  static constexpr size_t kMaxLine = 4096;

  // INVALID_FIELD if it cannot listen at `path`.
  static absl::StatusOr<ControlSocket> Listen(const std::string& path);

  // Answers those who wait. A client that does not finish its line within a
  // second is dropped.
  void Serve(const std::function<std::string(absl::string_view)>& answer);

  // For poll(); stays owned by this object.
  int fd() const { return listener_.fd(); }

 private:
  explicit ControlSocket(u2fhid::UnixListener listener)
      : listener_(std::move(listener)) {}

  u2fhid::UnixListener listener_;
};

// Sends one line to the socket at `path`; the answer. UNAVAILABLE if nobody
// answers there within ten seconds.
absl::StatusOr<std::string> SendControl(const std::string& path,
                                        absl::string_view line);

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_CONTROL_SOCKET_H_
