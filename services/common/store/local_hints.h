#ifndef U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_
#define U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "services/common/store/hint_board.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Publish and subscribe inside one process, for engines that have one process
// only. Hints are delivered in order by one thread of this object; when more
// than kMaxQueued wait, they are dropped and every subscriber is told to read
// again. Thread-safe.
class LocalHints {
 public:
  static constexpr size_t kMaxQueued = 4096;

  LocalHints();
  // All subscriptions must be gone.
  ~LocalHints();

  void Publish(const Partition& partition, absl::string_view topic,
               absl::string_view payload);

  std::unique_ptr<Subscription> Subscribe(const Partition& partition,
                                          absl::string_view topic,
                                          HintBoard::Callback callback);

  // Tells every subscriber to read again, as after a lost connection.
  void TellAllToReadAgain();

  // Blocks until all hints published before have been delivered.
  void Flush();

 private:
  struct Queued {
    std::string channel;  // Empty: for everybody.
    Hint hint;
    // Who comes later does not hear it.
    uint64_t listeners = 0;
  };

  void Enqueue(Queued queued);
  void Run();
  void Deliver(const Queued& queued);

  HintBoard board_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_LOCAL_HINTS_H_
