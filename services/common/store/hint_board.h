#ifndef U2FI_SERVICES_COMMON_STORE_HINT_BOARD_H_
#define U2FI_SERVICES_COMMON_STORE_HINT_BOARD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Who listens to which channel. Callbacks run on the thread that delivers,
// outside of the lock. Thread-safe, but only one thread delivers.
class HintBoard {
 public:
  using Callback = std::function<void(const Hint&)>;

  // A listener, until the result is destroyed. The board must outlive it.
  std::unique_ptr<Subscription> Add(const std::string& channel,
                                    Callback callback);

  // Listeners added up to now, for hints that are delivered later.
  uint64_t Added() const;

  // Calls those who listen to the channel, of the first `added` listeners.
  void Deliver(const std::string& channel, const Hint& hint,
               uint64_t added = ~uint64_t{0});

  // Calls all.
  void DeliverToAll(const Hint& hint);

  // The channels that have listeners.
  std::set<std::string> Channels() const;
  bool HasListener(const std::string& channel) const;

 private:
  class Entry;

  void Call(const std::vector<Entry*>& entries, const Hint& hint);

  mutable Mutex mutex_;
  CondVar finished_;
  std::vector<Entry*> entries_ ABSL_GUARDED_BY(mutex_);
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;
  // Whose callback runs.
  Entry* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_HINT_BOARD_H_
