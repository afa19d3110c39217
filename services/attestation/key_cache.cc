#include "services/attestation/key_cache.h"

#include "absl/hash/hash.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {

// A capacity that is no multiple of the shards is rounded down, but for a
// very small one: one key a shard.
KeyCache::KeyCache(size_t capacity)
    : shard_capacity_(capacity == 0 ? 0
                                    : std::max<size_t>(1, capacity / kShards)) {
}

absl::StatusOr<fido::CredentialKey> KeyCache::Get(absl::string_view stored) {
  Shard& shard = shards_[absl::Hash<absl::string_view>()(stored) % kShards];
  {
    MutexLock lock(shard.mutex);
    const auto found = shard.index.find(stored);
    if (found != shard.index.end()) {
      shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
      return found->second->second;
    }
  }
  ASSIGN_OR_RETURN(const fido::CredentialKey key,
                   fido::CredentialKey::FromStored(stored));
  Remember(shard, stored, key);
  return key;
}

void KeyCache::Remember(Shard& shard, absl::string_view stored,
                        const fido::CredentialKey& key) {
  if (shard_capacity_ == 0) return;
  MutexLock lock(shard.mutex);
  if (shard.index.contains(stored)) return;
  if (shard.entries.size() >= shard_capacity_) {
    shard.index.erase(shard.entries.back().first);
    shard.entries.pop_back();
  }
  shard.entries.emplace_front(std::string(stored), key);
  shard.index.emplace(shard.entries.front().first, shard.entries.begin());
}

size_t KeyCache::size() const {
  size_t size = 0;
  for (const Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    size += shard.entries.size();
  }
  return size;
}

}  // namespace u2fi::attestation
