#ifndef U2FI_SERVICES_COMMON_STORE_RECORD_CACHE_H_
#define U2FI_SERVICES_COMMON_STORE_RECORD_CACHE_H_

#include <cstddef>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// What an engine knows of its records without looking, and which keys it knows
// to be absent. Whoever writes a record puts it here, or forgets it here: the
// cache itself knows of no other change. Bounded: what was not used for longest
// goes first, half of it at a time. Not thread-safe.
class RecordCache {
 public:
  // Keys and values together; larger entries than a sixteenth are not kept.
  explicit RecordCache(size_t max_bytes) : max_half_(max_bytes / 2) {}

  // The record, or an entry that does not exist; null: not known. Until the
  // next call.
  const Entry* Find(absl::string_view partition, absl::string_view key);

  // It is this now; kAbsent: there is none.
  void Put(absl::string_view partition, absl::string_view key, Entry entry);

  // Nothing is known of it any more.
  void Forget(absl::string_view partition, absl::string_view key);

  // Nothing is known any more.
  void Clear();

  size_t bytes() const { return young_.bytes + old_.bytes; }

 private:
  using Name = std::pair<std::string, std::string>;
  using View = std::pair<absl::string_view, absl::string_view>;
  struct Hash {
    using is_transparent = void;
    size_t operator()(const View& name) const { return absl::HashOf(name); }
    size_t operator()(const Name& name) const { return (*this)(View(name)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const View& a, const View& b) const { return a == b; }
  };
  struct Half {
    absl::flat_hash_map<Name, Entry, Hash, Equal> entries;
    size_t bytes = 0;
  };

  static void Remove(Half& half, const View& name);
  Entry& Add(Name name, Entry entry);

  const size_t max_half_;
  // What was used since it was last full, and what was used before.
  Half young_;
  Half old_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_RECORD_CACHE_H_
