#include "services/common/store/memory_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/epoch.h"
#include "services/common/store/errors.h"

namespace u2fi::store {

MemoryStore::MemoryStore(const Clock& clock, RandomSource& random)
    : clock_(clock), random_(random), epoch_(NewEpoch(random)) {}

void MemoryStore::Restart() { FailOverTo(TakeBackup()); }

MemoryStore::Backup MemoryStore::TakeBackup() const {
  MutexLock lock(mutex_);
  Backup backup;
  backup.contents_ = contents_;
  return backup;
}

void MemoryStore::FailOverTo(const Backup& backup) {
  {
    MutexLock lock(mutex_);
    contents_ = backup.contents_;
    epoch_ = NewEpoch(random_);
  }
  hints_.TellAllToReadAgain();
}

absl::StatusOr<Snapshot> MemoryStore::DoGet(
    const Partition& partition, const std::vector<std::string>& keys,
    absl::Duration) {
  MutexLock lock(mutex_);
  const auto& records = contents_[partition.Name()].records;
  Snapshot snapshot{epoch_, {}};
  size_t bytes = 0;
  for (const std::string& key : keys) {
    const auto found = records.find(key);
    Entry& entry = snapshot.entries.emplace_back();
    if (found == records.end()) continue;
    bytes += found->second.value.size();
    if (bytes > kMaxReadBytes) return ReadTooLarge();
    entry = {found->second.value, found->second.version};
  }
  return snapshot;
}

absl::StatusOr<Version> MemoryStore::DoCommit(const Partition& partition,
                                              const CommitRequest& request,
                                              absl::Duration) {
  MutexLock lock(mutex_);
  if (request.epoch != epoch_) return EpochChanged();
  Partitioned& data = contents_[partition.Name()];
  for (const Expect& expect : request.expect) {
    const auto found = data.records.find(expect.key);
    const Version version =
        found == data.records.end() ? kAbsent : found->second.version;
    if (version != expect.version) return Aborted(expect.key);
  }
  data.DropExpired(clock_.Now(), DropAllowance(request));
  for (const std::string& key : request.remove) data.Remove(key);
  if (request.put.empty()) return kAbsent;
  const Version version = ++data.counter;
  for (const Put& put : request.put) {
    data.Put(put.key, {put.value, version, put.expire_hint});
  }
  return version;
}

MemoryStore::Partitioned::Partitioned(const Partitioned& other)
    : counter(other.counter) {
  for (const auto& [key, record] : other.records) Put(key, record);
}

void MemoryStore::Partitioned::Put(const std::string& key, Record record) {
  const auto [found, is_new] = records.try_emplace(key);
  const absl::string_view kept_key = found->first;
  Record& kept = found->second;
  if (is_new) keys.insert(kept_key);
  if (kept.expire_hint != record.expire_hint) {
    expiring.erase({kept.expire_hint, kept_key});
    if (record.expire_hint != absl::InfiniteFuture()) {
      expiring.emplace(record.expire_hint, kept_key);
    }
  }
  kept = std::move(record);
}

void MemoryStore::Partitioned::Remove(const std::string& key) {
  const auto found = records.find(key);
  if (found == records.end()) return;
  expiring.erase({found->second.expire_hint, found->first});
  keys.erase(found->first);
  records.erase(found);
}

void MemoryStore::Partitioned::DropExpired(absl::Time now, size_t most) {
  for (; most > 0 && !expiring.empty() && expiring.begin()->first < now;
       --most) {
    Remove(std::string(expiring.begin()->second));
  }
}

absl::StatusOr<Page> MemoryStore::DoScan(const Partition& partition,
                                         absl::string_view prefix,
                                         absl::string_view after, size_t limit,
                                         absl::Duration) {
  MutexLock lock(mutex_);
  const Partitioned& data = contents_[partition.Name()];
  Page page{epoch_, {}, false};
  size_t bytes = 0;
  for (auto it = after.empty() ? data.keys.lower_bound(prefix)
                               : data.keys.upper_bound(after);
       it != data.keys.end() && absl::StartsWith(*it, prefix); ++it) {
    const Record& record = data.records.find(*it)->second;
    bytes += record.value.size();
    page.more = page.items.size() == limit || bytes > kMaxReadBytes;
    if (page.more) break;
    page.items.push_back({std::string(*it), record.value, record.version});
  }
  return page;
}

absl::Status MemoryStore::DoPublish(const Partition& partition,
                                    absl::string_view topic,
                                    absl::string_view payload, absl::Duration) {
  hints_.Publish(partition, topic, payload);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Subscription>> MemoryStore::DoSubscribe(
    const Partition& partition, absl::string_view topic,
    std::function<void(const Hint&)> callback, absl::Duration) {
  return hints_.Subscribe(partition, topic, std::move(callback));
}

absl::StatusOr<absl::Time> MemoryStore::DoNow(absl::Duration) {
  return clock_.Now();
}

}  // namespace u2fi::store
