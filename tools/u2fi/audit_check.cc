#include "tools/u2fi/audit_check.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/file/file.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

using audit::ExportReport;

constexpr size_t kMaxAnchorFile = 4096;
constexpr size_t kFingerprintDigits = 64;

// One that was given, and whether anything holds under it.
struct Given {
  std::string text;
  audit::Anchors alone;
  bool used = false;
};

struct AllAnchors {
  audit::Anchors together;
  std::vector<Given> given;
};

absl::StatusOr<AllAnchors> ReadAnchors(const std::vector<std::string>& texts) {
  AllAnchors anchors;
  for (const std::string& text : texts) {
    const bool digits =
        text.size() == kFingerprintDigits && crypto::FromHex(text).ok();
    std::string anchor = text;
    if (!digits) {
      ASSIGN_OR_RETURN(anchor, ReadFile(text, kMaxAnchorFile));
    }
    RETURN_IF_ERROR(anchors.together.Add(anchor));
    Given& given = anchors.given.emplace_back();
    given.text = text;
    RETURN_IF_ERROR(given.alone.Add(anchor));
  }
  return anchors;
}

void Note(const std::string& anchor, std::vector<Given>& given) {
  if (anchor.empty()) return;
  for (Given& one : given) one.used |= one.alone.Has(anchor);
}

// No fault, since rows may hold under another one as well; but an export that
// lacks a device altogether looks like this.
void TellUnused(const std::vector<Given>& given, Output& output) {
  for (const Given& one : given) {
    if (one.used) continue;
    output.Fact({{"unused_anchor", one.text}},
                absl::StrCat("  nothing holds under the anchor ",
                             proof::VisibleText(one.text)));
  }
}

void TellRow(const audit::RowFinding& finding, Output& output) {
  const audit::v1::AuditHeader& header = finding.row->header;
  const std::string line = absl::StrCat(finding.line);
  const std::string& service = header.writer().service();
  const std::string sequence = absl::StrCat(finding.row->id.sequence);
  const std::string& kind = audit::v1::RowKind_Name(header.kind());
  const std::string& anchor = finding.anchor;
  output.Fact({{"line", line},
               {"service", service},
               {"sequence", sequence},
               {"kind", kind},
               {"anchor", anchor}},
              absl::StrCat(
                  "line ", line, "  ", service, " ", sequence, "  ", kind, "  ",
                  anchor.empty() ? "under no anchor" : "under " + anchor));
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

void TellSummary(const ExportReport& report, Output& output) {
  output.Fact({{"rows", absl::StrCat(report.rows)},
               {"chains", absl::StrCat(report.chains.size())},
               {"checkpoints", absl::StrCat(report.checkpoints)},
               {"verified", absl::StrCat(report.verified)},
               {"free", absl::StrCat(report.free)},
               {"unverifiable", absl::StrCat(report.unverifiable)},
               {"erased", absl::StrCat(report.erased)},
               {"anchored", absl::StrCat(report.anchored)},
               {"uncovered", absl::StrCat(report.uncovered)}},
              Summary(report));
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
  ASSIGN_OR_RETURN(AllAnchors anchors, ReadAnchors(check.anchors));
  audit::VerifyExportOptions options;
  options.complete = check.complete;
  if (!check.rp_id.empty()) {
    options.rp_id_hash = crypto::ToString(crypto::Sha256(check.rp_id));
  }
  options.on_row = [&](const audit::RowFinding& finding) {
    Note(finding.anchor, anchors.given);
    if (check.rows) TellRow(finding, output);
  };
  const ExportReport report =
      audit::VerifyExport(file, anchors.together, options);
  RETURN_IF_ERROR(Verdict(report, !anchors.given.empty()));
  TellSummary(report, output);
  TellUnused(anchors.given, output);
  return absl::OkStatus();
}

}  // namespace u2fi::cli
