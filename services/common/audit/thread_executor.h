#ifndef U2FI_SERVICES_COMMON_AUDIT_THREAD_EXECUTOR_H_
#define U2FI_SERVICES_COMMON_AUDIT_THREAD_EXECUTOR_H_

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "services/common/audit/executor.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {

// A few threads that all decision queues of a process share: a queue needs one
// only while a commit is under way that nobody waits for.
class ThreadExecutor : public Executor {
 public:
  explicit ThreadExecutor(int threads);

  // Finishes what was scheduled.
  ~ThreadExecutor() override;

  void Schedule(std::function<void()> work) override;

 private:
  void Run();

  Mutex mutex_;
  CondVar wake_;
  std::deque<std::function<void()>> work_ ABSL_GUARDED_BY(mutex_);
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_THREAD_EXECUTOR_H_
