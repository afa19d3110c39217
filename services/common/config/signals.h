#ifndef U2FI_SERVICES_COMMON_CONFIG_SIGNALS_H_
#define U2FI_SERVICES_COMMON_CONFIG_SIGNALS_H_

#include <functional>
#include <thread>

namespace u2fi::config {

// Keeps the signals that a program handles (SIGTERM, SIGINT, SIGHUP, SIGUSR1)
// from the present thread and those that it starts, and ignores SIGPIPE. First
// thing in main(); RunProgram() does it.
void BlockSignals();

// Waits, on a thread of its own, for the blocked signals: SIGTERM and SIGINT
// call `stop` (once or more), SIGUSR1 switches debug lines on and off, SIGHUP
// does nothing, since files are read again by themselves. One at a time, where
// BlockSignals() was called.
class SignalThread {
 public:
  explicit SignalThread(std::function<void()> stop);
  ~SignalThread();
  SignalThread(const SignalThread&) = delete;
  SignalThread& operator=(const SignalThread&) = delete;

 private:
  void Run();

  const std::function<void()> stop_;
  int wake_;
  int signals_;
  std::thread thread_;
};

}  // namespace u2fi::config

#endif  // U2FI_SERVICES_COMMON_CONFIG_SIGNALS_H_
