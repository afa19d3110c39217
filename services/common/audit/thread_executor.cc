#include "services/common/audit/thread_executor.h"

#include <utility>

namespace u2fi::audit {

ThreadExecutor::ThreadExecutor(int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
  }
}

ThreadExecutor::~ThreadExecutor() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    wake_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

void ThreadExecutor::Schedule(std::function<void()> work) {
  {
    MutexLock lock(mutex_);
    work_.push_back(std::move(work));
  }
  // Without the lock, which the thread that wakes needs at once.
  wake_.NotifyOne();
}

void ThreadExecutor::Run() {
  while (true) {
    std::function<void()> work;
    {
      MutexLock lock(mutex_);
      while (work_.empty() && !stop_) wake_.Wait(mutex_);
      if (work_.empty()) return;
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }
}

}  // namespace u2fi::audit
