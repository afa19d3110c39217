#include "services/device-registry/record_cache.h"

#include <vector>

#include "absl/strings/strip.h"
#include "services/device-registry/registry_keys.h"

namespace u2fi::device_registry {
namespace {

// The row behind the name of a resource; empty: it is never cached.
std::string KeyOfResource(absl::string_view name) {
  struct Collection {
    absl::string_view name;
    absl::string_view prefix;
  };
  constexpr Collection kCollections[] = {{"accounts/", key::kAccounts},
                                         {"devices/", key::kDevices},
                                         {"gateways/", key::kGateways},
                                         {"models/", key::kModels},
                                         {"sites/", key::kSites}};
  if (name == key::Policy()) return key::Policy();
  for (const Collection& collection : kCollections) {
    if (absl::ConsumePrefix(&name, collection.name)) {
      return absl::StrCat(collection.prefix, name);
    }
  }
  return "";
}

}  // namespace

// A read that is under way lands for those who wait for it already; the next
// caller reads anew.
void RecordCache::Drop(absl::string_view tenant, absl::string_view key) {
  MutexLock lock(mutex_);
  reads_.erase(absl::StrCat(tenant, "/", key));
}

void RecordCache::OnEvent(
    const absl::optional<v1::WatchEventsResponse>& event) {
  if (!event.has_value()) {
    MutexLock lock(mutex_);
    reads_.clear();
    return;
  }
  const std::string key = KeyOfResource(event->resource());
  if (!key.empty()) Drop(event->tenant(), key);
}

std::shared_ptr<RecordCache::Read> RecordCache::Join(const std::string& address,
                                                     bool& is_own) {
  const absl::Duration now = clock_.Uptime();
  MutexLock lock(mutex_);
  const auto found = reads_.find(address);
  if (found != reads_.end() && (found->second->under_way ||
                                now - found->second->read_at < options_.life)) {
    std::shared_ptr<Read> read = found->second;
    while (read->under_way) read->landed.Wait(mutex_);
    return read;
  }
  if (reads_.size() >= options_.max_rows) reads_.clear();
  auto read = std::make_shared<Read>();
  read->read_at = now;
  reads_[address] = read;
  is_own = true;
  return read;
}

absl::StatusOr<store::Entry> RecordCache::ReadEntry(absl::string_view tenant,
                                                    const std::string& key) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  ASSIGN_OR_RETURN(store::Snapshot snapshot, store_.Get(partition, {key}));
  return std::move(snapshot.entries[0]);
}

void RecordCache::Land(const std::string& address, Read& read, AnyRow row) {
  MutexLock lock(mutex_);
  read.row = std::move(row);
  read.under_way = false;
  read.landed.NotifyAll();
  const auto found = reads_.find(address);
  if (!read.row.ok() && found != reads_.end() && found->second.get() == &read) {
    reads_.erase(found);
  }
}

}  // namespace u2fi::device_registry
