#ifndef U2FI_TOOLS_U2FI_DURATION_FLAG_H_
#define U2FI_TOOLS_U2FI_DURATION_FLAG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {

// What somebody typed for `flag`; without it `duration` stays. INVALID_FIELD.
inline absl::Status ParseDurationFlag(const char* flag, const std::string& text,
                                      absl::Duration* duration) {
  if (text.empty() || absl::ParseDuration(text, duration)) {
    return absl::OkStatus();
  }
  return UsageError(flag, "is no time; write 30s or 2m");
}

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_DURATION_FLAG_H_
