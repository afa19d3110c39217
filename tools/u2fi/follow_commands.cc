#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/account_check.h"
#include "tools/u2fi/asker.h"
#include "tools/u2fi/batch_asker.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/duration_flag.h"
#include "tools/u2fi/id_token_flag.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

constexpr absl::Duration kWatchFor = absl::Hours(24);

struct Flags {
  // As it was typed.
  std::string command;
  std::string watch_for;
  std::string id_token_file;
  bool full = false;
};

using FlagsPtr = std::shared_ptr<Flags>;

// "commands/x" for both "x" and "commands/x"; a batch has its own name.
std::string CommandName(const std::string& command) {
  return absl::StartsWith(command, "commands/") || IsBatchName(command)
             ? command
             : absl::StrCat("commands/", command);
}

absl::Status Cancel(const Context& context, const Flags& flags, Mesh& mesh,
                    Output& output) {
  gate::CancelCommandRequest request;
  request.set_name(CommandName(flags.command));
  request.set_on_behalf_of(context.settings.account);
  ASSIGN_OR_RETURN(*request.mutable_id_token(),
                   ReadIdToken(flags.id_token_file));
  ASSIGN_OR_RETURN(const gate::CancelCommandResponse response,
                   mesh.CancelCommand(request));
  if (response.has_batch()) {
    output.Batch(response.batch());
  } else {
    output.State(response.command());
  }
  return absl::OkStatus();
}

absl::Status Wait(const Context& context, const Flags& flags, Mesh& mesh,
                  Output& output) {
  const std::string name = CommandName(flags.command);
  return IsBatchName(name)
             ? BatchAsker(mesh, context.around.random, output).Wait(name)
             : Asker(mesh, context.around.random, output).Wait(name);
}

absl::Status GetBatch(const std::string& name, Mesh& mesh, Output& output) {
  gate::GetBatchRequest request;
  request.set_name(name);
  ASSIGN_OR_RETURN(const gate::GetBatchResponse response,
                   mesh.GetBatch(request));
  const gate::BatchRecord& batch = response.batch();
  output.Show(batch, proof::VisibleText(absl::StrCat(
                         batch.size(), " commands  ", BatchText(batch),
                         "  asked by ", batch.requester())));
  return absl::OkStatus();
}

absl::Status Get(const Context&, const Flags& flags, Mesh& mesh,
                 Output& output) {
  if (IsBatchName(flags.command)) return GetBatch(flags.command, mesh, output);
  gate::GetCommandRequest request;
  request.set_name(CommandName(flags.command));
  request.set_view(flags.full ? gate::COMMAND_VIEW_FULL
                              : gate::COMMAND_VIEW_BASIC);
  ASSIGN_OR_RETURN(const gate::GetCommandResponse response,
                   mesh.GetCommand(request));
  const gate::CommandRecord& command = response.command();
  output.Show(command,
              proof::VisibleText(absl::StrCat(
                  command.operation(), " on ", command.device(), "  ",
                  StateText(command), "  asked by ", command.requester())));
  return absl::OkStatus();
}

absl::Status Watch(const Context&, const Flags& flags, Mesh& mesh,
                   Output& output) {
  gate::WatchCommandRequest request;
  request.set_name(CommandName(flags.command));
  bool ended = false;
  const absl::Status status = mesh.WatchCommand(
      request, kWatchFor,
      [&output, &ended](const gate::WatchCommandResponse& now) {
        ended = now.has_batch() ? AllFinal(now.batch())
                                : IsFinal(now.command().state());
        if (!now.has_batch()) {
          output.State(now.command());
        } else if (now.has_command()) {
          output.Item(now.command());
        } else {
          output.Batch(now.batch());
        }
        return output.Written();
      });
  return status.ok() && !ended ? StillGoing(request.name(), status) : status;
}

absl::Status Approvals(const Context& context, const Flags& flags, Mesh& mesh,
                       Output& output) {
  gate::WatchApprovalsRequest request;
  request.set_account(context.settings.account);
  if (request.account().empty()) {
    return NoAccount();
  }
  absl::Duration watch_for = kWatchFor;
  RETURN_IF_ERROR(ParseDurationFlag("--for", flags.watch_for, &watch_for));
  RETURN_IF_ERROR(CheckAccountIsThere(mesh, request.account()));
  const absl::Status status = mesh.WatchApprovals(
      request, watch_for, [&output](const gate::WatchApprovalsResponse& now) {
        output.Show(now, proof::VisibleText(ApprovalText(now.approval())));
        return output.Written();
      });
  return IsReason(status, reason::kDeadlineExceeded) ? absl::OkStatus()
                                                     : status;
}

using Act = absl::Status (*)(const Context&, const Flags&, Mesh&, Output&);

CLI::App* AddCommand(CLI::App& app, Context& context, const FlagsPtr& flags,
                     const char* name, const char* help, Act act) {
  return AddMeshCommand(app, context, name, help,
                        [&context, flags, act](Mesh& mesh, Output& output) {
                          return act(context, *flags, mesh, output);
                        });
}

}  // namespace

void AddFollowCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* cancel =
      AddCommand(app, context, flags, "cancel",
                 "end a command that nobody approved yet", Cancel);
  cancel->add_option("--id-token-file", flags->id_token_file,
                     "the JWT of your sign-in, where the tenant wants one");
  CLI::App* get = AddCommand(app, context, flags, "get", "show a command", Get);
  get->add_flag("--full", flags->full,
                "with the command's bytes, result and proof (see --json)");
  CLI::App* watch = AddCommand(app, context, flags, "watch",
                               "follow a command to its end", Watch);
  CLI::App* wait = AddCommand(app, context, flags, "wait",
                              "the same; exit 0 only if it was done", Wait);
  for (CLI::App* command : {cancel, get, watch, wait}) {
    command->add_option("COMMAND", flags->command, "commands/ID or batches/ID")
        ->required();
  }
  AddCommand(app, context, flags, "approvals",
             "follow what waits for a touch of the account", Approvals)
      ->add_option("--for", flags->watch_for, "how long (24h)");
}

}  // namespace u2fi::cli
