#ifndef U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_SERVER_H_
#define U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_SERVER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/time/clock.h"
#include "tools/soft-token/control_port.h"
#include "tools/soft-token/hid_port.h"
#include "tools/soft-token/soft_token.h"

namespace u2fi::soft_token {

// Puts a SoftToken behind its sockets and the terminal, in one thread.
class SoftTokenServer {
 public:
  struct Options {
    std::string socket;   // For hosts, SOCK_SEQPACKET.
    std::string control;  // For ControlDesk; empty: none.
    // Enter on this descriptor touches; -1: none. Stays the caller's.
    int terminal = -1;
    // Run() returns when something can be read here (an eventfd, a signalfd).
    // Stays the caller's.
    int stop = -1;
  };

  // Listens at both sockets. INVALID_FIELD if it cannot. `token` and `clock`
  // (the machine's) must outlive the result.
  static absl::StatusOr<SoftTokenServer> Start(SoftToken& token,
                                               const Clock& clock,
                                               const Options& options);

  // Serves until told to stop. INVALID_FIELD if the token was plugged in again
  // and its socket cannot appear.
  absl::Status Run();

 private:
  SoftTokenServer(SoftToken& token, const Clock& clock, const Options& options)
      : token_(token),
        clock_(clock),
        terminal_(options.terminal),
        stop_(options.stop),
        hid_port_(token, options.socket, clock) {}

  bool WaitForWork() const;
  void ReadTerminal();

  SoftToken& token_;
  const Clock& clock_;
  int terminal_;
  const int stop_;
  HidPort hid_port_;
  absl::optional<ControlPort> control_port_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_SOFT_TOKEN_SERVER_H_
