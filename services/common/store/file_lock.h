#ifndef U2FI_SERVICES_COMMON_STORE_FILE_LOCK_H_
#define U2FI_SERVICES_COMMON_STORE_FILE_LOCK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace u2fi::store {

// Keeps a second process, or a second opener in this one, from a database. The
// kernel gives the lock back when the process ends, however it ends.
class FileLock {
 public:
  // Makes the file `path` (mode 0600) if need be. STORE_IN_USE if somebody
  // else holds it, STORE_MISCONFIGURED if it cannot be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(
      const std::string& path);

  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_FILE_LOCK_H_
