#ifndef U2FI_TOOLS_U2FI_DURATION_FLAG_H_
#define U2FI_TOOLS_U2FI_DURATION_FLAG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {

// Longer is a slip, and no clock counts so far.
inline constexpr absl::Duration kLongest = absl::Hours(24 * 366);

// What somebody typed for `flag`, 1 ms to a year; without it `duration` stays.
// INVALID_FIELD.
inline absl::Status ParseDurationFlag(const char* flag, const std::string& text,
                                      absl::Duration* duration) {
  absl::Duration typed;
  if (text.empty()) return absl::OkStatus();
  if (!absl::ParseDuration(text, &typed)) {
    return UsageError(flag, "is no time; write 30s or 2m");
  }
  if (typed < absl::Milliseconds(1) || typed > kLongest) {
    return UsageError(flag, "is no time from 1ms to a year");
  }
  *duration = typed;
  return absl::OkStatus();
}

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_DURATION_FLAG_H_
