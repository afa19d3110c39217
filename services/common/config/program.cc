#include "services/common/config/program.h"

#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "services/common/config/document.h"
#include "services/common/config/signals.h"
#include "services/common/config/version.h"
#include "services/common/file/file.h"
#include "services/common/logging/logging.h"
#include "services/common/status/status_macros.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kPrefix[] = "U2FI__";

// What the command line says.
struct Flags {
  std::string file;
  std::vector<std::string> sets;
  // Of the fields at the top, by name.
  std::map<std::string, std::string> fields;
  bool check = false;
  bool print = false;
};

bool IsPlain(const FieldDescriptor& field) {
  return !field.is_repeated() &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
}

void AddFlags(CLI::App& app, const Message& config, Flags& flags) {
  app.set_help_flag("--help", "Show this and exit.");
  app.set_version_flag("--version",
                       absl::StrCat(app.get_name(), " ", Version()));
  app.add_option("--config", flags.file, "Configuration file, JSON.");
  app.add_option("--set", flags.sets,
                 "KEY=VALUE, for example listen.address=:7443. May repeat.");
  app.add_flag("--check_config", flags.check,
               "Check the configuration and exit with 0 or 2.");
  app.add_flag("--print_config", flags.print,
               "Print the configuration, secrets masked, and exit.");
  const google::protobuf::Descriptor& type = *config.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsPlain(field)) continue;
    app.add_option_function<std::string>(
        absl::StrCat("--", field.name()),
        [&flags, name = field.name()](const std::string& value) {
          flags.fields[name] = value;
        },
        absl::StrCat("Same as --set ", field.name(), "=VALUE."));
  }
}

absl::Status AddFile(const std::string& path, Document& document) {
  constexpr size_t kMaxFile = size_t{4} << 20;
  const auto text = ReadFile(path, kMaxFile);
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  }
  absl::Status status = document.AddJson(*text);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", status.message()));
}

absl::Status AddEnvironment(
    const std::map<std::string, std::string>& environment, Document& document) {
  for (const auto& [name, value] : environment) {
    absl::string_view rest = name;
    if (!absl::ConsumePrefix(&rest, kPrefix)) continue;
    const std::string path =
        absl::StrReplaceAll(absl::AsciiStrToLower(rest), {{"__", "."}});
    RETURN_IF_ERROR(document.Set(path, value));
  }
  return absl::OkStatus();
}

absl::Status AddSets(const Flags& flags, Document& document) {
  for (const auto& [name, value] : flags.fields) {
    RETURN_IF_ERROR(document.Set(name, value));
  }
  for (const std::string& set : flags.sets) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(set, absl::MaxSplits('=', 1));
    RETURN_IF_ERROR(document.Set(parts.first, parts.second));
  }
  return absl::OkStatus();
}

absl::Status Fill(const Flags& flags,
                  const std::map<std::string, std::string>& environment,
                  Message& config) {
  Document document(*config.GetDescriptor());
  if (!flags.file.empty()) RETURN_IF_ERROR(AddFile(flags.file, document));
  RETURN_IF_ERROR(AddEnvironment(environment, document));
  RETURN_IF_ERROR(AddSets(flags, document));
  return document.To(config);
}

logging::Severity SeverityOf(v1::LogLevel level) {
  switch (level) {
    case v1::LOG_LEVEL_DEBUG:
      return logging::Severity::kDebug;
    case v1::LOG_LEVEL_WARNING:
      return logging::Severity::kWarning;
    case v1::LOG_LEVEL_ERROR:
      return logging::Severity::kError;
    default:
      return logging::Severity::kInfo;
  }
}

logging::Format FormatOf(v1::LogFormat format) {
  switch (format) {
    case v1::LOG_FORMAT_JSON:
      return logging::Format::kJson;
    case v1::LOG_FORMAT_TEXT:
      return logging::Format::kText;
    default:
      return logging::Format::kAuto;
  }
}

void StartLog(const About& about, const Message& config) {
  v1::LogConfig log;
  const FieldDescriptor* field = config.GetDescriptor()->FindFieldByName("log");
  if (field != nullptr && field->message_type() == log.GetDescriptor()) {
    log.CopyFrom(config.GetReflection()->GetMessage(config, field));
  }
  logging::Start(
      {about.name, Version(), SeverityOf(log.level()), FormatOf(log.format())});
}

int Fail(const About& about, const absl::Status& status) {
  for (absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    std::cerr << about.name << ": " << line << "\n";
  }
  return kExitUsage;
}

}  // namespace

int RunProgram(const About& about, Message& config,
               const std::function<absl::Status()>& validate,
               const std::function<absl::Status()>& run, int argc,
               const char* const* argv,
               const std::map<std::string, std::string>& environment) {
  CLI::App app(about.summary, about.name);
  app.footer(absl::StrCat("Examples:\n", about.examples));
  Flags flags;
  AddFlags(app, config, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }
  absl::Status status = Fill(flags, environment, config);
  if (status.ok()) status = validate();
  if (!status.ok()) return Fail(about, status);
  if (flags.print) std::cout << ToMaskedJson(config) << "\n";
  if (flags.check) std::cout << "the configuration is good\n";
  if (flags.print || flags.check) return 0;
  BlockSignals();
  // gRPC's locks: the packaged Abseil looks for cycles at every one (3 % of a
  // busy gate's time). Ours are std::mutex under clang's annotations.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  StartLog(about, config);
  status = run();
  if (status.ok()) return 0;
  if (about.interactive) {
    std::cerr << about.name << ": " << status.message() << "\n";
  } else {
    logging::Error("the program failed", {{"cause", status.ToString()}});
  }
  return kExitFailed;
}

void EndProcess(int code) {
  std::cout.flush();
  std::cerr.flush();
  std::_Exit(code);
}

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(*entry, absl::MaxSplits('=', 1));
    environment.insert(parts);
  }
  return environment;
}

}  // namespace u2fi::config
