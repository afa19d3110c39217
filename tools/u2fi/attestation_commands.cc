#include <istream>
#include <memory>
#include <string>

#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/metadata_import.h"
#include "tools/u2fi/recoveries.h"

namespace u2fi::cli {
namespace {

struct Flags {
  std::string file;
  bool validate_only = false;
  std::string account;
  std::string recovery;
  std::string reason;
  std::string request_id;
};

using FlagsPtr = std::shared_ptr<Flags>;

void AddImport(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* import = AddMeshCommand(
      app, context, "import-metadata",
      "take the BLOB of the FIDO Metadata Service; keys of models that it "
      "calls bad are suspended",
      [flags](Mesh& mesh, Output& output) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string text,
                         ReadFile(flags->file, kMaxMetadataFile));
        return ImportMetadata(mesh, text, flags->validate_only, output);
      });
  import->add_option("FILE", flags->file, "as mds3.fidoalliance.org gives it")
      ->required();
  import->add_flag("--validate-only", flags->validate_only,
                   "change nothing, say which keys it would suspend");
}

CLI::App* AddAct(CLI::App& app, Context& context, const char* name,
                 const char* help,
                 std::function<absl::Status(Recoveries&)> act) {
  return AddMeshCommand(
      app, context, name, help,
      [&context, act = std::move(act)](Mesh& mesh, Output& output) {
        Recoveries recoveries(mesh, context.around.random, output);
        return act(recoveries);
      });
}

void AddStart(CLI::App& recovery, Context& context, const FlagsPtr& flags) {
  CLI::App* start =
      AddAct(recovery, context, "start", "ask for one",
             [flags](Recoveries& recoveries) {
               return recoveries.Start(flags->account, flags->reason,
                                       flags->request_id);
             });
  start->add_option("ACCOUNT", flags->account, "whose only key is lost")
      ->required();
  start->add_option("--reason", flags->reason, "why; the account hears it")
      ->required();
  start->add_option("--request-id", flags->request_id,
                    "repeats that request and does nothing twice");
}

void AddRecovery(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* recovery = app.add_subcommand(
      "recovery", "let a new key in where the only one is lost");
  recovery->fallthrough();
  recovery->require_subcommand(1);
  AddStart(*recovery, context, flags);
  AddAct(*recovery, context, "approve", "agree, as another operator",
         [flags](Recoveries& recoveries) {
           return recoveries.Approve(flags->recovery);
         })
      ->add_option("RECOVERY", flags->recovery, "its name")
      ->required();
  AddAct(*recovery, context, "cancel",
         "stop one; the account's clients may too",
         [flags](Recoveries& recoveries) {
           return recoveries.Cancel(flags->recovery);
         })
      ->add_option("RECOVERY", flags->recovery, "its name")
      ->required();
  AddAct(*recovery, context, "list",
         "list them, of --account or (an operator) of all",
         [&context](Recoveries& recoveries) {
           return recoveries.List(context.settings.account);
         });
}

}  // namespace

void AddAttestationCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  AddImport(app, context, flags);
  AddRecovery(app, context, flags);
}

}  // namespace u2fi::cli
