#ifndef U2FI_SERVICES_COMMON_STORE_MEMORY_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_MEMORY_STORE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/common/random/random_source.h"
#include "services/common/store/local_hints.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// The engine for tests and demonstrations: all is in memory, no call waits, and
// every durability is met at once. It passes the same contract suite as the
// others, and it can forget as Redis does when it fails over.
class MemoryStore : public Store {
 private:
  struct Record {
    std::string value;
    Version version = kAbsent;
    absl::Time expire_hint = absl::InfiniteFuture();
  };
  struct Partitioned {
    Partitioned() = default;
    Partitioned(const Partitioned& other);
    Partitioned& operator=(const Partitioned&) = delete;

    void Put(const std::string& key, Record record);
    void Remove(const std::string& key);
    // Drops up to `most` records whose hint lies before `now`.
    void DropExpired(absl::Time now, size_t most);

    // References to keys last until they are removed.
    absl::node_hash_map<std::string, Record> records;
    // The keys of `records`, for scans.
    absl::btree_set<absl::string_view> keys;
    // Those with a hint, the first to expire first.
    absl::btree_set<std::pair<absl::Time, absl::string_view>> expiring;
    Version counter = 0;
  };
  using Contents = std::map<std::string, Partitioned>;

 public:
  // What the store held at one instant.
  class Backup {
    friend class MemoryStore;
    Contents contents_;
  };

  // Both must outlive this object.
  MemoryStore(const Clock& clock, RandomSource& random);

  // A restart that lost nothing: a new epoch, and subscribers read again.
  void Restart();

  // A failover: a lagging replica that knows only `backup` is promoted.
  Backup TakeBackup() const;
  void FailOverTo(const Backup& backup);

  // Blocks until every hint published so far has been delivered.
  void FlushHints() { hints_.Flush(); }

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

  const Clock& clock_;
  RandomSource& random_;
  LocalHints hints_;
  mutable Mutex mutex_;
  Epoch epoch_ ABSL_GUARDED_BY(mutex_);
  Contents contents_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_MEMORY_STORE_H_
