#ifndef U2FI_SERVICES_COMMON_U2FHID_UNIX_SOCKET_H_
#define U2FI_SERVICES_COMMON_U2FHID_UNIX_SOCKET_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace u2fi::u2fhid {

// An open file, closed with the object.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Takes over `fd`; -1 stands for none.
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// A socket that listens at a path and takes the path away with it.
class UnixListener {
 public:
  // Listens at `path` with a socket of `type` (SOCK_STREAM, SOCK_SEQPACKET)
  // that only this user may connect to. Replaces the socket of a process that
  // died; INVALID_FIELD if one still listens there, if something else is there,
  // or if `path` does not fit a socket address (107 bytes).
  static absl::StatusOr<UnixListener> Listen(const std::string& path, int type);

  UnixListener(UnixListener&&) = default;
  ~UnixListener();

  // The next connection, non-blocking and not inherited; not open if none
  // waits.
  FileDescriptor Accept();

  // For poll(); stays owned by this object.
  int fd() const { return socket_.get(); }

 private:
  UnixListener(FileDescriptor socket, std::string path)
      : socket_(std::move(socket)), path_(std::move(path)) {}

  FileDescriptor socket_;
  std::string path_;
};

// A socket connected to the listener at `path`. UNAVAILABLE if there is none,
// INVALID_FIELD if `path` does not fit a socket address.
absl::StatusOr<FileDescriptor> ConnectUnix(const std::string& path, int type);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_UNIX_SOCKET_H_
