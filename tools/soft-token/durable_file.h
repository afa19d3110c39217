#ifndef U2FI_TOOLS_SOFT_TOKEN_DURABLE_FILE_H_
#define U2FI_TOOLS_SOFT_TOKEN_DURABLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::soft_token {

// Makes `content` the content of the file `path`, mode 0600. After a crash at
// any point the file has the old content or the new one; on return the new one
// is on the disk (fsync of file and folder). INTERNAL if that failed.
absl::Status WriteDurably(const std::string& path, absl::string_view content);

// The content of a file of at most 64 KiB that only its owner may read.
// NOT_FOUND (without a reason of ours) if there is none, INVALID_FIELD if it is
// too long, cannot be read, or others may read it.
absl::StatusOr<std::string> ReadPrivate(const std::string& path);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_DURABLE_FILE_H_
