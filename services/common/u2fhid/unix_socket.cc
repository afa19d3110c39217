#include "services/common/u2fhid/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::u2fhid {
namespace {

constexpr int kBacklog = 16;

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.sun_path)) {
    return FieldError("socket", "a socket path has 1 to 107 bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::Status CannotListen(const std::string& path, absl::string_view problem) {
  return FieldError("socket",
                    absl::StrCat("cannot listen at ", path, ": ", problem));
}

bool IsSocket(const std::string& path) {
  struct stat about;
  return lstat(path.c_str(), &about) == 0 && S_ISSOCK(about.st_mode);
}

// Takes away what a process that died left at `path`.
absl::Status ClearPath(const std::string& path, int type) {
  if (access(path.c_str(), F_OK) != 0) return absl::OkStatus();
  if (!IsSocket(path)) return CannotListen(path, "it is not a socket");
  if (ConnectUnix(path, type).ok()) {
    return CannotListen(path, "another process listens there");
  }
  unlink(path.c_str());
  return absl::OkStatus();
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<UnixListener> UnixListener::Listen(const std::string& path,
                                                  int type) {
  ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  RETURN_IF_ERROR(ClearPath(path, type));
  FileDescriptor socket(
      ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Nobody can connect between bind() and listen(), so not before chmod().
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&address),
           sizeof(address)) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(socket.get(), kBacklog) != 0) {
    return CannotListen(path, std::strerror(errno));
  }
  return UnixListener(std::move(socket), path);
}

UnixListener::~UnixListener() {
  if (socket_.is_open()) unlink(path_.c_str());
}

FileDescriptor UnixListener::Accept() {
  return FileDescriptor(
      accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

absl::StatusOr<FileDescriptor> ConnectUnix(const std::string& path, int type) {
  ASSIGN_OR_RETURN(const sockaddr_un address, AddressOf(path));
  FileDescriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    return absl::UnavailableError(
        absl::StrCat("nobody answers at ", path, ": ", std::strerror(errno)));
  }
  return socket;
}

}  // namespace u2fi::u2fhid
