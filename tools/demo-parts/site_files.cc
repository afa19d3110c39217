// Writes what a site's mosquitto and its devices start with: configuration,
// access list, users, and a link file for each device.
#include <iostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/broker_files.h"
#include "services/common/mqtt/link_file.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

struct Flags {
  BrokerSetup setup;
  // Name in the broker's certificate.
  std::string host = "localhost";
  std::string ca;
  std::string links;
  std::string agent_password;
  std::vector<std::string> devices;
};

absl::Status Write(const Flags& flags) {
  ASSIGN_OR_RETURN(BrokerFiles files,
                   BrokerFiles::Open(flags.setup, SystemRandom()));
  ASSIGN_OR_RETURN(const std::string agent,
                   files.SetPassword(files.topics().AgentUser()));
  RETURN_IF_ERROR(WriteFileDurably(flags.agent_password, agent, 0600));
  RETURN_IF_ERROR(MakeFolder(flags.links, 0700));
  for (const std::string& device : flags.devices) {
    DeviceLinkSettings link;
    link.host = flags.host;
    link.port = flags.setup.port;
    link.ca_file = flags.ca;
    link.tenant = flags.setup.tenant;
    link.site = flags.setup.site;
    link.gateway = flags.setup.gateway;
    link.device = device;
    ASSIGN_OR_RETURN(link.password,
                     files.SetPassword(GatewayTopics::DeviceUser(device)));
    RETURN_IF_ERROR(
        WriteLinkFile(absl::StrCat(flags.links, "/", device, ".json"), link));
  }
  RETURN_IF_ERROR(files.Write());
  std::cout << files.config_path() << "\n";
  return absl::OkStatus();
}

}  // namespace
}  // namespace u2fi::mqtt

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  CLI::App app(
      "Writes the files of a site's MQTT broker, in which only the agent may "
      "publish commands, and the links of its devices. Prints the path for "
      "`mosquitto -c`.",
      "site-files");
  app.footer(
      "Example:\n"
      "  site-files --folder /tmp/s/broker --tenant t1 --site home --gateway "
      "g1 --port 8883 \\\n"
      "    --certificate tls.crt --key tls.key --ca ca.crt --run-as root \\\n"
      "    --agent-password /tmp/s/agent.password --links /tmp/s/links cam-1 "
      "lock-1");
  u2fi::mqtt::Flags flags;
  u2fi::mqtt::BrokerSetup& setup = flags.setup;
  app.add_option("--folder", setup.folder, "of the broker")->required();
  app.add_option("--tenant", setup.tenant, "its id")->required();
  app.add_option("--site", setup.site, "its id")->required();
  app.add_option("--gateway", setup.gateway, "its id")->required();
  app.add_option("--port", setup.port, "on 127.0.0.1")->required();
  app.add_option("--certificate", setup.certificate_file, "PEM")->required();
  app.add_option("--key", setup.key_file, "PEM")->required();
  app.add_option("--host", flags.host, "name in the certificate (localhost)");
  app.add_option("--ca", flags.ca, "PEM: who signed it")->required();
  app.add_option("--run-as", setup.run_as, "account of the broker")->required();
  app.add_option("--agent-password", flags.agent_password, "file to write")
      ->required();
  app.add_option("--links", flags.links, "folder to write")->required();
  app.add_option("device", flags.devices, "ids")->required();
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = u2fi::mqtt::Write(flags);
  if (status.ok()) return 0;
  std::cerr << "site-files: " << status.message() << "\n";
  return 1;
}
