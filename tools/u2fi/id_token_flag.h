#ifndef U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_
#define U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {

// The JWT in the file that --id-token-file names, without white space around
// it; empty if the flag is. The errors of ReadFile(), for at most 8 KiB.
inline absl::StatusOr<std::string> ReadIdToken(const std::string& file) {
  constexpr size_t kMaxIdToken = size_t{8} << 10;
  if (file.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxIdToken));
  return std::string(absl::StripAsciiWhitespace(text));
}

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_
