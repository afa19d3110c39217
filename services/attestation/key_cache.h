#ifndef U2FI_SERVICES_ATTESTATION_KEY_CACHE_H_
#define U2FI_SERVICES_ATTESTATION_KEY_CACHE_H_

#include <array>
#include <cstddef>
#include <list>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/cose_key.h"
#include "services/common/sync/sync.h"

namespace u2fi::attestation {

// Parsed public keys by the bytes that are stored: parsing one costs as much
// as a verification. It depends on nothing but those bytes, so nothing ever
// makes an entry wrong. Holds at most `capacity` keys, about 0.5 KB each, and
// forgets those that were used longest ago. Thread-safe.
class KeyCache {
 public:
  explicit KeyCache(size_t capacity);

  // What CredentialKey::FromStored() says; errors are not kept.
  absl::StatusOr<fido::CredentialKey> Get(absl::string_view stored);

  size_t size() const;

 private:
  static constexpr size_t kShards = 16;
  using Entry = std::pair<std::string, fido::CredentialKey>;

  struct Shard {
    mutable Mutex mutex;
    // Last used first.
    std::list<Entry> entries ABSL_GUARDED_BY(mutex);
    // Views into the entries.
    absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> index
        ABSL_GUARDED_BY(mutex);
  };

  void Remember(Shard& shard, absl::string_view stored,
                const fido::CredentialKey& key);

  const size_t shard_capacity_;
  std::array<Shard, kShards> shards_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_KEY_CACHE_H_
