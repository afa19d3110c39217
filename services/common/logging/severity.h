#ifndef U2FI_SERVICES_COMMON_LOGGING_SEVERITY_H_
#define U2FI_SERVICES_COMMON_LOGGING_SEVERITY_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace u2fi::logging {

// How much a line matters. kWarning: somebody should look; kError: something
// of ours failed.
enum class Severity { kDebug, kInfo, kWarning, kError };

// "DEBUG", "INFO", "WARNING", "ERROR".
inline absl::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kError:
      break;
  }
  return "ERROR";
}

// The severity of a configuration's word: "debug", "info", "warning", "error".
inline absl::optional<Severity> ParseSeverity(absl::string_view word) {
  if (word == "debug") return Severity::kDebug;
  if (word == "info") return Severity::kInfo;
  if (word == "warning") return Severity::kWarning;
  if (word == "error") return Severity::kError;
  return absl::nullopt;
}

}  // namespace u2fi::logging

#endif  // U2FI_SERVICES_COMMON_LOGGING_SEVERITY_H_
