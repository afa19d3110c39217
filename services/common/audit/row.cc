#include "services/common/audit/row.h"

#include <utility>

#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/audit/wire.h"
#include "services/common/proof/step.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr absl::string_view kRowDomain = "u2fi/audit/v1";
constexpr absl::string_view kApprovalDomain = "u2fi/audit-approval/v1";
// What LostRace() may add to a body.
constexpr size_t kLostRaceRoom = 64;

absl::Status CheckContent(const RowContent& content) {
  if (content.kind == v1::ROW_KIND_UNSPECIFIED ||
      !v1::RowKind_IsValid(content.kind)) {
    return FormatError("kind", "is not known");
  }
  if (content.subjects.size() > kMaxSubjects) {
    return FormatError("subjects", "has more than 16 entries");
  }
  for (const std::string& subject : content.subjects) {
    RETURN_IF_ERROR(CheckSubject(subject));
  }
  RETURN_IF_ERROR(CheckBody(content.body));
  if (content.body.ByteSizeLong() > kMaxBodySize - kLostRaceRoom) {
    return FormatError("body", "exceeds 192 KiB");
  }
  return absl::OkStatus();
}

absl::Status CheckHeaderBytes(const v1::AuditRow& row, ParsedRow& parsed) {
  RETURN_IF_ERROR(proof::ParseInto(row.header(), kMaxHeaderSize,
                                   reason::kAuditFormat, parsed.header));
  RETURN_IF_ERROR(CheckHeader(parsed.header));
  parsed.id = {parsed.header.sequence(), HeaderHash(row.header())};
  return absl::OkStatus();
}

absl::Status CheckSalt(const v1::AuditRow& row, ParsedRow& parsed) {
  parsed.erased = row.salt().empty() && row.body().empty();
  if (parsed.erased || row.salt().size() == kSaltSize) return absl::OkStatus();
  return FormatError("salt", "is not 16 bytes");
}

absl::Status CheckBodyHash(const v1::AuditRow& row, ParsedRow& parsed) {
  if (parsed.erased) return absl::OkStatus();
  const crypto::Digest hash = crypto::Sha256({row.salt(), row.body()});
  if (crypto::View(hash) == parsed.header.body_hash()) return absl::OkStatus();
  return FormatError("body", "is not the one that the header names");
}

absl::Status CheckBodyBytes(const v1::AuditRow& row, ParsedRow& parsed) {
  if (parsed.erased) return absl::OkStatus();
  RETURN_IF_ERROR(proof::ParseInto(row.body(), kMaxBodySize,
                                   reason::kAuditFormat, parsed.body));
  return CheckBody(parsed.body);
}

struct Step {
  const char* name;
  absl::Status (*check)(const v1::AuditRow&, ParsedRow&);
};
constexpr Step kSteps[] = {{"header", CheckHeaderBytes},
                           {"salt", CheckSalt},
                           {"hash", CheckBodyHash},
                           {"body", CheckBodyBytes}};

}  // namespace

absl::StatusOr<PreparedRow> PreparedRow::Make(RowContent content,
                                              RandomSource& random) {
  content.body.set_format(kFormat);
  RETURN_IF_ERROR(CheckContent(content));
  return PreparedRow(std::move(content), random);
}

PreparedRow::PreparedRow(RowContent content, RandomSource& random)
    : content_(std::move(content)) {
  const std::string salt = random.Bytes(kSaltSize);
  const std::string body = proof::Encode(content_.body);
  AppendNumber(6, content_.kind, header_end_);
  for (const std::string& subject : content_.subjects) {
    AppendBytes(7, subject, header_end_);
  }
  AppendBytes(8, crypto::View(crypto::Sha256({salt, body})), header_end_);
  row_end_.reserve(salt.size() + body.size() + 8);
  AppendBytes(2, salt, row_end_);
  AppendBytes(3, body, row_end_);
}

PreparedRow PreparedRow::LostRace(RandomSource& random) const {
  RowContent lost = content_;
  lost.body.set_lost_kind(content_.kind);
  lost.kind = v1::ROW_KIND_LOST_RACE;
  lost.body.set_reason("LOST_RACE");
  lost.body.clear_state_after();
  return PreparedRow(std::move(lost), random);
}

absl::StatusOr<ParsedRow> CheckRow(const v1::AuditRow& row) {
  ParsedRow parsed;
  for (const Step& step : kSteps) {
    const absl::Status status = step.check(row, parsed);
    if (!status.ok()) return proof::AtStep(step.name, status);
  }
  return parsed;
}

absl::StatusOr<ParsedRow> ParseRow(absl::string_view stored) {
  ASSIGN_OR_RETURN(
      const v1::AuditRow row,
      proof::Parse<v1::AuditRow>(stored, kMaxRowSize, reason::kAuditFormat));
  return CheckRow(row);
}

crypto::Digest HeaderHash(absl::string_view header) {
  return crypto::Sha256({kRowDomain, header});
}

crypto::Digest ApprovalDigest(const proof::v1::Approval& approval) {
  return crypto::Sha256({kApprovalDomain, proof::Encode(approval)});
}

}  // namespace u2fi::audit
