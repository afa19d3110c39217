#include "services/common/file/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi {
namespace {

constexpr size_t kFirstRead = 4096;

absl::Status Failure(const std::string& path, absl::string_view step) {
  const std::string cause = std::strerror(errno);
  return Error(reason::kFileUnavailable,
               absl::StrCat("cannot ", step, " ", path, ": ", cause),
               {{"path", path}, {"cause", cause}});
}

// Closes its descriptor at the end of the scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  const int fd_;
};

absl::Status WriteAll(int fd, absl::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t written = write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failure(path, "write");
    data.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::Status SyncFolder(const std::string& folder) {
  Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok()) return Failure(folder, "open");
  if (fsync(fd.get()) != 0) return Failure(folder, "sync");
  return absl::OkStatus();
}

absl::Status WriteAndSync(const std::string& path, absl::string_view contents,
                          mode_t mode) {
  Descriptor fd(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
  if (!fd.ok()) return Failure(path, "create");
  if (fchmod(fd.get(), mode) != 0) return Failure(path, "set the mode of");
  RETURN_IF_ERROR(WriteAll(fd.get(), contents, path));
  if (fsync(fd.get()) != 0) return Failure(path, "sync");
  return absl::OkStatus();
}

}  // namespace

absl::Status WriteFileDurably(const std::string& path,
                              absl::string_view contents, mode_t mode) {
  const std::string fresh = path + ".new";
  absl::Status written = WriteAndSync(fresh, contents, mode);
  if (written.ok() && rename(fresh.c_str(), path.c_str()) != 0) {
    written = Failure(path, "replace");
  }
  if (!written.ok()) {
    unlink(fresh.c_str());
    return written;
  }
  return SyncFolder(FolderOf(path));
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size) {
  Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok() && errno == ENOENT) {
    return Error(reason::kFileNotFound, absl::StrCat("there is no ", path),
                 {{"path", path}});
  }
  if (!fd.ok()) return Failure(path, "open");
  // As large as the file turns out to be, not as the bound.
  std::string contents;
  size_t size = 0;
  while (size <= max_size) {
    if (size == contents.size()) {
      contents.resize(std::min(max_size + 1, kFirstRead + 2 * size));
    }
    const ssize_t got =
        read(fd.get(), contents.data() + size, contents.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failure(path, "read");
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > max_size) {
    errno = EFBIG;
    return Failure(path, "read");
  }
  contents.resize(size);
  return contents;
}

absl::Status MakeFolder(const std::string& path, mode_t mode) {
  for (size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    if (mkdir(parent.c_str(), mode) != 0 && errno != EEXIST) {
      return Failure(parent, "make the folder");
    }
  }
  if (mkdir(path.c_str(), mode) == 0) return absl::OkStatus();
  struct stat info;
  if (errno == EEXIST && stat(path.c_str(), &info) == 0) {
    if (S_ISDIR(info.st_mode)) return absl::OkStatus();
    errno = ENOTDIR;
  }
  return Failure(path, "make the folder");
}

FileVersion VersionOf(const std::string& path) {
  struct stat found;
  FileVersion version;
  if (stat(path.c_str(), &found) != 0) return version;
  version.device = found.st_dev;
  version.inode = found.st_ino;
  version.size = found.st_size;
  version.modified =
      int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
  return version;
}

}  // namespace u2fi
