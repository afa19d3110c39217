#include "services/common/audit/rules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/audit/limits.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

using Predicate = bool (*)(char);

bool IsSubjectCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) ||
         absl::StrContains("/:._-", c);
}
bool IsNameCharacter(char c) {
  return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
}
bool IsDetailNameCharacter(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
}
bool IsVisible(char c) { return absl::ascii_isgraph(c) || c == ' '; }

bool All(absl::string_view text, Predicate allowed) {
  return std::all_of(text.begin(), text.end(), allowed);
}

absl::Status CheckSize(absl::string_view field, absl::string_view bytes,
                       size_t max) {
  if (bytes.size() <= max) return absl::OkStatus();
  return FormatError(field, absl::StrCat("exceeds ", max, " bytes"));
}

absl::Status CheckExact(absl::string_view field, absl::string_view bytes,
                        size_t size) {
  if (bytes.size() == size) return absl::OkStatus();
  return FormatError(field, absl::StrCat("is not ", size, " bytes"));
}

absl::Status CheckText(absl::string_view field, absl::string_view text,
                       size_t max, Predicate allowed) {
  RETURN_IF_ERROR(CheckSize(field, text, max));
  if (!All(text, allowed)) return FormatError(field, "has a wrong character");
  return absl::OkStatus();
}

absl::Status CheckCount(absl::string_view field, size_t count, size_t max) {
  if (count <= max) return absl::OkStatus();
  return FormatError(field, absl::StrCat("has more than ", max, " entries"));
}

// `command-gate`, or `gateway/<site>/<gateway>`.
bool IsService(absl::string_view service) {
  const std::vector<absl::string_view> parts = absl::StrSplit(service, '/');
  if (parts.size() == 3 && parts[0] != "gateway") return false;
  return (parts.size() == 1 || parts.size() == 3) &&
         std::all_of(parts.begin(), parts.end(), proof::IsId);
}

absl::Status CheckFormat(uint32_t format) {
  if (format == kFormat) return absl::OkStatus();
  return FormatError("format", "is unknown");
}

absl::Status CheckSubjects(const v1::AuditHeader& header) {
  RETURN_IF_ERROR(CheckCount("subjects", header.subjects_size(), kMaxSubjects));
  for (const std::string& subject : header.subjects()) {
    RETURN_IF_ERROR(CheckSubject(subject));
  }
  return absl::OkStatus();
}

// How row 1 differs from the others.
absl::Status CheckBeginning(const v1::AuditHeader& header) {
  if (header.sequence() == 0) return FormatError("sequence", "begins at 1");
  if (header.sequence() == 1) {
    RETURN_IF_ERROR(CheckExact("previous", header.previous(), 0));
    return header.has_predecessor() ? CheckReference(header.predecessor())
                                    : absl::OkStatus();
  }
  if (header.has_predecessor()) {
    return FormatError("predecessor", "stands in row 1 only");
  }
  return CheckExact("previous", header.previous(), kHashSize);
}

absl::Status CheckApprovals(const v1::AuditBody& body) {
  RETURN_IF_ERROR(CheckCount("approvals",
                             body.approvals_size() + body.approval_refs_size(),
                             kMaxApprovals));
  size_t total = 0;
  for (const proof::v1::Approval& approval : body.approvals()) {
    const size_t size = approval.ByteSizeLong();
    if (size == 0) return FormatError("approvals", "has an empty entry");
    if (size > kMaxApprovalSize) {
      return FormatError("approvals", "has an entry that is too large");
    }
    total += size;
  }
  if (total > kMaxApprovalsSize) {
    return FormatError("approvals", "are too large together");
  }
  for (const std::string& reference : body.approval_refs()) {
    RETURN_IF_ERROR(CheckExact("approval_refs", reference, kHashSize));
  }
  return absl::OkStatus();
}

absl::Status CheckPath(const v1::AuditBody& body) {
  if (body.index() > kMaxIndex) return FormatError("index", "exceeds 999");
  RETURN_IF_ERROR(CheckCount("path", body.path_size(), kMaxPath));
  for (const std::string& node : body.path()) {
    RETURN_IF_ERROR(CheckExact("path", node, kHashSize));
  }
  return absl::OkStatus();
}

absl::Status CheckDecision(const v1::AuditBody& body) {
  if (!common::v1::Outcome_IsValid(body.outcome())) {
    return FormatError("outcome", "is unknown");
  }
  RETURN_IF_ERROR(
      CheckText("reason", body.reason(), kMaxNameSize, IsNameCharacter));
  RETURN_IF_ERROR(CheckText("state_before", body.state_before(), kMaxNameSize,
                            IsNameCharacter));
  return CheckText("state_after", body.state_after(), kMaxNameSize,
                   IsNameCharacter);
}

absl::Status CheckOrigin(const v1::AuditBody& body) {
  RETURN_IF_ERROR(
      CheckText("caller", body.caller(), kMaxCallerSize, IsVisible));
  if (LooksLikeSecret(body.caller())) {
    return FormatError("caller", "looks like a secret");
  }
  if (!body.reported_by().empty() && body.reported_by() != "device" &&
      body.reported_by() != "gateway") {
    return FormatError("reported_by", "is neither device nor gateway");
  }
  return CheckSize("device_signature", body.device_signature(),
                   kMaxDeviceSignatureSize);
}

absl::Status CheckDetail(const v1::Detail& detail) {
  if (detail.name().empty()) return FormatError("details", "has no name");
  RETURN_IF_ERROR(CheckText("details", detail.name(), kMaxDetailNameSize,
                            IsDetailNameCharacter));
  const std::string field = absl::StrCat("details.", detail.name());
  RETURN_IF_ERROR(CheckSize(field, detail.value(), kMaxDetailSize));
  if (LooksLikeSecret(detail.value())) {
    return FormatError(field, "looks like a secret");
  }
  return absl::OkStatus();
}

absl::Status CheckDetails(const v1::AuditBody& body) {
  RETURN_IF_ERROR(CheckCount("details", body.details_size(), kMaxDetails));
  absl::string_view last;
  for (const v1::Detail& detail : body.details()) {
    RETURN_IF_ERROR(CheckDetail(detail));
    if (detail.name() <= last) return FormatError("details", "do not ascend");
    last = detail.name();
  }
  return absl::OkStatus();
}

bool IsBase64Url(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '-';
}

}  // namespace

absl::Status FormatError(absl::string_view field, absl::string_view problem) {
  return Error(reason::kAuditFormat, absl::StrCat(field, " ", problem),
               {{"field", std::string(field)}});
}

absl::Status CheckWriter(const v1::Writer& writer) {
  if (writer.service().size() > kMaxServiceSize ||
      !IsService(writer.service())) {
    return FormatError("writer.service", "is not a service or gateway");
  }
  RETURN_IF_ERROR(
      CheckExact("writer.incarnation", writer.incarnation(), kIncarnationSize));
  if (!proof::IsId(writer.tenant())) {
    return FormatError("writer.tenant", "is not an id");
  }
  return absl::OkStatus();
}

absl::Status CheckReference(const v1::RowReference& reference) {
  RETURN_IF_ERROR(CheckWriter(reference.writer()));
  if (reference.sequence() == 0) {
    return FormatError("reference.sequence", "begins at 1");
  }
  return CheckExact("reference.hash", reference.hash(), kHashSize);
}

absl::Status CheckSubject(absl::string_view subject) {
  if (subject.empty()) return FormatError("subjects", "has an empty entry");
  return CheckText("subjects", subject, kMaxSubjectSize, IsSubjectCharacter);
}

absl::Status CheckHeader(const v1::AuditHeader& header) {
  RETURN_IF_ERROR(CheckFormat(header.format()));
  RETURN_IF_ERROR(CheckWriter(header.writer()));
  RETURN_IF_ERROR(CheckBeginning(header));
  if (header.time_ms() == 0) return FormatError("time_ms", "is missing");
  if (header.kind() == v1::ROW_KIND_UNSPECIFIED) {
    return FormatError("kind", "is missing");
  }
  RETURN_IF_ERROR(CheckSubjects(header));
  return CheckExact("body_hash", header.body_hash(), kHashSize);
}

absl::Status CheckBody(const v1::AuditBody& body) {
  RETURN_IF_ERROR(CheckFormat(body.format()));
  RETURN_IF_ERROR(CheckSize("statement", body.statement(), kMaxStatementSize));
  RETURN_IF_ERROR(CheckSize("command", body.command(), kMaxCommandSize));
  RETURN_IF_ERROR(CheckApprovals(body));
  RETURN_IF_ERROR(CheckPath(body));
  RETURN_IF_ERROR(CheckDecision(body));
  RETURN_IF_ERROR(CheckOrigin(body));
  return CheckDetails(body);
}

bool LooksLikeSecret(absl::string_view text) {
  if (absl::StrContains(text, "PRIVATE KEY-----")) return true;
  const size_t start = text.find("eyJ");
  if (start == absl::string_view::npos) return false;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(text.substr(start), '.');
  return parts.size() >= 3 && All(parts[0], IsBase64Url) &&
         All(parts[1], IsBase64Url) && parts[1].size() > 8;
}

}  // namespace u2fi::audit
