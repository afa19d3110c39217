#ifndef U2FI_SERVICES_COMMON_AUDIT_CHAIN_H_
#define U2FI_SERVICES_COMMON_AUDIT_CHAIN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/audit/row.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// The last row of a chain; sequence 0 while it is empty.
struct ChainHead {
  RowId id;
  uint64_t time_ms = 0;
};

// Gives rows their place in one writer's chain. Immutable, thread-safe.
class ChainBuilder {
 public:
  // `predecessor` is the last row that the writer knows of the writer before
  // it, if any; row 1 will name it.
  explicit ChainBuilder(
      const v1::Writer& writer,
      const absl::optional<v1::RowReference>& predecessor = absl::nullopt);

  // The AuditRow bytes of the row after `head`, which moves on to it. A clock
  // that went back does not show: no row is earlier than the one before.
  std::string Append(const PreparedRow& row, uint64_t now_ms,
                     ChainHead& head) const;

  // The value of the writer's head key: an unsigned v1::Checkpoint.
  std::string HeadValue(const ChainHead& head) const;

 private:
  std::string start_;        // Fields 1 and 2: format, writer.
  std::string predecessor_;  // Field 9.
};

// `row` as a reference to it.
v1::RowReference ReferenceTo(const v1::Writer& writer, const RowId& row);

// What a head key holds. AUDIT_FORMAT if it is not in form.
struct StoredHead {
  v1::Writer writer;
  ChainHead head;
};
absl::StatusOr<StoredHead> ParseHead(absl::string_view value);

// Whether `row` comes next after `head` in the chain of `writer`. Each step is
// an AUDIT_CHAIN error whose message begins with its name:
//   writer    the row is of this writer
//   sequence  it is one more than the head's
//   previous  the row names the head's hash
//   time      it is not earlier than the head
absl::Status CheckFollows(const v1::Writer& writer, const ChainHead& head,
                          const ParsedRow& row);

// The head after `row`.
ChainHead HeadAt(const ParsedRow& row);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_CHAIN_H_
