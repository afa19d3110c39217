#include "services/common/audit/growing_file.h"

#include <utility>

#include "services/common/audit/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

absl::StatusOr<absl::optional<ExportRecord>> GrowingFile::Next() {
  if (!file_.is_open()) {
    return Error(reason::kFileUnavailable, "the audit's file cannot be read");
  }
  file_.clear();
  std::string line;
  const bool any = static_cast<bool>(std::getline(file_, line));
  if (any) begun_ += line;
  if (begun_.size() > kMaxLineSize) return FormatError("line", "is too long");
  // At the end of the file a line has no end yet.
  if (!any || file_.eof()) return absl::optional<ExportRecord>();
  ASSIGN_OR_RETURN(ExportRecord record, ParseLine(begun_));
  begun_.clear();
  return absl::optional<ExportRecord>(std::move(record));
}

}  // namespace u2fi::audit
