#include "services/common/audit/file_sink.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

absl::StatusOr<std::unique_ptr<FileSink>> FileSink::Open(std::string path) {
  const int fd =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  std::unique_ptr<FileSink> sink(new FileSink(std::move(path), fd));
  if (fd < 0) return sink->FileError("open");
  RETURN_IF_ERROR(sink->Prepare());
  return sink;
}

FileSink::~FileSink() {
  if (fd_ >= 0) close(fd_);
}

absl::Status FileSink::Prepare() {
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) return FileError("lock");
  RETURN_IF_ERROR(CutOffTornLine());
  struct stat info;
  if (fstat(fd_, &info) != 0) return FileError("read");
  return info.st_size == 0 ? Append({ExportStart{}}) : absl::OkStatus();
}

absl::Status FileSink::CutOffTornLine() {
  struct stat info;
  if (fstat(fd_, &info) != 0) return FileError("read");
  // The end of the last whole line is within the longest line from the end.
  const off_t begin =
      std::max<off_t>(0, info.st_size - static_cast<off_t>(kMaxLineSize + 1));
  std::string end(static_cast<size_t>(info.st_size - begin), '\0');
  if (pread(fd_, end.data(), end.size(), begin) !=
      static_cast<ssize_t>(end.size())) {
    return FileError("read");
  }
  const size_t newline = end.rfind('\n');
  if (newline == std::string::npos && begin > 0) {
    errno = EINVAL;
    return FileError("read");
  }
  const off_t whole = newline == std::string::npos
                          ? 0
                          : begin + static_cast<off_t>(newline) + 1;
  if (whole == info.st_size) return absl::OkStatus();
  return ftruncate(fd_, whole) == 0 ? absl::OkStatus() : FileError("truncate");
}

absl::Status FileSink::Append(const std::vector<ExportRecord>& records) {
  if (failed_) return FileError("write");
  std::string lines;
  for (const ExportRecord& record : records) {
    absl::StrAppend(&lines, ToLine(record), "\n");
  }
  struct stat info;
  if (fstat(fd_, &info) != 0) return FileError("read");
  absl::Status status = Write(lines);
  if (!status.ok() && ftruncate(fd_, info.st_size) != 0) failed_ = true;
  return status;
}

absl::Status FileSink::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return FileError("write");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status FileSink::Flush() {
  if (!failed_ && fdatasync(fd_) == 0) return absl::OkStatus();
  failed_ = true;
  return FileError("flush");
}

absl::Status FileSink::FileError(absl::string_view action) const {
  return Error(
      reason::kFileUnavailable,
      absl::StrCat("cannot ", action, " ", path_, ": ", std::strerror(errno)),
      {{"path", path_}});
}

}  // namespace u2fi::audit
