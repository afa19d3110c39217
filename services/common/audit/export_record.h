#ifndef U2FI_SERVICES_COMMON_AUDIT_EXPORT_RECORD_H_
#define U2FI_SERVICES_COMMON_AUDIT_EXPORT_RECORD_H_

#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/checkpoint.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// The first line of every file; it may come again where files were joined.
struct ExportStart {};

// One line of an export: a start, the key of checkpoints (nothing vouches for
// it but an anchor), a row, or a checkpoint.
using ExportRecord =
    std::variant<ExportStart, AuditKey, v1::AuditRow, v1::SignedCheckpoint>;

// The longest line, without its end: a row with the largest body.
inline constexpr size_t kMaxLineSize = 272 << 10;

// The record as one JSON object without white space, its members in this order
// and bytes as base64url without padding (README.md):
//   {"type":"start","format":"u2fi-audit/1"}
//   {"type":"key","kid":"...","point":"..."}
//   {"type":"row","header":"...","salt":"...","body":"..."}
//   {"type":"row","header":"..."}                       an erased body
//   {"type":"checkpoint","checkpoint":"...","kid":"...","signature":"..."}
std::string ToLine(const ExportRecord& record);

// The record of a line that is exactly of that form; AUDIT_FORMAT otherwise.
// What is in the bytes is not looked at.
absl::StatusOr<ExportRecord> ParseLine(absl::string_view line);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_EXPORT_RECORD_H_
