#include "services/common/sync/sync.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace u2fi {
namespace {

class Counter {
 public:
  void Add() {
    MutexLock lock(mutex_);
    ++value_;
    changed_.NotifyAll();
  }
  void WaitUntil(int value) {
    MutexLock lock(mutex_);
    while (value_ < value) changed_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int value_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(SyncTest, EveryAdditionUnderTheLockCounts) {
  Counter counter;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter] {
      for (int j = 0; j < 1000; ++j) counter.Add();
    });
  }
  counter.WaitUntil(4000);
  for (std::thread& thread : threads) thread.join();
}

TEST(SyncTest, TryLockFailsWhileAnotherThreadHoldsTheLock) {
  Mutex mutex;
  MutexLock lock(mutex);
  std::thread other([&mutex] {
    if (mutex.TryLock()) {
      mutex.Unlock();
      ADD_FAILURE() << "two threads hold one lock";
    }
  });
  other.join();
}

TEST(SyncTest, WaitForReturnsFalseWhenNobodyNotifies) {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  EXPECT_FALSE(never.WaitFor(mutex, absl::Milliseconds(1)));
}

}  // namespace
}  // namespace u2fi
