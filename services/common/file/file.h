#ifndef U2FI_SERVICES_COMMON_FILE_FILE_H_
#define U2FI_SERVICES_COMMON_FILE_FILE_H_

#include <sys/types.h>

#include <cstddef>
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

// Makes the folder `path` and its missing parents, with `mode` for each that is
// made. FILE_UNAVAILABLE if that is impossible or something else is there.
absl::Status MakeFolder(const std::string& path, mode_t mode);

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_FILE_FILE_H_
