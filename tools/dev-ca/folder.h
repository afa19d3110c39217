#ifndef U2FI_TOOLS_DEV_CA_FOLDER_H_
#define U2FI_TOOLS_DEV_CA_FOLDER_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/random/random_source.h"

namespace u2fi::dev_ca {

// The names of the files that make an identity.
inline constexpr char kCertificateFile[] = "tls.crt";
inline constexpr char kKeyFile[] = "tls.key";
inline constexpr char kRootsFile[] = "ca.crt";

// Makes `link` a folder with exactly `files` (name → contents), in one step: a
// reader sees all old files or all new ones. The folder itself is a hidden one
// beside `link`, which is a symbolic link to it, as in a Kubernetes secret; the
// former one is removed. Files whose name ends in ".key" are for the owner
// only. Parents are made. UNAVAILABLE if the disk refuses.
absl::Status ReplaceFolder(const std::string& link,
                           const std::map<std::string, std::string>& files,
                           RandomSource& random);

// Writes `text` to `path`, readable by the owner only, in one step.
absl::Status WriteSecret(const std::string& path, const std::string& text);

absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace u2fi::dev_ca

#endif  // U2FI_TOOLS_DEV_CA_FOLDER_H_
