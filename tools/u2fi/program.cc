#include "tools/u2fi/program.h"

#include <set>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/config/version.h"
#include "services/common/fido/utf8.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/error_text.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  export U2FI_GATE=localhost:7443 U2FI_IDENTITY=$PWD/certs/client/t1/app
  export U2FI_ACCOUNT=ann
  u2fi run cam-1 camera.on            asks; waits for the touch; exit 0 if done
  u2fi run bulb-1 bulb.set '{"brightness":40}'
  u2fi run cam-1,cam-2 camera.on      one touch for all
  u2fi run cam-1 camera.on --json     every state as a line of JSON
  u2fi run cam-1 camera.on --no-wait  and later: u2fi wait commands/ID
  u2fi cancel commands/ID
  u2fi devices                        and: u2fi tokens
  u2fi doctor                         what is missing, and what to do
  source <(u2fi completion bash)      Tab completes
An operator's, with U2FI_IDENTITY=$PWD/certs/operator/t1/olga:
  u2fi create-account ann --name 'Ann'
  u2fi create-site home --owner ann
  u2fi create-gateway g1 --site home --key gateway.csr
  u2fi replace-gateway-key g1 --key new.csr   its site's owner agrees, below
  u2fi gateways                       which there are, which are connected
  u2fi gateway suspend g1 --reason 'was stolen'   at once; its stream is cut
  u2fi set-model camera camera.on=touch device.identify=free
  device-emulator identity --state d --device cam-1=camera | u2fi import-devices -
  u2fi policy --rule door.open=quorum   for the whole tenant
  u2fi recovery start ann --reason 'key lost'  another operator approves it
  u2fi recovery approve RECOVERY        and: u2fi recovery list
  u2fi import-metadata blob.jwt         of the platform: operator/-/root
  u2fi audit export --out audit.jsonl   what was decided, with the raw touches
  u2fi audit verify audit.jsonl --anchor pins   offline, by anybody
And then the owner:
  u2fi claim cam-1
  u2fi enrol --gateway g1
  u2fi provision cam-1 --site home --gateway g1 --rule camera.off=touch
  u2fi token revoke TOKEN --gateway g1  with the touch of another key
  u2fi account                        and: u2fi account --rule lamp.on=touch
  u2fi account --gateway-key g1 --gateway g1   the key that an operator named
  u2fi account --agree policy --gateway g1     what u2fi policy says that waits
  u2fi pins cam-1 --rule camera.on=quorum --key bob/TOKEN=member
  u2fi transfer cam-1 --to bob          his from now on; both of you touch
  u2fi unbind cam-1                     it forgets its owner
Beside a service on SQLite, in its container or on its machine:
  u2fi backup /var/lib/u2fi/u2fi.db /backup/u2fi.db    it may run meanwhile
  u2fi restore /backup/u2fi.db /var/lib/u2fi/u2fi.db   it is stopped
Where services are on Redis or Valkey:
  u2fi backup redis://redis:6379 u2fi.rdb --password-file pw    they may run
  u2fi restore u2fi.rdb redis://redis:6379 --replace            they are stopped
Exit codes: 0 done, 1 refused or failed (the reason is on the standard error),
2 wrong command line.)";

void AddSettings(CLI::App& app, Settings& settings) {
  app.add_option("--gate", settings.gate, "address of the gate")
      ->envname("U2FI_GATE");
  app.add_option("--registry", settings.registry,
                 "of the registry, if it is another process")
      ->envname("U2FI_REGISTRY");
  app.add_option("--attestation", settings.attestation, "of the attestation")
      ->envname("U2FI_ATTESTATION");
  app.add_option("--challenge", settings.challenge, "of the challenge service")
      ->envname("U2FI_CHALLENGE");
  app.add_option("--identity", settings.identity,
                 "folder with tls.crt, tls.key, ca.crt: who calls")
      ->envname("U2FI_IDENTITY");
  app.add_option("--trust-domain", settings.trust_domain,
                 "of the deployment (u2fi.example)")
      ->envname("U2FI_TRUST_DOMAIN");
  app.add_option("--account", settings.account, "on whose behalf")
      ->envname("U2FI_ACCOUNT");
  app.add_flag("--json", settings.json, "one JSON object a line");
  app.add_option_function<std::string>(
         "-o,--output",
         [&settings](const std::string& form) {
           settings.json = form == "json";
         },
         "text, or json: the same as --json")
      ->check(CLI::IsMember({"text", "json"}));
}

// The lines of the examples that call `command` ("run", "audit export").
std::string ExamplesOf(const std::string& command) {
  std::string found;
  for (const absl::string_view line : absl::StrSplit(kExamples, '\n')) {
    if (absl::StrContains(absl::StrCat(line, " "),
                          absl::StrCat("u2fi ", command, " "))) {
      absl::StrAppend(&found, "\n", line);
    }
  }
  return found.empty() ? "" : absl::StrCat("Examples:", found);
}

// All examples at the top, each command's own behind it. After all commands
// were added, since they take the footer that is there.
void AddExamples(CLI::App& app, const std::string& name) {
  app.footer(name.empty() ? kExamples : ExamplesOf(name));
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    AddExamples(*command, absl::StrCat(name, name.empty() ? "" : " ",
                                       command->get_name()));
  }
}

// Refuses flags of commands whose value is empty, as a variable of a script may
// be: without the value most of them ask for something else. Names may be.
void RefuseEmptyValues(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands(nullptr)) {
    RefuseEmptyValues(*command);
    for (CLI::Option* option : command->get_options()) {
      const std::string name = option->get_single_name();
      if (option->get_positional() || option->get_items_expected_max() == 0 ||
          name == "name" || name == "label") {
        continue;
      }
      option->check([](const std::string& value) {
        return value.empty() ? std::string("has an empty value")
                             : std::string();
      });
    }
  }
}

// Also where the flags could not be understood.
bool WantsJson(int argc, const char* const* argv) {
  const std::set<std::string> forms = {"--json", "-ojson", "-o=json",
                                       "--output=json"};
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool named =
        word == "json" && (std::string(argv[i - 1]) == "-o" ||
                           std::string(argv[i - 1]) == "--output");
    if (named || forms.count(word) > 0) return true;
  }
  return false;
}

// What is wrong with the command line. CLI11 does not say which word is no
// command.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining(true);
  if (error.get_name() != "RequiredError" || rest.empty()) return error.what();
  return absl::StrCat("there is no ",
                      absl::StartsWith(rest[0], "-") ? "flag" : "command", " '",
                      rest[0], "'");
}

int ReportUsage(const CLI::App& app, const CLI::ParseError& error, bool json,
                std::ostream& err) {
  const std::string text = UsageText(app, error);
  if (json) {
    err << ErrorJson(absl::InvalidArgumentError(text)) << std::endl;
  } else {
    err << "u2fi: " << text << "\nRun with --help for more information."
        << std::endl;
  }
  return kExitUsage;
}

// What goes to the cloud is UTF-8; names of files need not be, elsewhere.
absl::Status CheckText(int argc, const char* const* argv,
                       const Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    if (!fido::IsUtf8(argv[i])) {
      return UsageError(absl::StrCat("argument ", i), "is not UTF-8");
    }
  }
  return fido::IsUtf8(settings.account)
             ? absl::OkStatus()
             : UsageError("U2FI_ACCOUNT", "is not UTF-8");
}

absl::Status Act(int argc, const char* const* argv, const Context& context,
                 Output& output) {
  if (context.offline != nullptr) return context.offline(output);
  RETURN_IF_ERROR(CheckText(argc, argv, context.settings));
  ASSIGN_OR_RETURN(Mesh* const mesh, context.around.connect(context.settings));
  return context.with_mesh(*mesh, output);
}

}  // namespace

int RunCommandLine(int argc, const char* const* argv,
                   const Surroundings& around) {
  Context context{around, {}, nullptr, nullptr};
  CLI::App app("Asks U2Fi for things, and says what became of them.", "u2fi");
  app.require_subcommand(1);
  app.set_version_flag("--version", config::Version());
  AddSettings(app, context.settings);
  AddTouchCommands(app, context);
  AddFollowCommands(app, context);
  AddRecordCommands(app, context);
  AddGatewayCommands(app, context);
  AddAttestationCommands(app, context);
  AddAuditCommands(app, context);
  AddStoreCommands(app, context);
  AddHelpCommands(app, context);
  AddExamples(app, "");
  RefuseEmptyValues(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return ReportUsage(app, error, WantsJson(argc, argv), around.err);
    }
    app.exit(error, around.out, around.err);
    context.offline = [](Output&) { return absl::OkStatus(); };
  }
  Output output(around.out, context.settings.json);
  absl::Status status = Act(argc, argv, context, output);
  // What nobody could read is no success.
  if (status.ok()) status = output.Written();
  if (status.ok()) return 0;
  around.err << (context.settings.json ? ErrorJson(status) : ErrorText(status))
             << std::endl;
  return IsUsageError(status) ? kExitUsage : kExitRefused;
}

}  // namespace u2fi::cli
