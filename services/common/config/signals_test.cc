#include "services/common/config/signals.h"

#include <unistd.h>

#include <csignal>

#include "gtest/gtest.h"
#include "services/common/logging/logging.h"
#include "services/common/sync/sync.h"

namespace u2fi::config {
namespace {

class SignalsTest : public testing::Test {
 protected:
  SignalsTest() { BlockSignals(); }

  void Stop() {
    MutexLock lock(mutex_);
    ++stops_;
    changed_.NotifyAll();
  }
  void WaitForStop() {
    MutexLock lock(mutex_);
    while (stops_ == 0) changed_.Wait(mutex_);
  }

  Mutex mutex_;
  CondVar changed_;
  int stops_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST_F(SignalsTest, SigtermStops) {
  SignalThread thread([this] { Stop(); });
  kill(getpid(), SIGTERM);
  WaitForStop();
}

TEST_F(SignalsTest, SigintStops) {
  SignalThread thread([this] { Stop(); });
  kill(getpid(), SIGINT);
  WaitForStop();
}

TEST_F(SignalsTest, Sigusr1SwitchesDebugOnAndOff) {
  logging::SetLevel(logging::Severity::kWarning);
  SignalThread thread([this] { Stop(); });
  // Each is handled before the next: they come in the order of their numbers
  // (SIGUSR1 before SIGTERM).
  kill(getpid(), SIGUSR1);
  kill(getpid(), SIGTERM);
  WaitForStop();
  EXPECT_EQ(logging::Level(), logging::Severity::kDebug);
}

TEST_F(SignalsTest, SighupDoesNotStop) {
  SignalThread thread([this] { Stop(); });
  kill(getpid(), SIGHUP);
  kill(getpid(), SIGTERM);
  WaitForStop();
  MutexLock lock(mutex_);
  EXPECT_EQ(stops_, 1);
}

TEST_F(SignalsTest, ABrokenPipeDoesNotKill) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

}  // namespace
}  // namespace u2fi::config
