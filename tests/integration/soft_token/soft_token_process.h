#ifndef U2FI_TESTS_INTEGRATION_SOFT_TOKEN_SOFT_TOKEN_PROCESS_H_
#define U2FI_TESTS_INTEGRATION_SOFT_TOKEN_SOFT_TOKEN_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/u2fhid/unix_socket.h"
#include "tools/soft-token/folder_test_util.h"

namespace u2fi::soft_token {

// The real soft-token program in a process of its own, with state and sockets
// in a temporary folder. The target needs
// data = ["//tools/soft-token:soft-token"]. Waits in real time, but only for
// the process to get ready or to end.
class SoftTokenProcess {
 public:
  SoftTokenProcess() = default;
  // Kills what still runs.
  ~SoftTokenProcess() { Kill(); }

  // Starts the program with `flags` added and waits until it takes commands.
  absl::Status Start(const std::vector<std::string>& flags);

  // kill -9, and waits for the end.
  void Kill();
  // SIGTERM; the exit status, or -1 if a signal ended it.
  int Terminate();

  // Sends a command to the control socket; the answer.
  absl::StatusOr<std::string> Control(absl::string_view command) const;
  // Waits until the state contains `part`, like "wanted=yes".
  absl::Status AwaitState(absl::string_view part) const;
  // Presses a key at the terminal.
  void Type(absl::string_view text);
  // What the program printed so far.
  std::string Output() const;

  std::string socket() const { return folder_.Path("key"); }
  std::string control() const { return folder_.Path("ctl"); }
  std::string state() const { return folder_.Path("state"); }

  // Runs the program with exactly `flags` to its end; the exit status.
  int Run(const std::vector<std::string>& flags);

 private:
  pid_t Spawn(const std::vector<std::string>& flags, int input);

  TempFolder folder_;
  pid_t pid_ = -1;
  u2fhid::FileDescriptor terminal_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TESTS_INTEGRATION_SOFT_TOKEN_SOFT_TOKEN_PROCESS_H_
