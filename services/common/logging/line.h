#ifndef U2FI_SERVICES_COMMON_LOGGING_LINE_H_
#define U2FI_SERVICES_COMMON_LOGGING_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/logging/context.h"
#include "services/common/logging/field.h"
#include "services/common/logging/severity.h"

namespace u2fi::logging {

// Longest message and longest text of a field, in bytes; what is longer is cut
// and ends in "...".
inline constexpr size_t kMaxText = 2048;
// Fields beyond this many are dropped, and `dropped_fields` counts them.
inline constexpr size_t kMaxFields = 32;

// All that one line says.
struct Line {
  absl::Time time;
  Severity severity = Severity::kInfo;
  absl::string_view message;
  absl::string_view service;
  absl::string_view version;
  // May be nullptr.
  const Context* context = nullptr;
  const Fields* fields = nullptr;
};

// One JSON object without a line break: ts (RFC 3339, UTC, nanoseconds),
// severity, msg, service, version, then the context's members, then the
// fields in their order. A field named like one of the first five, or like an
// earlier one, gets "field_" before its name until it is unlike. Bytes that
// are not UTF-8 become U+FFFD.
std::string ToJson(const Line& line);

// The same for people: time of day, severity, message, name=value. Control
// characters are escaped, so that nobody forges a line.
std::string ToText(const Line& line);

}  // namespace u2fi::logging

#endif  // U2FI_SERVICES_COMMON_LOGGING_LINE_H_
