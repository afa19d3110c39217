#ifndef U2FI_SERVICES_COMMON_AUDIT_ROW_H_
#define U2FI_SERVICES_COMMON_AUDIT_ROW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"
#include "services/common/random/random_source.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// What a service says in one row. `body.format` is filled in. No secret goes
// in: keys, passwords, tokens and sealed arguments in plain text never.
struct RowContent {
  v1::RowKind kind = v1::ROW_KIND_UNSPECIFIED;
  // Resource names of what the row is about: `commands/<id>`, ... .
  std::vector<std::string> subjects;
  v1::AuditBody body;
};

// Row `sequence` of some chain, and its hash.
struct RowId {
  uint64_t sequence = 0;
  crypto::Digest hash{};
};

inline bool operator==(const RowId& a, const RowId& b) {
  return a.sequence == b.sequence && a.hash == b.hash;
}

// Content that kept every rule, encoded as far as possible without knowing its
// place in a chain. Made outside the writer's lock; movable.
class PreparedRow {
 public:
  // AUDIT_FORMAT naming the field in metadata "field" if a rule is broken: a
  // size (limits.h), a character set, an unset kind, order of details, or text
  // that looks like a secret.
  static absl::StatusOr<PreparedRow> Make(RowContent content,
                                          RandomSource& random);

  // The row that is written in its place when its transition loses: kind
  // LOST_RACE, reason LOST_RACE, no state after; evidence and subjects stay.
  PreparedRow LostRace(RandomSource& random) const;

  // Fields 6 to 8 of the header: kind, subjects, body hash.
  const std::string& header_end() const { return header_end_; }

  // Fields 2 and 3 of AuditRow: salt and body.
  const std::string& row_end() const { return row_end_; }

  const RowContent& content() const { return content_; }

 private:
  PreparedRow(RowContent content, RandomSource& random);

  RowContent content_;
  std::string header_end_;
  std::string row_end_;
};

// A row that was read and found to be in form: strict bytes, every rule of
// limits.h, and the body is the one that the header names. Its place in the
// chain is not checked here (chain.h).
struct ParsedRow {
  v1::AuditHeader header;
  RowId id;
  // Whether somebody erased the body; then `body` is empty.
  bool erased = false;
  v1::AuditBody body;
};

// The steps, each an AUDIT_FORMAT error whose metadata "step" names it:
//   header  strict, known format, fields within bounds
//   salt    16 bytes, or absent together with the body
//   hash    SHA-256(salt ‖ body) is the header's body_hash
//   body    strict, known format, fields within bounds
absl::StatusOr<ParsedRow> CheckRow(const v1::AuditRow& row);

// The same for AuditRow bytes as the store holds them.
absl::StatusOr<ParsedRow> ParseRow(absl::string_view stored);

// SHA-256("u2fi/audit/v1" ‖ header bytes).
crypto::Digest HeaderHash(absl::string_view header);

// By what other rows name a touch: SHA-256("u2fi/audit-approval/v1" ‖ bytes).
crypto::Digest ApprovalDigest(const proof::v1::Approval& approval);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_ROW_H_
