#include "services/common/fido/metadata.h"

#include <utility>

namespace u2fi::fido {

void MetadataTable::Add(MetadataEntry entry) {
  const size_t index = entries_.size();
  if (entry.aaguid.find_first_not_of('\0') != std::string::npos) {
    by_aaguid_[entry.aaguid] = index;
  }
  for (const std::string& key_id : entry.key_ids) by_key_id_[key_id] = index;
  entries_.push_back(std::move(entry));
}

const MetadataEntry* MetadataTable::Find(
    const absl::flat_hash_map<std::string, size_t>& index,
    absl::string_view name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &entries_[found->second];
}

const MetadataEntry* MetadataTable::FindByAaguid(
    absl::string_view aaguid) const {
  return Find(by_aaguid_, aaguid);
}

const MetadataEntry* MetadataTable::FindByKeyId(
    absl::string_view key_id) const {
  return Find(by_key_id_, key_id);
}

const MetadataEntry* MetadataTable::FindBad(absl::string_view aaguid,
                                            absl::string_view key_id) const {
  for (const MetadataEntry* entry :
       {FindByAaguid(aaguid), FindByKeyId(key_id)}) {
    if (entry != nullptr && entry->is_bad) return entry;
  }
  return nullptr;
}

}  // namespace u2fi::fido
