#include "services/common/audit/verify_export.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
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

// Which copy of a row counts: the first that has its body, or the first if none
// has. Files may be joined, and one of them may have come without bodies.
class RowCopies {
 public:
  // First pass. Whether nothing is known of the row beyond its header.
  // `is_new`: no copy came before.
  bool Learn(const ParsedRow& row, bool is_new) {
    if (is_new && !row.erased) return true;
    std::set<uint64_t>& bare = bare_[NameOf(row.header.writer())];
    if (is_new) {
      bare.insert(row.id.sequence);
      return false;
    }
    return !row.erased && bare.erase(row.id.sequence) > 0 && Wait(row);
  }

  // Whether a row has no body anywhere.
  bool HasErased() const {
    return std::any_of(bare_.begin(), bare_.end(),
                       [](const auto& rows) { return !rows.second.empty(); });
  }

  // Second pass. Whether this is the copy that counts.
  bool Counts(const ParsedRow& row) {
    const std::string writer = NameOf(row.header.writer());
    uint64_t& last = last_[writer];
    const bool is_new = row.id.sequence > last;
    last = std::max(last, row.id.sequence);
    std::set<uint64_t>& late = late_[writer];
    if (row.erased) return is_new && late.count(row.id.sequence) == 0;
    return late.erase(row.id.sequence) > 0 || is_new;
  }

 private:
  bool Wait(const ParsedRow& row) {
    late_[NameOf(row.header.writer())].insert(row.id.sequence);
    return true;
  }

  // By writer: rows without a body so far, those whose body comes in a later
  // copy, and the last row of the second pass.
  std::map<std::string, std::set<uint64_t>> bare_;
  std::map<std::string, std::set<uint64_t>> late_;
  std::map<std::string, uint64_t> last_;
};

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
    if (copies_.HasErased()) evidence_.NoteErasure();
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
    return copies_.Learn(row, is_new) ? evidence_.Learn(row) : absl::OkStatus();
  }

  // Second pass: the touches.
  absl::Status CheckEvidence(const ExportRecord& record) {
    const auto* stored = std::get_if<v1::AuditRow>(&record);
    if (stored == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(const ParsedRow row, CheckRow(*stored));
    if (!copies_.Counts(row)) return absl::OkStatus();
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
  RowCopies copies_;
  uint64_t line_ = 0;
  std::string record_;
};

}  // namespace

ExportReport VerifyExport(std::istream& file, const Anchors& anchors,
                          VerifyExportOptions options) {
  return Verifier(file, anchors, std::move(options)).Run();
}

}  // namespace u2fi::audit
