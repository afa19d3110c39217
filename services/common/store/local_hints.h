#ifndef U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_
#define U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Publish and subscribe inside one process, for engines that have one process
// only. Hints are delivered in order by one thread of this object; when more
// than kMaxQueued wait, they are dropped and every subscriber is told to read
// again. Thread-safe.
class LocalHints {
 public:
  using Callback = std::function<void(const Hint&)>;
  static constexpr size_t kMaxQueued = 4096;

  LocalHints();
  // All subscriptions must be gone.
  ~LocalHints();

  void Publish(const Partition& partition, absl::string_view topic,
               absl::string_view payload);

  std::unique_ptr<Subscription> Subscribe(const Partition& partition,
                                          absl::string_view topic,
                                          Callback callback);

  // Tells every subscriber to read again, as after a lost connection.
  void TellAllToReadAgain();

  // Blocks until all hints published before have been delivered.
  void Flush();

 private:
  struct Queued {
    std::string address;  // Empty: for everybody.
    Hint hint;
  };
  class Entry;

  void Enqueue(Queued queued);
  void Run();
  void Deliver(const Queued& queued) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  CondVar changed_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  std::vector<Entry*> entries_ ABSL_GUARDED_BY(mutex_);
  // Whose callback runs, outside the lock.
  Entry* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_
