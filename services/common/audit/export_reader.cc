#include "services/common/audit/export_reader.h"

#include <utility>

#include "services/common/audit/rules.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

ExportReader::ExportReader(std::istream& input)
    : input_(input), buffer_(kMaxLineSize + 2, '\0') {}

absl::StatusOr<absl::optional<ExportRecord>> ExportReader::Next() {
  if (!failed_.ok()) return failed_;
  absl::StatusOr<absl::optional<ExportRecord>> record = ReadRecord();
  failed_ = record.status();
  return record;
}

absl::StatusOr<absl::optional<ExportRecord>> ExportReader::ReadRecord() {
  input_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  const std::streamsize taken = input_.gcount();
  if (input_.eof() && taken == 0) {
    if (line_ == 0) return FormatError("file", "is empty");
    return absl::optional<ExportRecord>();
  }
  ++line_;
  if (input_.eof()) return FormatError("line", "has no end");
  if (!input_) return FormatError("line", "is too long");
  ASSIGN_OR_RETURN(ExportRecord record,
                   ParseLine(absl::string_view(
                       buffer_.data(), static_cast<size_t>(taken) - 1)));
  if (line_ == 1 && !std::holds_alternative<ExportStart>(record)) {
    return FormatError("file", "does not begin with a start");
  }
  return absl::optional<ExportRecord>(std::move(record));
}

}  // namespace u2fi::audit
