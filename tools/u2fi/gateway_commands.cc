#include <memory>
#include <string>

#include "tools/u2fi/commands.h"
#include "tools/u2fi/gateways.h"

namespace u2fi::cli {
namespace {

struct Flags {
  std::string act;
  std::string gateway;
  std::string site;
  std::string reason;
};

absl::Status Change(const Flags& flags, Mesh& mesh, Output& output) {
  Gateways gateways(mesh, output);
  if (flags.act == "suspend") {
    return gateways.Suspend(flags.gateway, flags.reason);
  }
  if (flags.act == "resume") {
    return gateways.Resume(flags.gateway, flags.reason);
  }
  return gateways.Revoke(flags.gateway, flags.reason);
}

}  // namespace

void AddGatewayCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  AddMeshCommand(app, context, "gateways",
                 "list the gateways, and which are connected",
                 [flags](Mesh& mesh, Output& output) {
                   return Gateways(mesh, output).List(flags->site);
                 })
      ->add_option("--site", flags->site, "of one site only");
  CLI::App* change = AddMeshCommand(
      app, context, "gateway", "stop a gateway at once, or let it work again",
      [flags](Mesh& mesh, Output& output) {
        return Change(*flags, mesh, output);
      });
  change
      ->add_option("ACT", flags->act,
                   "suspend, resume; revoke: for good, on the deny list")
      ->required()
      ->check(CLI::IsMember({"suspend", "resume", "revoke"}));
  change->add_option("GATEWAY", flags->gateway, "its id")->required();
  change->add_option("--reason", flags->reason, "why, for the audit");
}

}  // namespace u2fi::cli
