#ifndef U2FI_TESTS_E2E_PROGRAMS_H_
#define U2FI_TESTS_E2E_PROGRAMS_H_

#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/contract/store/child_process.h"

namespace u2fi::e2e {

// The path of a program of ours, "services/standalone/standalone", in a Bazel
// test as well as beside a program that bazel-bin holds.
std::string ProgramPath(const std::string& name);

// Processor time, user and system, that the process has used.
absl::Duration CpuOf(pid_t pid);
// How often its present threads gave up a core or were taken off it.
int64_t SwitchesOf(pid_t pid);
// Its memory that is in RAM, in bytes.
int64_t ResidentBytesOf(pid_t pid);
// How many of its TCP connections are open to the ports of these addresses.
int ConnectionsTo(pid_t pid, const std::vector<std::string>& addresses);

// Programs that run beside the test, each under a name; they die with it.
class Programs {
 public:
  // Logs go to <folder>/<name>.log.
  explicit Programs(std::string folder) : folder_(std::move(folder)) {}

  // Starts the program, or starts it again with the same words.
  void Start(const std::string& name, const std::vector<std::string>& words);
  void Restart(const std::string& name);
  // kill -9.
  void Kill(const std::string& name) { running_.erase(name); }
  // SIGTERM, and waits for the end: its exit code.
  int Stop(const std::string& name);

  // Whether it is running; false after it ended by itself.
  bool IsRunning(const std::string& name) const;
  pid_t PidOf(const std::string& name) const;
  std::vector<pid_t> PidsOf(const std::vector<std::string>& names) const;
  std::string LogOf(const std::string& name) const;

 private:
  const std::string folder_;
  std::map<std::string, std::vector<std::string>> words_;
  std::map<std::string, std::unique_ptr<store::ChildProcess>> running_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_PROGRAMS_H_
