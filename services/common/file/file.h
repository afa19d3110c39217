#ifndef U2FI_SERVICES_COMMON_FILE_FILE_H_
#define U2FI_SERVICES_COMMON_FILE_FILE_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi {

// Small files that must survive a crash: keys, configuration, state. All of
// these block on the disk.

// Replaces `path` by `contents`: after a crash at any moment the file holds
// the old contents or the new ones, and after an OK the new ones. Writes
// `path`.new, fsyncs it, renames it and fsyncs the folder. The file gets `mode`
// whatever the umask is. FILE_UNAVAILABLE names the path and the cause; the
// old file is then still there.
absl::Status WriteFileDurably(const std::string& path,
                              absl::string_view contents, mode_t mode);

// The whole of `path`. NOT_FOUND (FILE_NOT_FOUND) if there is none,
// FILE_UNAVAILABLE if it cannot be read or is longer than `max_size` bytes.
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t max_size);

// What changes when a file is replaced or written: enough to know when to read
// it again. All zero for what cannot be looked at.
struct FileVersion {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t size = 0;
  // Nanoseconds since 1970.
  int64_t modified = 0;

  friend bool operator==(const FileVersion& a, const FileVersion& b) {
    return a.device == b.device && a.inode == b.inode && a.size == b.size &&
           a.modified == b.modified;
  }
  friend bool operator!=(const FileVersion& a, const FileVersion& b) {
    return !(a == b);
  }
};
FileVersion VersionOf(const std::string& path);

// Makes the folder `path` and its missing parents, with `mode` for each that is
// made. FILE_UNAVAILABLE if that is impossible or something else is there.
absl::Status MakeFolder(const std::string& path, mode_t mode);

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_FILE_FILE_H_
