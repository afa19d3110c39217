#ifndef U2FI_TOOLS_SOFT_TOKEN_CONTROL_PORT_H_
#define U2FI_TOOLS_SOFT_TOKEN_CONTROL_PORT_H_

#include <poll.h>

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/u2fhid/unix_socket.h"
#include "tools/soft-token/control_desk.h"
#include "tools/soft-token/line_reader.h"

namespace u2fi::soft_token {

// The control socket: a Unix stream socket that takes the lines of
// ControlDesk and answers each with a line. Not thread-safe.
class ControlPort {
 public:
  // More clients than this at once are turned away.
  static constexpr size_t kMaxClients = 8;

  // Listens at `path`. INVALID_FIELD if it cannot. `token` must outlive the
  // result.
  static absl::StatusOr<ControlPort> Listen(SoftToken& token,
                                            const std::string& path);

  // Moves whatever can move at once. Calls `settle` after each command and
  // before its answer, so that whoever reads the answer finds it done.
  void Work(const std::function<void()>& settle);

  // Adds what to wait for before the next Work().
  void AddTo(std::vector<pollfd>* wait) const;

 private:
  struct Client {
    u2fhid::FileDescriptor socket;
    LineReader reader;
  };

  ControlPort(SoftToken& token, u2fhid::UnixListener listener)
      : desk_(token), listener_(std::move(listener)) {}

  void AcceptClients();
  bool ReadFrom(Client& client, const std::function<void()>& settle);

  ControlDesk desk_;
  u2fhid::UnixListener listener_;
  std::list<Client> clients_;
};

// Sends one command to the control socket at `path` and returns the answer.
// UNAVAILABLE if nobody listens or answers there, INVALID_FIELD if the answer
// is an error.
absl::StatusOr<std::string> SendControl(const std::string& path,
                                        absl::string_view command);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CONTROL_PORT_H_
