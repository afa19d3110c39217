#include "services/common/audit/thread_executor.h"

#include <atomic>

#include "gtest/gtest.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {
namespace {

TEST(ThreadExecutorTest, RunsEverythingOnce) {
  std::atomic<int> runs{0};
  {
    ThreadExecutor executor(3);
    for (int i = 0; i < 100; ++i) executor.Schedule([&runs] { ++runs; });
  }
  EXPECT_EQ(runs, 100);
}

TEST(ThreadExecutorTest, WorkThatBlocksDoesNotBlockOtherThreads) {
  Mutex mutex;
  CondVar wake;
  bool released = false;
  ThreadExecutor executor(2);
  executor.Schedule([&] {
    MutexLock lock(mutex);
    while (!released) wake.Wait(mutex);
  });
  executor.Schedule([&] {
    MutexLock lock(mutex);
    released = true;
    wake.NotifyAll();
  });
}

TEST(ThreadExecutorTest, WorkMayScheduleMore) {
  std::atomic<int> runs{0};
  {
    ThreadExecutor executor(1);
    executor.Schedule([&] {
      ++runs;
      executor.Schedule([&runs] { ++runs; });
    });
  }
  EXPECT_EQ(runs, 2);
}

}  // namespace
}  // namespace u2fi::audit
