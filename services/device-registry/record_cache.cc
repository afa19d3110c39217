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

void RecordCache::Drop(absl::string_view tenant, absl::string_view key) {
  MutexLock lock(mutex_);
  ++drops_;
  rows_.erase(absl::StrCat(tenant, "/", key));
}

void RecordCache::OnEvent(
    const absl::optional<v1::WatchEventsResponse>& event) {
  if (!event.has_value()) {
    MutexLock lock(mutex_);
    ++drops_;
    rows_.clear();
    return;
  }
  const std::string key = KeyOfResource(event->resource());
  if (!key.empty()) Drop(event->tenant(), key);
}

RecordCache::Cached RecordCache::Find(const std::string& address) {
  const absl::Duration now = clock_.Uptime();
  MutexLock lock(mutex_);
  const auto found = rows_.find(address);
  if (found != rows_.end() && now - found->second.read_at < options_.life) {
    return found->second;
  }
  Cached missing;
  missing.read_at = now;
  missing.drops = drops_;
  return missing;
}

absl::StatusOr<store::Entry> RecordCache::ReadEntry(absl::string_view tenant,
                                                    const std::string& key) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kService, tenant));
  ASSIGN_OR_RETURN(store::Snapshot snapshot, store_.Get(partition, {key}));
  return std::move(snapshot.entries[0]);
}

void RecordCache::Keep(const std::string& address, Cached cached) {
  MutexLock lock(mutex_);
  if (cached.drops != drops_) return;
  if (rows_.size() >= options_.max_rows) rows_.clear();
  cached.known = true;
  rows_[address] = std::move(cached);
}

}  // namespace u2fi::device_registry
