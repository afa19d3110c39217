#include "tools/u2fi/audit_check.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

using audit::ExportReport;

constexpr size_t kMaxAnchorFile = 4096;
constexpr size_t kFingerprintDigits = 64;

absl::StatusOr<audit::Anchors> ReadAnchors(
    const std::vector<std::string>& texts) {
  audit::Anchors anchors;
  for (const std::string& text : texts) {
    const bool digits =
        text.size() == kFingerprintDigits && crypto::FromHex(text).ok();
    std::string anchor = text;
    if (!digits) {
      ASSIGN_OR_RETURN(anchor, ReadFile(text, kMaxAnchorFile));
    }
    RETURN_IF_ERROR(anchors.Add(anchor));
  }
  return anchors;
}

std::string RowText(const audit::RowFinding& finding) {
  const audit::v1::AuditHeader& header = finding.row->header;
  return absl::StrCat(
      "line ", finding.line, "  ", header.writer().service(), " ",
      finding.row->id.sequence, "  ", audit::v1::RowKind_Name(header.kind()),
      "  ",
      finding.anchor.empty() ? "under no anchor" : "under " + finding.anchor);
}

std::string Summary(const ExportReport& report) {
  return absl::StrCat(
      "the audit holds: ", report.rows, " rows in ", report.chains.size(),
      " chains, ", report.checkpoints, " signed checkpoints\n  ",
      report.verified, " rows verified again from raw touches, ", report.free,
      " rows of free operations, ", report.unverifiable,
      " rows without all evidence, ", report.erased, " erased\n  ",
      report.anchored, " rows hold under an anchor; ", report.uncovered,
      " rows are newer than the last checkpoint");
}

absl::Status Verdict(const ExportReport& report, bool has_anchors) {
  if (report.fault.has_value()) {
    return Error(reason::kAuditChain,
                 absl::StrCat("line ", report.fault->line, ", ",
                              report.fault->record, ": ", report.fault->why),
                 {{"step", report.fault->step}});
  }
  if (has_anchors && report.anchored == 0) {
    return Error(reason::kAuditChain,
                 "it agrees with itself only: nothing holds under the anchors");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckAudit(std::istream& file, const AuditCheck& check,
                        Output& output) {
  ASSIGN_OR_RETURN(const audit::Anchors anchors, ReadAnchors(check.anchors));
  audit::VerifyExportOptions options;
  options.complete = check.complete;
  if (!check.rp_id.empty()) {
    options.rp_id_hash = crypto::ToString(crypto::Sha256(check.rp_id));
  }
  if (check.rows) {
    options.on_row = [&output](const audit::RowFinding& finding) {
      output.Say(RowText(finding));
    };
  }
  const ExportReport report = audit::VerifyExport(file, anchors, options);
  RETURN_IF_ERROR(Verdict(report, !anchors.empty()));
  output.Say(Summary(report));
  return absl::OkStatus();
}

}  // namespace u2fi::cli
