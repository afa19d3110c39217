#include "tools/u2fi/new_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::cli {
namespace {

constexpr mode_t kPrivate = 0600;

std::string PartOf(const std::string& path) {
  return absl::StrCat(path, ".part");
}

absl::Status FileError(const std::string& path, absl::string_view problem) {
  return Error(reason::kFileUnavailable, absl::StrCat(path, " ", problem),
               {{"path", path}});
}

// Makes `part` ours alone, and empty. Empty: done; else what is wrong. A former
// writer may have named or removed it between our open() and our lock.
std::string TakePart(const std::string& part, int fd) {
  struct stat ours = {};
  struct stat there = {};
  const bool locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
  if (!locked || fstat(fd, &ours) != 0 || lstat(part.c_str(), &there) != 0 ||
      ours.st_ino != there.st_ino || ours.st_dev != there.st_dev) {
    return "is being written by another process";
  }
  if (!S_ISREG(ours.st_mode) || ours.st_uid != geteuid() || ours.st_nlink > 1) {
    return "cannot be made: its .part is somebody else's";
  }
  if (fchmod(fd, kPrivate) == 0 && ftruncate(fd, 0) == 0) return "";
  return absl::StrCat("cannot be made: ", strerror(errno));
}

bool SyncFolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  const int fd = open(folder.empty() ? "." : folder.c_str(),
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return synced;
}

}  // namespace

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Create(
    const std::string& path) {
  if (access(path.c_str(), F_OK) == 0) {
    return FileError(path, "is there already");
  }
  return Open(path, false);
}

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Replace(
    const std::string& path) {
  return Open(path, true);
}

absl::StatusOr<std::unique_ptr<NewFile>> NewFile::Open(const std::string& path,
                                                       bool replace) {
  const std::string part = PartOf(path);
  const int fd =
      open(part.c_str(),
           O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, kPrivate);
  if (fd < 0) {
    return FileError(path, absl::StrCat("cannot be made: ", strerror(errno)));
  }
  const std::string problem = TakePart(part, fd);
  if (!problem.empty()) {
    close(fd);
    return FileError(path, problem);
  }
  return std::unique_ptr<NewFile>(new NewFile(path, fd, replace));
}

NewFile::NewFile(std::string path, int fd, bool replace)
    : path_(std::move(path)),
      part_(PartOf(path_)),
      fd_(fd),
      replace_(replace) {}

NewFile::~NewFile() {
  if (!kept_) unlink(part_.c_str());
  close(fd_);
}

absl::Status NewFile::Append(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failure("written");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status NewFile::Keep() {
  if (fchmod(fd_, kPrivate) != 0) return Failure("kept private");
  if (fsync(fd_) != 0) return Failure("synced");
  // Unlike rename(), link() replaces nothing that has come meanwhile.
  if ((replace_ ? rename(part_.c_str(), path_.c_str())
                : link(part_.c_str(), path_.c_str())) != 0) {
    return Failure("named");
  }
  if (!replace_) unlink(part_.c_str());
  kept_ = true;
  return SyncFolderOf(path_) ? absl::OkStatus() : Failure("synced");
}

absl::Status NewFile::Failure(absl::string_view step) const {
  return FileError(path_,
                   absl::StrCat("cannot be ", step, ": ", strerror(errno)));
}

}  // namespace u2fi::cli
