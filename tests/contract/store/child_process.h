#ifndef U2FI_TESTS_CONTRACT_STORE_CHILD_PROCESS_H_
#define U2FI_TESTS_CONTRACT_STORE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace u2fi::store {

// A program that runs beside the test, and dies with it at the latest.
class ChildProcess {
 public:
  // Runs words[0] with the rest as arguments, its output into `log`.
  ChildProcess(const std::vector<std::string>& words, const std::string& log);
  // Kills it if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // kill -9, and waits for the end.
  void Kill();

  // Waits for the end. The exit code, or minus the signal that ended it.
  int Wait();

  // Whether it has ended by itself; then it is not running() any more.
  bool HasEnded();

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_CHILD_PROCESS_H_
