#ifndef U2FI_SERVICES_COMMON_AUDIT_EXECUTOR_H_
#define U2FI_SERVICES_COMMON_AUDIT_EXECUTOR_H_

#include <functional>

namespace u2fi::audit {

// Runs work on some other thread. Thread-safe.
class Executor {
 public:
  virtual ~Executor() = default;

  // Returns at once. `work` may block on the store and runs exactly once.
  virtual void Schedule(std::function<void()> work) = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_EXECUTOR_H_
