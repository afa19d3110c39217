#ifndef U2FI_SERVICES_COMMON_AUDIT_FILE_SINK_H_
#define U2FI_SERVICES_COMMON_AUDIT_FILE_SINK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/audit/sink.h"

namespace u2fi::audit {

// Appends records as lines of an export file (README.md): one process a file.
// Not thread-safe.
class FileSink : public Sink {
 public:
  // Opens `path`, or makes it with mode 0600 and a start line. A last line
  // that a crash left without its end is cut off: it was never flushed.
  // FILE_UNAVAILABLE if the file cannot be opened, read or locked.
  static absl::StatusOr<std::unique_ptr<FileSink>> Open(std::string path);

  ~FileSink() override;

  // FILE_UNAVAILABLE if something could not be written; what was written of
  // these records is cut off again.
  absl::Status Append(const std::vector<ExportRecord>& records) override;

  // fdatasync. After an error the file cannot be trusted to hold what was
  // appended, so every later call fails too: the process has to start anew.
  absl::Status Flush() override;

 private:
  FileSink(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  absl::Status Prepare();
  absl::Status CutOffTornLine();
  absl::Status Write(absl::string_view bytes);
  absl::Status FileError(absl::string_view action) const;

  const std::string path_;
  const int fd_;
  bool failed_ = false;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_FILE_SINK_H_
