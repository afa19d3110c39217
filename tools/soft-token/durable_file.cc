#include "tools/soft-token/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/u2fhid/unix_socket.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;

constexpr size_t kMaxSize = 64 * 1024;

absl::Status CannotWrite(const std::string& path) {
  return Error(reason::kInternal,
               absl::StrCat("cannot write ", path, ": ", std::strerror(errno)));
}

bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

bool SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const FileDescriptor fd(
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.is_open() && fsync(fd.get()) == 0;
}

absl::Status CannotRead(const std::string& path, absl::string_view problem) {
  return FieldError("state", absl::StrCat(path, ": ", problem));
}

}  // namespace

absl::Status WriteDurably(const std::string& path, absl::string_view content) {
  const std::string fresh = path + ".new";
  unlink(fresh.c_str());  // What a crash left, whoever may read it.
  const FileDescriptor fd(
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.is_open() || !WriteAll(fd.get(), content) || fsync(fd.get()) != 0 ||
      rename(fresh.c_str(), path.c_str()) != 0 || !SyncFolderOf(path)) {
    return CannotWrite(path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadPrivate(const std::string& path) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open() && errno == ENOENT) return absl::NotFoundError(path);
  struct stat about;
  if (!fd.is_open() || fstat(fd.get(), &about) != 0) {
    return CannotRead(path, std::strerror(errno));
  }
  if ((about.st_mode & 077) != 0) {
    return CannotRead(path, "others may read it; chmod 600 it");
  }
  std::string content(kMaxSize + 1, '\0');
  const ssize_t size = read(fd.get(), &content[0], content.size());
  if (size < 0) return CannotRead(path, std::strerror(errno));
  if (static_cast<size_t>(size) > kMaxSize) return CannotRead(path, "too long");
  content.resize(static_cast<size_t>(size));
  return content;
}

}  // namespace u2fi::soft_token
