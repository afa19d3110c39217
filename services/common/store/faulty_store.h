#ifndef U2FI_SERVICES_COMMON_STORE_FAULTY_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_FAULTY_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// A store in front of another one, for tests: it fails when told to, and it
// counts. Thread-safe; the inner store must outlive it.
class FaultyStore : public Store {
 public:
  enum class Method { kGet, kCommit, kScan, kPublish, kSubscribe, kNow };
  enum class Fault {
    // STORE_UNAVAILABLE; nothing happens.
    kUnavailable,
    // Only for kCommit. STORE_OUTCOME_UNKNOWN, and it was not or was written.
    kUnknownNotApplied,
    kUnknownApplied,
    // Only for kCommit. STORE_ABORTED with this key, STORE_EPOCH_CHANGED.
    kAborted,
    kEpochChanged,
  };

  explicit FaultyStore(Store& inner) : inner_(inner) {}

  // The `nth` call of the method from now on (1: the next) fails like this.
  void Fail(Method method, Fault fault, int nth = 1);

  // While away, every call answers STORE_UNAVAILABLE.
  void SetAway(bool away);

  // Runs once just before the next commit reaches the inner store: what a
  // faster competitor would do. It may use this store or the inner one.
  void BeforeNextCommit(std::function<void()> action);

  // The same, once before the next scan of keys that begin with `prefix`.
  void BeforeNextScan(std::string prefix, std::function<void()> action);

  // Commits that reached the inner store and succeeded, per durability: the
  // number of fsyncs that a path waits for.
  int SuccessfulCommits(Durability durability) const;

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override;
  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override;
  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override;
  absl::Status DoPublish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload,
                         absl::Duration timeout) override;
  absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback,
      absl::Duration timeout) override;
  absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) override;

  // The fault that this call of `method` must show, if any.
  absl::optional<Fault> NextFault(Method method);
  absl::Status Unless(Method method);
  absl::StatusOr<Version> CommitInner(const Partition& partition,
                                      const CommitRequest& request,
                                      absl::Duration timeout);

  Store& inner_;
  mutable Mutex mutex_;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  // Per method: how many calls from now → fault.
  std::map<Method, std::map<int, Fault>> faults_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> before_commit_ ABSL_GUARDED_BY(mutex_);
  std::string scanned_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> before_scan_ ABSL_GUARDED_BY(mutex_);
  std::map<Durability, int> commits_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_FAULTY_STORE_H_
