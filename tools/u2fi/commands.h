#ifndef U2FI_TOOLS_U2FI_COMMANDS_H_
#define U2FI_TOOLS_U2FI_COMMANDS_H_

#include <functional>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "tools/u2fi/output.h"
#include "tools/u2fi/program.h"

namespace u2fi::cli {

// What the chosen subcommand has to do, and with what.
struct Context {
  const Surroundings& around;
  Settings settings;
  // Set by the subcommand's callback.
  std::function<absl::Status(Mesh&, Output&)> with_mesh;
  std::function<absl::Status(Output&)> offline;
};

// A subcommand that calls `act` with the mesh.
inline CLI::App* AddMeshCommand(
    CLI::App& app, Context& context, const char* name, const char* help,
    std::function<absl::Status(Mesh&, Output&)> act) {
  CLI::App* const command = app.add_subcommand(name, help);
  command->fallthrough();
  command->callback(
      [&context, act = std::move(act)] { context.with_mesh = act; });
  return command;
}

// Each adds subcommands to `app`. `context` must outlive the parsing; the
// values of flags live in the callbacks.

// create-account, create-site, create-gateway, set-model, import-devices,
// claim, policy, devices, tokens.
void AddRecordCommands(CLI::App& app, Context& context);
// gateways, gateway.
void AddGatewayCommands(CLI::App& app, Context& context);
// import-metadata, recovery.
void AddAttestationCommands(CLI::App& app, Context& context);
// enrol, token, account, provision, run, pins, transfer, unbind.
void AddTouchCommands(CLI::App& app, Context& context);
// cancel, get, watch, wait, approvals.
void AddFollowCommands(CLI::App& app, Context& context);
// audit export, audit verify.
void AddAuditCommands(CLI::App& app, Context& context);
// backup, restore.
void AddStoreCommands(CLI::App& app, Context& context);
// doctor, completion.
void AddHelpCommands(CLI::App& app, Context& context);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_COMMANDS_H_
