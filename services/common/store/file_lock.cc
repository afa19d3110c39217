#include "services/common/store/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::store {

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(
    const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return Error(reason::kStoreMisconfigured,
                 absl::StrCat("cannot open ", path, ": ", strerror(errno)),
                 {{"path", path}});
  }
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return Error(reason::kStoreInUse,
                 absl::StrCat("another process has locked ", path),
                 {{"path", path}});
  }
  return std::unique_ptr<FileLock>(new FileLock(fd));
}

FileLock::~FileLock() { close(fd_); }

}  // namespace u2fi::store
