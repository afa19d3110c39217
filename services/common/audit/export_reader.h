#ifndef U2FI_SERVICES_COMMON_AUDIT_EXPORT_READER_H_
#define U2FI_SERVICES_COMMON_AUDIT_EXPORT_READER_H_

#include <cstdint>
#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/audit/export_record.h"

namespace u2fi::audit {

// Reads an export line by line, in memory for one line. Not thread-safe.
class ExportReader {
 public:
  // `input` must outlive this object.
  explicit ExportReader(std::istream& input);

  // The next record, or nothing at the end. AUDIT_FORMAT, for good, if a line
  // is too long or not in form, the last one has no end, or the file does not
  // begin with a start.
  absl::StatusOr<absl::optional<ExportRecord>> Next();

  // The number of the line that Next() read last, from 1.
  uint64_t line() const { return line_; }

 private:
  absl::StatusOr<absl::optional<ExportRecord>> ReadRecord();

  std::istream& input_;
  std::string buffer_;
  uint64_t line_ = 0;
  absl::Status failed_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_EXPORT_READER_H_
