#include <algorithm>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/account_edit.h"
#include "tools/u2fi/asker.h"
#include "tools/u2fi/batch_asker.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/duration_flag.h"
#include "tools/u2fi/id_token_flag.h"
#include "tools/u2fi/own_key.h"
#include "tools/u2fi/pins_edit.h"
#include "tools/u2fi/pins_text.h"
#include "tools/u2fi/plan_check.h"
#include "tools/u2fi/rule_text.h"
#include "tools/u2fi/usage_error.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::cli {
namespace {

constexpr char kEnrolOperation[] = "u2fi.enrol";
constexpr char kPinsOperation[] = "u2fi.pins";
constexpr char kUnbindOperation[] = "u2fi.unbind";
constexpr char kTokenOperation[] = "u2fi.token.";

struct Flags {
  Ask ask;
  std::string site;
  std::string token;
  std::string new_owner;
  std::string id_token_file;
  std::string approve_within;
  std::string execute_within;
  PinsEdit edit;
  AccountEdit account_edit;
  // Ask which operations are important.
  bool ask_what = false;
};

using FlagsPtr = std::shared_ptr<Flags>;

absl::Status CheckAccount(const Context& context) {
  if (!context.settings.account.empty()) return absl::OkStatus();
  return NoAccount();
}

// Fills in what is common to all that ask for a touch, and asks.
absl::Status AskFor(Context& context, Flags& flags, Mesh& mesh,
                    Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  Ask& ask = flags.ask;
  ask.account = context.settings.account;
  ASSIGN_OR_RETURN(ask.id_token, ReadIdToken(flags.id_token_file));
  RETURN_IF_ERROR(ParseDurationFlag("--approve-within", flags.approve_within,
                                    &ask.approve_within));
  RETURN_IF_ERROR(ParseDurationFlag("--execute-within", flags.execute_within,
                                    &ask.execute_within));
  return ask.also.empty()
             ? Asker(mesh, context.around.random, output).Run(ask)
             : BatchAsker(mesh, context.around.random, output).Run(ask);
}

// DEVICE may name several, with commas between them.
void SplitDevices(Ask& ask) {
  ask.also = absl::StrSplit(ask.device, ',');
  ask.device = ask.also.front();
  ask.also.erase(ask.also.begin());
}

absl::Status Enrol(Context& context, Flags& flags, Mesh& mesh, Output& output) {
  flags.ask.purpose = proof::v1::PURPOSE_ENROL;
  flags.ask.device = proof::AccountTarget(context.settings.account);
  flags.ask.operation = kEnrolOperation;
  return AskFor(context, flags, mesh, output);
}

// The argument names the act: suspend, resume, revoke or recover.
absl::Status ActOnToken(Context& context, Flags& flags, Mesh& mesh,
                        Output& output) {
  proof::v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id(
      std::string(absl::StripPrefix(flags.token, "tokens/")));
  RETURN_IF_ERROR(CheckAccount(context));
  RETURN_IF_ERROR(
      CheckOwnKey(context.settings.account, arguments.token_id(), mesh));
  flags.ask.purpose = proof::v1::PURPOSE_TOKEN;
  flags.ask.device = proof::AccountTarget(context.settings.account);
  flags.ask.operation = absl::StrCat(kTokenOperation, flags.ask.operation);
  flags.ask.message = proof::Encode(arguments);
  return AskFor(context, flags, mesh, output);
}

// Shows the account, or changes it.
absl::Status ActOnAccount(Context& context, Flags& flags, Mesh& mesh,
                          Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  registry::GetAccountRequest request;
  request.set_name(absl::StrCat("accounts/", context.settings.account));
  ASSIGN_OR_RETURN(const auto present, mesh.GetAccount(request));
  if (flags.account_edit.Empty()) {
    output.Show(present.account(), AccountText(present.account()));
    return absl::OkStatus();
  }
  if (flags.ask.gateway.empty()) {
    return UsageError("--gateway", "is missing: where will you touch?");
  }
  ASSIGN_OR_RETURN(const AccountChange change,
                   ChangeFor(flags.account_edit, present.account(), mesh));
  flags.ask.purpose = proof::v1::PURPOSE_TOKEN;
  flags.ask.device = proof::AccountTarget(context.settings.account);
  flags.ask.operation = change.operation;
  flags.ask.message = change.message;
  return AskFor(context, flags, mesh, output);
}

// The pin set of the one device of `plan`. Goes into what is asked for.
absl::StatusOr<proof::v1::PinSet> Planned(const registry::PlanPinsRequest& plan,
                                          Mesh& mesh, Ask& ask) {
  ASSIGN_OR_RETURN(const registry::PlanPinsResponse planned,
                   mesh.PlanPins(plan));
  if (planned.plans_size() != 1) {
    return Error(reason::kInternal, "the registry planned another number");
  }
  proof::v1::PinSet pins;
  if (!pins.ParseFromString(planned.plans(0).pin_set())) {
    return Error(reason::kPinSetFormat, "the planned pin set cannot be read");
  }
  RETURN_IF_ERROR(CheckPlan(plan, pins));
  ask.purpose = plan.purpose();
  ask.operation = kPinsOperation;
  ask.message = planned.plans(0).pin_set();
  ask.evidence = planned.evidence();
  return pins;
}

absl::Status AddWishes(const std::vector<std::string>& texts,
                       registry::PlanPinsRequest& plan) {
  for (const std::string& text : texts) {
    ASSIGN_OR_RETURN(const registry::ModelOperation parsed,
                     ParseOperation(text));
    proof::v1::OperationRule& wish = *plan.add_rules();
    wish.set_operation(parsed.operation());
    *wish.mutable_rule() = parsed.rule();
  }
  return absl::OkStatus();
}

// Asks the owner which of the operations that need nothing shall need a touch.
std::vector<std::string> AskWhatMatters(const Context& context,
                                        const proof::v1::PinSet& pins,
                                        Output& output) {
  std::string free;
  for (const proof::v1::OperationRule& rule : pins.rules()) {
    if (proof::RuleName(rule.rule()) == "free") {
      absl::StrAppend(&free, " ", rule.operation());
    }
  }
  if (free.empty()) return {};
  output.Say(absl::StrCat("free    ", proof::VisibleText(free),
                          "\nWhich of them are important and shall need a "
                          "touch? Names, or Enter for none:"));
  std::string line;
  std::getline(context.around.in, line);
  std::vector<std::string> wishes;
  for (const absl::string_view name :
       absl::StrSplit(line, absl::ByAnyChar(" ,\t"), absl::SkipEmpty())) {
    wishes.push_back(absl::StrCat(name, "=touch"));
  }
  return wishes;
}

absl::Status Provision(Context& context, Flags& flags, Mesh& mesh,
                       Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  registry::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PROVISION);
  plan.add_devices(flags.ask.device);
  plan.set_account(context.settings.account);
  plan.set_site(flags.site);
  plan.add_gateways(flags.ask.gateway);
  RETURN_IF_ERROR(AddWishes(flags.edit.rules, plan));
  ASSIGN_OR_RETURN(proof::v1::PinSet pins, Planned(plan, mesh, flags.ask));
  output.Say(PinsText(pins));
  if (flags.ask_what) {
    RETURN_IF_ERROR(AddWishes(AskWhatMatters(context, pins, output), plan));
    ASSIGN_OR_RETURN(pins, Planned(plan, mesh, flags.ask));
    output.Say(PinsText(pins));
  }
  return AskFor(context, flags, mesh, output);
}

// The plan that changes nothing: the present set, of a revision more.
absl::StatusOr<proof::v1::PinSet> Unchanged(Mesh& mesh, Ask& ask) {
  registry::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PINS);
  plan.add_devices(ask.device);
  return Planned(plan, mesh, ask);
}

absl::Status ChangePins(Context& context, Flags& flags, Mesh& mesh,
                        Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  ASSIGN_OR_RETURN(const proof::v1::PinSet present, Unchanged(mesh, flags.ask));
  ASSIGN_OR_RETURN(const registry::PlanPinsRequest plan,
                   PlanFor(flags.edit, present));
  ASSIGN_OR_RETURN(const proof::v1::PinSet pins,
                   Planned(plan, mesh, flags.ask));
  output.Say(PinsText(pins));
  return AskFor(context, flags, mesh, output);
}

// The new owner is asked at his own gateway, besides the one who gives.
absl::Status Transfer(Context& context, Flags& flags, Mesh& mesh,
                      Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  registry::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_TRANSFER);
  plan.add_devices(flags.ask.device);
  plan.set_account(flags.new_owner);
  plan.set_token_id(std::string(absl::StripPrefix(flags.token, "tokens/")));
  ASSIGN_OR_RETURN(const proof::v1::PinSet pins,
                   Planned(plan, mesh, flags.ask));
  output.Say(absl::StrCat("gives    ", pins.device(), " to ", pins.account()));
  output.Say(PinsText(pins));
  return AskFor(context, flags, mesh, output);
}

// The next set names the present one.
absl::Status Unbind(Context& context, Flags& flags, Mesh& mesh,
                    Output& output) {
  RETURN_IF_ERROR(CheckAccount(context));
  ASSIGN_OR_RETURN(const proof::v1::PinSet next, Unchanged(mesh, flags.ask));
  proof::v1::UnbindArguments arguments;
  arguments.set_format(1);
  arguments.set_pins_hash(next.previous());
  flags.ask.purpose = proof::v1::PURPOSE_UNBIND;
  flags.ask.operation = kUnbindOperation;
  flags.ask.message = proof::Encode(arguments);
  flags.ask.evidence.clear();
  return AskFor(context, flags, mesh, output);
}

using Act = absl::Status (*)(Context&, Flags&, Mesh&, Output&);

CLI::App* AddCommand(CLI::App& app, Context& context, const FlagsPtr& flags,
                     const char* name, const char* help, Act act) {
  return AddMeshCommand(app, context, name, help,
                        [&context, flags, act](Mesh& mesh, Output& output) {
                          return act(context, *flags, mesh, output);
                        });
}

void AddTimes(CLI::App* command, const FlagsPtr& flags) {
  command->add_option("--approve-within", flags->approve_within,
                      "time for the touch, 5s to 2m (60s)");
  command->add_option(
      "--execute-within", flags->execute_within,
      "time after that, at most 15m; provision 30m, transfer 7d, "
      "pins and unbind 30d (a tenth of that)");
  command->add_option("--request-id", flags->ask.request_id,
                      "32 hex digits, to repeat a request");
  command->add_option("--id-token-file", flags->id_token_file,
                      "the JWT of your sign-in, where the tenant wants one");
  command->add_flag("--validate-only", flags->ask.validate_only,
                    "check only: nobody is asked");
  command->add_flag("--no-wait", flags->ask.no_wait,
                    "end when the gate has taken it; see u2fi wait");
}

void AddKeys(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* enrol =
      AddCommand(app, context, flags, "enrol",
                 "let a key join the account: touch it twice", Enrol);
  enrol->add_option("--gateway", flags->ask.gateway, "where the key is")
      ->required();
  enrol->add_option("--label", flags->ask.label, "what you call the key");
  enrol->add_flag("--recovery", flags->ask.recovery,
                  "keep it for the day when the others are lost");
  AddTimes(enrol, flags);

  CLI::App* token = AddCommand(
      app, context, flags, "token",
      "change a key of the account: touch another one (suspend: any)",
      ActOnToken);
  token
      ->add_option("ACT", flags->ask.operation,
                   "suspend, resume, revoke; recover: touch the recovery key")
      ->required()
      ->check(CLI::IsMember({"suspend", "resume", "revoke", "recover"}));
  token->add_option("TOKEN", flags->token, "its id (u2fi tokens)")->required();
  token->add_option("--gateway", flags->ask.gateway, "where to touch")
      ->required();
  AddTimes(token, flags);
}

void AddAccount(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* account =
      AddCommand(app, context, flags, "account",
                 "show your account, or change where it approves and its rules",
                 ActOnAccount);
  AccountEdit& edit = flags->account_edit;
  account->add_option("--rule", edit.rules,
                      "OPERATION=RULE: important to you on every device; the "
                      "strictest rule wins");
  account->add_option("--drop-rule", edit.drop_rules,
                      "OPERATION: the account says nothing about it any more");
  account->add_option("--gateways", edit.gateways,
                      "the whole new list of gateways where it approves");
  account->add_option(
      "--gateway-key", edit.gateway_key,
      "GATEWAY: agree to the key that an operator named for it");
  account->add_option("--agree", edit.policy_change,
                      "policy, or models/MODEL: agree to the change that waits "
                      "(u2fi policy)");
  account->add_option("--gateway", flags->ask.gateway, "where to touch");
  AddTimes(account, flags);
}

void AddAsking(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* provision =
      AddCommand(app, context, flags, "provision",
                 "make a claimed device believe the account's keys", Provision);
  provision->add_option("DEVICE", flags->ask.device, "its id")->required();
  provision->add_option("--site", flags->site, "where it will be")->required();
  provision->add_option("--gateway", flags->ask.gateway, "which it will hear")
      ->required();
  provision->add_option("--rule", flags->edit.rules,
                        "OPERATION=RULE: it is more important to you than to "
                        "the maker");
  provision->add_flag("--ask", flags->ask_what,
                      "be asked which operations are important");
  AddTimes(provision, flags);

  CLI::App* run =
      AddCommand(app, context, flags, "run", "have a device do something",
                 [](Context& c, Flags& f, Mesh& m, Output& o) {
                   SplitDevices(f.ask);
                   if (!f.ask.break_glass_reason.empty()) {
                     f.ask.purpose = proof::v1::PURPOSE_BREAK_GLASS;
                   }
                   return AskFor(c, f, m, o);
                 });
  run->alias("submit");
  run->add_option("--break-glass", flags->ask.break_glass_reason,
                  "why: an emergency, two keys pinned for it, an alarm");
  run->add_option("DEVICE", flags->ask.device,
                  "its id; of several, a,b,c: one touch covers all")
      ->required();
  run->add_option("OPERATION", flags->ask.operation, "for example camera.on")
      ->required();
  run->add_option("JSON", flags->ask.json, "its arguments");
  run->add_option("--gateway", flags->ask.gateway,
                  "where to touch (the one that executes)");
  AddTimes(run, flags);
}

void AddBindingChanges(CLI::App& app, Context& context, const FlagsPtr& flags) {
  CLI::App* pins = AddCommand(
      app, context, flags, "pins",
      "change rules, keys and gateways that a device believes", ChangePins);
  pins->add_option("DEVICE", flags->ask.device, "its id")->required();
  pins->add_option("--rule", flags->edit.rules,
                   "OPERATION=RULE: free, touch, touch_uv, quorum, forbidden");
  pins->add_option("--drop-rule", flags->edit.drop_rules,
                   "OPERATION: the default rule is good enough again");
  pins->add_option("--key", flags->edit.keys,
                   "ACCOUNT/TOKEN=ROLES, for example bob/TOKEN=approver");
  pins->add_option("--drop-key", flags->edit.drop_keys,
                   "TOKEN: the device believes it no more");
  pins->add_option("--gateways", flags->edit.gateways, "the whole new list");
  pins->add_option("--gateway", flags->ask.gateway,
                   "where to touch (the one that executes)");
  AddTimes(pins, flags);

  CLI::App* transfer = AddCommand(
      app, context, flags, "transfer",
      "give a device to another account: both owners touch", Transfer);
  transfer->add_option("DEVICE", flags->ask.device, "its id")->required();
  transfer->add_option("--to", flags->new_owner, "the account that gets it")
      ->required();
  transfer->add_option("--token", flags->token,
                       "pin only this key of the new owner (u2fi tokens)");
  transfer->add_option("--gateway", flags->ask.gateway,
                       "where you touch (the one that executes)");
  AddTimes(transfer, flags);

  CLI::App* unbind = AddCommand(
      app, context, flags, "unbind",
      "make a device forget its owner: anybody may claim it then", Unbind);
  unbind->add_option("DEVICE", flags->ask.device, "its id")->required();
  unbind->add_option("--gateway", flags->ask.gateway,
                     "where to touch (the one that executes)");
  AddTimes(unbind, flags);
}

}  // namespace

void AddTouchCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  AddKeys(app, context, flags);
  AddAccount(app, context, flags);
  AddAsking(app, context, flags);
  AddBindingChanges(app, context, flags);
}

}  // namespace u2fi::cli
