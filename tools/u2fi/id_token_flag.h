#ifndef U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_
#define U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_

#include <algorithm>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {

// The JWT in the file that --id-token-file names, without white space around
// it; empty if the flag is. The errors of ReadFile(), for at most 8 KiB;
// UsageError() if it holds anything that no JWT has.
inline absl::StatusOr<std::string> ReadIdToken(const std::string& file) {
  constexpr size_t kMaxIdToken = size_t{8} << 10;
  if (file.empty()) return std::string();
  ASSIGN_OR_RETURN(const std::string text, ReadFile(file, kMaxIdToken));
  std::string token(absl::StripAsciiWhitespace(text));
  if (!std::all_of(token.begin(), token.end(), absl::ascii_isgraph)) {
    return UsageError("--id-token-file", "holds no JWT");
  }
  return token;
}

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ID_TOKEN_FLAG_H_
