#include "services/common/config/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <utility>

#include "services/common/logging/logging.h"

namespace u2fi::config {
namespace {

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) {
    sigaddset(&set, signal);
  }
  return set;
}

void SwitchDebug() {
  static const logging::Severity usual = logging::Level();
  const bool debug = logging::Level() == logging::Severity::kDebug;
  logging::SetLevel(debug ? usual : logging::Severity::kDebug);
}

}  // namespace

void BlockSignals() {
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

SignalThread::SignalThread(std::function<void()> stop)
    : stop_(std::move(stop)), wake_(eventfd(0, EFD_CLOEXEC)) {
  const sigset_t set = HandledSignals();
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  thread_ = std::thread([this] { Run(); });
}

SignalThread::~SignalThread() {
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof(one)) == sizeof(one)) thread_.join();
  close(wake_);
  close(signals_);
}

void SignalThread::Run() {
  while (true) {
    pollfd fds[] = {{wake_, POLLIN, 0}, {signals_, POLLIN, 0}};
    poll(fds, 2, -1);
    if (fds[0].revents != 0) return;
    signalfd_siginfo info = {};
    if (read(signals_, &info, sizeof(info)) != sizeof(info)) continue;
    const int signal = static_cast<int>(info.ssi_signo);
    logging::Info("signal", {{"number", signal}});
    if (signal == SIGTERM || signal == SIGINT) stop_();
    if (signal == SIGUSR1) SwitchDebug();
  }
}

}  // namespace u2fi::config
