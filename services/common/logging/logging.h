#ifndef U2FI_SERVICES_COMMON_LOGGING_LOGGING_H_
#define U2FI_SERVICES_COMMON_LOGGING_LOGGING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/common/logging/context.h"
#include "services/common/logging/field.h"
#include "services/common/logging/severity.h"

namespace u2fi::logging {

// How lines look.
enum class Format {
  kAuto,  // kText if stderr is a terminal, else kJson
  kJson,
  kText,
};

// What is the same for all lines of a process.
struct Options {
  // Name of the program, for example "challenge".
  std::string service;
  // As --version shows it.
  std::string version;
  // Lines below it are dropped.
  Severity level = Severity::kInfo;
  Format format = Format::kAuto;
};

// Sets up the process's log, which goes to stderr, one line an event. Once, in
// main(), before other threads log. Without it lines have no service.
void Start(const Options& options);

// Lines below `level` are dropped from now on. Thread-safe.
void SetLevel(Severity level);
Severity Level();

// Writes one line: `message` is a constant sentence, what varies goes into
// `fields`. The thread's context (context.h) is added. Thread-safe; blocks
// while stderr does. Never fails.
//   logging::Info("challenge issued", {{"tenant", tenant}, {"count", 3}});
void Log(Severity severity, absl::string_view message, const Fields& fields);

// What matters only while looking for a fault.
inline void Debug(absl::string_view message, const Fields& fields = {}) {
  Log(Severity::kDebug, message, fields);
}
// What happens.
inline void Info(absl::string_view message, const Fields& fields = {}) {
  Log(Severity::kInfo, message, fields);
}
// What should not happen, and somebody should look at.
inline void Warning(absl::string_view message, const Fields& fields = {}) {
  Log(Severity::kWarning, message, fields);
}
// A fault of ours.
inline void Error(absl::string_view message, const Fields& fields = {}) {
  Log(Severity::kError, message, fields);
}

}  // namespace u2fi::logging

#endif  // U2FI_SERVICES_COMMON_LOGGING_LOGGING_H_
