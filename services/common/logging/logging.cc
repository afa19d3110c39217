#include "services/common/logging/logging.h"

#include <unistd.h>

#include <memory>

#include "services/common/logging/line.h"
#include "services/common/time/clock.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace u2fi::logging {
namespace {

spdlog::level::level_enum SpdLevel(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return spdlog::level::debug;
    case Severity::kInfo:
      return spdlog::level::info;
    case Severity::kWarning:
      return spdlog::level::warn;
    case Severity::kError:
      break;
  }
  return spdlog::level::err;
}

// The process's log. Never destroyed: threads may log until the very end.
struct ProcessLog {
  ProcessLog()
      : logger("u2fi", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    logger.set_pattern("%v");
    logger.flush_on(spdlog::level::trace);
  }
  spdlog::logger logger;
  Options options;
  bool text = isatty(STDERR_FILENO) == 1;
};

ProcessLog& Process() {
  static ProcessLog& process = *new ProcessLog;
  return process;
}

}  // namespace

void Start(const Options& options) {
  ProcessLog& process = Process();
  process.options = options;
  if (options.format != Format::kAuto) {
    process.text = options.format == Format::kText;
  }
  SetLevel(options.level);
}

void SetLevel(Severity level) { Process().logger.set_level(SpdLevel(level)); }

Severity Level() {
  switch (Process().logger.level()) {
    case spdlog::level::debug:
      return Severity::kDebug;
    case spdlog::level::info:
      return Severity::kInfo;
    case spdlog::level::warn:
      return Severity::kWarning;
    default:
      return Severity::kError;
  }
}

void Log(Severity severity, absl::string_view message, const Fields& fields) {
  ProcessLog& process = Process();
  const spdlog::level::level_enum level = SpdLevel(severity);
  if (!process.logger.should_log(level)) return;
  Line line;
  line.time = SystemClock().Now();
  line.severity = severity;
  line.message = message;
  line.service = process.options.service;
  line.version = process.options.version;
  line.context = CurrentContext();
  line.fields = &fields;
  const std::string text = process.text ? ToText(line) : ToJson(line);
  process.logger.log(level, spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace u2fi::logging
