#ifndef U2FI_SERVICES_COMMON_AUDIT_KEYS_H_
#define U2FI_SERVICES_COMMON_AUDIT_KEYS_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/encoding.h"

// Where the audit lives in a service's partition. Everything under "audit/" is
// written by this folder only. <writer> is the incarnation in base32.
namespace u2fi::audit {

inline constexpr absl::string_view kKeyPrefix = "audit/";
inline constexpr absl::string_view kHeadPrefix = "audit/head/";

// "audit/head/<writer>": where the chain ends, as an unsigned v1::Checkpoint.
inline std::string HeadKey(absl::string_view incarnation) {
  return absl::StrCat(kHeadPrefix, crypto::Base32(incarnation));
}

// "audit/row/<writer>/": all rows of a writer, in order.
inline std::string RowPrefix(absl::string_view incarnation) {
  return absl::StrCat("audit/row/", crypto::Base32(incarnation), "/");
}

// A row's key: the prefix and the sequence as 16 hex digits. v1::AuditRow.
inline std::string RowKey(absl::string_view row_prefix, uint64_t sequence) {
  return absl::StrCat(row_prefix, absl::Hex(sequence, absl::kZeroPad16));
}

// Where rows stay in the store (store_sink.h), so do their checkpoints.
// "audit/checkpoint/<writer>/": all checkpoints of a chain, in order.
inline std::string CheckpointPrefix(absl::string_view incarnation) {
  return absl::StrCat("audit/checkpoint/", crypto::Base32(incarnation), "/");
}

// "audit/covered/<writer>": the last of them. v1::SignedCheckpoint.
inline std::string CoveredKey(absl::string_view incarnation) {
  return absl::StrCat("audit/covered/", crypto::Base32(incarnation));
}

// "audit/key/<kid>": the point of a key that signed some.
inline constexpr absl::string_view kAuditKeyPrefix = "audit/key/";
inline std::string AuditKeyKey(absl::string_view kid) {
  return absl::StrCat(kAuditKeyPrefix, kid);
}

// Agents' journals: chains of writers `gateway/<site>/<gateway>`, which the
// gate takes in the partition (gateway-journal, tenant), each row under a
// checkpoint of the gateway's.
inline constexpr absl::string_view kJournalService = "gateway-journal";
inline constexpr absl::string_view kJournalWriterPrefix = "gateway/";

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_KEYS_H_
