#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/records.h"

namespace u2fi::cli {
namespace {

constexpr size_t kMaxFile = 4 << 20;

// The values of the flags of these subcommands; only one of them runs.
struct Flags {
  std::string id;
  std::string owner;
  std::string name;
  std::string site;
  std::string file;
  std::string code;
  std::vector<std::string> operations;
  bool open = false;
  PolicyEdit policy;
};

using FlagsPtr = std::shared_ptr<Flags>;
using Act = std::function<absl::Status(Records&, const Flags&)>;

CLI::App* AddCommand(CLI::App& app, Context& context, const FlagsPtr& flags,
                     const char* name, const char* help, Act act) {
  return AddMeshCommand(
      app, context, name, help,
      [&context, flags, act = std::move(act)](Mesh& mesh, Output& output) {
        Records records(mesh, context.around.random, output);
        return act(records, *flags);
      });
}

// A file, or the standard input for "-".
absl::StatusOr<std::string> Contents(const Context& context,
                                     const std::string& file) {
  if (file != "-") return ReadFile(file, kMaxFile);
  std::string text(kMaxFile + 1, '\0');
  context.around.in.read(text.data(),
                         static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(context.around.in.gcount()));
  if (text.size() <= kMaxFile) return text;
  return Error(reason::kFileUnavailable,
               "the standard input has more than 4 MiB");
}

void AddAccountsAndSites(CLI::App& app, Context& context,
                         const FlagsPtr& flags) {
  CLI::App* account =
      AddCommand(app, context, flags, "create-account", "make an account",
                 [](Records& records, const Flags& f) {
                   return records.CreateAccount(f.id, f.name);
                 });
  account->add_option("ACCOUNT", flags->id, "its id")->required();
  account->add_option("--name", flags->name, "for people");
  CLI::App* site =
      AddCommand(app, context, flags, "create-site", "make a site",
                 [](Records& records, const Flags& f) {
                   return records.CreateSite(f.id, f.owner, f.name);
                 });
  site->add_option("SITE", flags->id, "its id")->required();
  site->add_option("--owner", flags->owner, "account that owns it")->required();
  site->add_option("--name", flags->name, "for people");
  CLI::App* gateway = AddCommand(
      app, context, flags, "create-gateway", "name a gateway's key",
      [&context](Records& records, const Flags& f) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string pem, Contents(context, f.file));
        return records.CreateGateway(f.id, f.site, pem);
      });
  gateway->add_option("GATEWAY", flags->id, "its id")->required();
  gateway->add_option("--site", flags->site, "where it is")->required();
  gateway
      ->add_option("--key", flags->file,
                   "PEM: the request of `gateway-agent init`, a certificate or "
                   "a public key")
      ->required();
}

void AddGatewayKey(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* replace = AddCommand(
      app, context, flags, "replace-gateway-key",
      "name another key for a gateway; its site's owner agrees by a touch",
      [&context](Records& records, const Flags& f) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string pem, Contents(context, f.file));
        return records.ReplaceGatewayKey(f.id, pem);
      });
  replace->add_option("GATEWAY", flags->id, "its id")->required();
  replace
      ->add_option("--key", flags->file,
                   "PEM: the request of `gateway-agent init` with a new "
                   "tls.key_file, a certificate or a public key")
      ->required();
}

void AddDevices(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* model =
      AddCommand(app, context, flags, "set-model",
                 "say what a model can do, and what each operation needs",
                 [](Records& records, const Flags& f) {
                   return records.SetModel(f.id, f.operations, f.open);
                 });
  model->add_option("MODEL", flags->id, "its id")->required();
  model
      ->add_option("OPERATION=RULE", flags->operations,
                   "rules: free, touch, touch_uv, quorum, forbidden")
      ->required();
  model->add_flag("--open", flags->open,
                  "pass on operations that are not listed, with a touch");
  CLI::App* import = AddCommand(
      app, context, flags, "import-devices", "take devices from a maker",
      [&context](Records& records, const Flags& f) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string lines, Contents(context, f.file));
        return records.ImportDevices(lines);
      });
  import
      ->add_option("FILE", flags->file,
                   "lines of `device-emulator identity`; -: standard input")
      ->required();
  CLI::App* claim = AddCommand(
      app, context, flags, "claim", "say that a blank device is one's own",
      [&context](Records& records, const Flags& f) {
        return records.Claim(f.id, context.settings.account, f.code);
      });
  claim->add_option("DEVICE", flags->id, "its id")->required();
  claim->add_option("--code", flags->code, "the printed code, if it has one");
}

void AddPolicy(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* policy =
      AddCommand(app, context, flags, "policy",
                 "show or change what the tenant asks for everywhere",
                 [](Records& records, const Flags& f) {
                   return f.policy.Empty() ? records.ShowPolicy()
                                           : records.ChangePolicy(f.policy);
                 });
  PolicyEdit& edit = flags->policy;
  policy->add_option("--rule", edit.rules,
                     "OPERATION=RULE: free, touch, touch_uv, quorum, "
                     "forbidden; the strictest rule wins");
  policy->add_option("--drop-rule", edit.drop_rules,
                     "OPERATION: the policy says nothing about it any more");
  policy
      ->add_option("--forbid-break-glass", edit.forbid_break_glass,
                   "true: no emergency goes round the rules")
      ->check(CLI::IsMember({"true", "false"}));
  policy
      ->add_option("--allow-self-approval", edit.allow_self_approval,
                   "true: in a quorum the requester counts as well")
      ->check(CLI::IsMember({"true", "false"}));
  policy->add_option("--guardians", edit.guardians,
                     "the whole new list of accounts that may agree to what "
                     "asks for less; without any, whoever owns a site");
}

void AddLists(CLI::App& app, Context& context, const FlagsPtr& flags) {
  AddCommand(app, context, flags, "devices", "list the account's devices",
             [&context](Records& records, const Flags&) {
               return records.Devices(context.settings.account);
             });
  AddCommand(app, context, flags, "tokens", "list the account's keys",
             [&context](Records& records, const Flags&) {
               return records.Tokens(context.settings.account);
             });
}

}  // namespace

void AddRecordCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  AddAccountsAndSites(app, context, flags);
  AddGatewayKey(app, context, flags);
  AddDevices(app, context, flags);
  AddPolicy(app, context, flags);
  AddLists(app, context, flags);
}

}  // namespace u2fi::cli
