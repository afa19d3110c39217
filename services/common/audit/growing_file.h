#ifndef U2FI_SERVICES_COMMON_AUDIT_GROWING_FILE_H_
#define U2FI_SERVICES_COMMON_AUDIT_GROWING_FILE_H_

#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/audit/export_record.h"

namespace u2fi::audit {

// Reads an export file that somebody else appends to. Not thread-safe.
class GrowingFile {
 public:
  explicit GrowingFile(const std::string& path) : file_(path) {}

  // The next whole line's record, or nothing for now: a line that is not
  // written to its end yet comes later. FILE_UNAVAILABLE if the file cannot be
  // read, AUDIT_FORMAT for a line that is not in form.
  absl::StatusOr<absl::optional<ExportRecord>> Next();

 private:
  std::ifstream file_;
  // What was read of a line without its end.
  std::string begun_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_GROWING_FILE_H_
