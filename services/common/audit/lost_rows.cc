#include "services/common/audit/lost_rows.h"

#include <iterator>

#include "absl/strings/strip.h"

namespace u2fi::audit {

void LostRows::Note(absl::string_view tenant, const EpochChange& change) {
  std::vector<ParsedRow> kept;
  for (const TailRow& written : change.rewritten) {
    absl::StatusOr<ParsedRow> row = ParseRow(written.row);
    if (row.ok() && keep_(*row)) kept.push_back(*std::move(row));
  }
  if (kept.empty()) return;
  MutexLock lock(mutex_);
  std::vector<ParsedRow>& rows = rows_[std::string(tenant)];
  std::move(kept.begin(), kept.end(), std::back_inserter(rows));
}

absl::Status LostRows::Apply(const Work& work) {
  absl::Status first;
  for (auto& [tenant, rows] : Take()) {
    const absl::Status applied = work(tenant, rows);
    first.Update(applied);
    if (!applied.ok()) PutBack(tenant, std::move(rows));
  }
  return first;
}

LostRows::ByTenant LostRows::Take() {
  MutexLock lock(mutex_);
  return std::exchange(rows_, {});
}

void LostRows::PutBack(const std::string& tenant, std::vector<ParsedRow> rows) {
  MutexLock lock(mutex_);
  std::vector<ParsedRow>& later = rows_[tenant];
  std::move(later.begin(), later.end(), std::back_inserter(rows));
  later = std::move(rows);
}

std::string SubjectOf(const ParsedRow& row, absl::string_view prefix) {
  for (const std::string& subject : row.header.subjects()) {
    absl::string_view id = subject;
    if (absl::ConsumePrefix(&id, prefix)) return std::string(id);
  }
  return "";
}

}  // namespace u2fi::audit
