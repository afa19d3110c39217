#include "services/common/audit/verify_export.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/audit/export_reader.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/step.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();

std::string NameOf(const v1::Writer& writer) {
  return absl::StrCat(writer.service(), "/", writer.tenant(), "/",
                      crypto::Base32(writer.incarnation()));
}

std::string NameOf(const ParsedRow& row) {
  return absl::StrCat("row ", row.id.sequence, " of ",
                      NameOf(row.header.writer()));
}

class Verifier {
 public:
  Verifier(std::istream& file, const Anchors& anchors,
           VerifyExportOptions options)
      : file_(file),
        options_(std::move(options)),
        chains_(
            {options_.complete,
             [&anchors](absl::string_view hash) { return anchors.Has(hash); }}),
        evidence_(anchors, {options_.complete, options_.rp_id_hash}) {}

  ExportReport Run() {
    const absl::Status status = ReadAll();
    if (!status.ok()) {
      std::string step = proof::StepOf(status);
      if (step.empty()) step = "line";
      report_.fault = ExportFault{line_, record_, std::move(step),
                                  std::string(status.message())};
    }
    report_.chains = chains_.Summaries();
    for (const ChainSummary& chain : report_.chains) {
      const uint64_t covered = std::max(chain.covered, chain.first - 1);
      report_.uncovered += chain.last - covered;
    }
    return report_;
  }

 private:
  using Visit = absl::Status (Verifier::*)(const ExportRecord&);

  absl::Status ReadAll() {
    absl::Status chains = ReadOnce(&Verifier::CheckRecord, kEnd);
    if (chains.ok()) {
      record_ = "record that names another row";
      chains = chains_.Finish(line_);
    }
    // Where the chains are bad, a touch before that may be bad as well.
    const uint64_t line = line_;
    const std::string record = record_;
    if (!chains.ok()) evidence_.StopBeforeTheEnd();
    evidence_.Settle();
    RETURN_IF_ERROR(
        ReadOnce(&Verifier::CheckEvidence, chains.ok() ? kEnd : line));
    if (!chains.ok()) {
      line_ = line;
      record_ = record;
      return chains;
    }
    record_ = "row of a dispatched command";
    return evidence_.Finish(line_);
  }

  // Reads the lines before `end`.
  absl::Status ReadOnce(Visit visit, uint64_t end) {
    file_.clear();
    file_.seekg(0);
    ExportReader reader(file_);
    while (reader.line() + 1 < end) {
      record_ = "line";
      absl::StatusOr<absl::optional<ExportRecord>> record = reader.Next();
      line_ = reader.line();
      RETURN_IF_ERROR(record.status());
      if (!record->has_value()) return absl::OkStatus();
      RETURN_IF_ERROR((this->*visit)(**record));
    }
    return absl::OkStatus();
  }

  // First pass: everything but the touches.
  absl::Status CheckRecord(const ExportRecord& record) {
    if (const auto* key = std::get_if<AuditKey>(&record)) {
      record_ = absl::StrCat("key ", key->kid);
      return chains_.AddKey(*key);
    }
    if (const auto* checkpoint = std::get_if<v1::SignedCheckpoint>(&record)) {
      record_ = "checkpoint";
      ++report_.checkpoints;
      return chains_.AddCheckpoint(*checkpoint, line_);
    }
    const auto* stored = std::get_if<v1::AuditRow>(&record);
    if (stored == nullptr) return absl::OkStatus();
    record_ = "row";
    ASSIGN_OR_RETURN(const ParsedRow row, CheckRow(*stored));
    record_ = NameOf(row);
    ASSIGN_OR_RETURN(const bool is_new, chains_.AddRow(row, line_));
    report_.rows += is_new ? 1 : 0;
    return evidence_.Learn(row);
  }

  // Second pass: the touches.
  absl::Status CheckEvidence(const ExportRecord& record) {
    const auto* stored = std::get_if<v1::AuditRow>(&record);
    if (stored == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ParsedRow row, CheckRow(*stored));
    // What came again was verified the first time.
    uint64_t& last = verified_to_[NameOf(row.header.writer())];
    if (row.id.sequence <= last) return absl::OkStatus();
    last = row.id.sequence;
    record_ = NameOf(row);
    ASSIGN_OR_RETURN(Evidence evidence, evidence_.Verify(row, line_));
    Count(evidence);
    RowFinding finding{line_, &row, std::move(evidence), ""};
    finding.anchor = AnchorOf(row, finding.evidence);
    if (!finding.anchor.empty()) ++report_.anchored;
    if (options_.on_row) options_.on_row(finding);
    return absl::OkStatus();
  }

  void Count(const Evidence& evidence) {
    switch (evidence.finding) {
      case Finding::kNone:
        return;
      case Finding::kVerified:
        ++report_.verified;
        return;
      case Finding::kFree:
        ++report_.free;
        return;
      case Finding::kErased:
        ++report_.erased;
        return;
      case Finding::kUnverifiable:
        ++report_.unverifiable;
        return;
    }
  }

  std::string AnchorOf(const ParsedRow& row, const Evidence& evidence) const {
    if (!evidence.anchor.empty()) return evidence.anchor;
    const ChainSummary& chain = chains_.SummaryOf(row.header.writer());
    return row.id.sequence <= chain.anchored ? chain.anchor : "";
  }

  std::istream& file_;
  const VerifyExportOptions options_;
  ChainVerifier chains_;
  EvidenceVerifier evidence_;
  ExportReport report_;
  // By writer, in the second pass.
  std::map<std::string, uint64_t> verified_to_;
  uint64_t line_ = 0;
  std::string record_;
};

}  // namespace

ExportReport VerifyExport(std::istream& file, const Anchors& anchors,
                          VerifyExportOptions options) {
  return Verifier(file, anchors, std::move(options)).Run();
}

}  // namespace u2fi::audit
