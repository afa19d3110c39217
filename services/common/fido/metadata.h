#ifndef U2FI_SERVICES_COMMON_FIDO_METADATA_H_
#define U2FI_SERVICES_COMMON_FIDO_METADATA_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate.h"

namespace u2fi::fido {

// What FIDO metadata says about one model of token (FIDO Metadata Service
// v3.0, 3.1.1; Metadata Statement v3.0).
struct MetadataEntry {
  // 16 bytes, or empty for U2F.
  std::string aaguid;
  // Lower-case hex of 20 bytes each: U2F models.
  std::vector<std::string> key_ids;
  std::string description;
  // Any status report says REVOKED, ATTESTATION_KEY_COMPROMISE,
  // USER_VERIFICATION_BYPASS, USER_KEY_REMOTE_COMPROMISE or
  // USER_KEY_PHYSICAL_COMPROMISE: an update that is available says nothing
  // about the token at hand.
  bool is_bad = false;
  // The status that made it bad.
  std::string bad_status;
  // The model is attested with a certificate; with its own key. Neither: the
  // statement does not say.
  bool has_basic_attestation = false;
  bool has_self_attestation = false;
  // COSE numbers, 0 for one that is not known here. Empty: the statement does
  // not say.
  std::vector<int64_t> algorithms;
  // Roots, intermediates or leafs that its chains lead to.
  std::vector<crypto::Certificate> anchors;
};

// Models by name. Immutable after it was filled; then thread-safe.
class MetadataTable {
 public:
  // A later entry for a name takes the place of an earlier one.
  void Add(MetadataEntry entry);

  // Null if there is none. A zero AAGUID names nothing.
  const MetadataEntry* FindByAaguid(absl::string_view aaguid) const;
  const MetadataEntry* FindByKeyId(absl::string_view key_id) const;
  // The entry of either name that calls its model bad.
  const MetadataEntry* FindBad(absl::string_view aaguid,
                               absl::string_view key_id) const;

  size_t size() const { return entries_.size(); }
  const std::vector<MetadataEntry>& entries() const { return entries_; }

 private:
  const MetadataEntry* Find(
      const absl::flat_hash_map<std::string, size_t>& index,
      absl::string_view name) const;

  std::vector<MetadataEntry> entries_;
  absl::flat_hash_map<std::string, size_t> by_aaguid_;
  absl::flat_hash_map<std::string, size_t> by_key_id_;
};

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_METADATA_H_
