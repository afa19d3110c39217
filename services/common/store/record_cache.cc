#include "services/common/store/record_cache.h"

#include <utility>

namespace u2fi::store {
namespace {

// What an entry costs besides its bytes, roughly.
constexpr size_t kOverhead = 128;

size_t SizeOf(absl::string_view partition, absl::string_view key,
              const Entry& entry) {
  return kOverhead + partition.size() + key.size() + entry.value.size();
}

}  // namespace

const Entry* RecordCache::Find(absl::string_view partition,
                               absl::string_view key) {
  const View name(partition, key);
  const auto young = young_.entries.find(name);
  if (young != young_.entries.end()) return &young->second;
  const auto old = old_.entries.find(name);
  if (old == old_.entries.end()) return nullptr;
  Entry entry = std::move(old->second);
  old_.bytes -= SizeOf(partition, key, entry);
  old_.entries.erase(old);
  return &Add({std::string(partition), std::string(key)}, std::move(entry));
}

void RecordCache::Put(absl::string_view partition, absl::string_view key,
                      Entry entry) {
  Forget(partition, key);
  if (SizeOf(partition, key, entry) > max_half_ / 8) return;
  Add({std::string(partition), std::string(key)}, std::move(entry));
}

void RecordCache::Forget(absl::string_view partition, absl::string_view key) {
  Remove(young_, {partition, key});
  Remove(old_, {partition, key});
}

void RecordCache::Clear() {
  young_ = {};
  old_ = {};
}

void RecordCache::Remove(Half& half, const View& name) {
  const auto found = half.entries.find(name);
  if (found == half.entries.end()) return;
  half.bytes -= SizeOf(name.first, name.second, found->second);
  half.entries.erase(found);
}

Entry& RecordCache::Add(Name name, Entry entry) {
  const size_t size = SizeOf(name.first, name.second, entry);
  if (young_.bytes + size > max_half_) old_ = std::exchange(young_, {});
  young_.bytes += size;
  return young_.entries.emplace(std::move(name), std::move(entry))
      .first->second;
}

}  // namespace u2fi::store
