#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "services/common/config/checks.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/file/file.h"
#include "services/common/logging/logging.h"
#include "services/common/metrics/exposer.h"
#include "services/common/metrics/metrics.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/from_config.h"
#include "services/common/rpc/health_server.h"
#include "services/common/rpc/one_poller.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/server_runner.h"
#include "services/common/rpc/tls_expiry.h"
#include "services/common/rpc/tls_identity.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/sqlite_store.h"
#include "services/gateway-agent/agent_config.h"
#include "services/gateway-agent/agent_module.h"
#include "services/gateway-agent/identity_files.h"
#include "services/gateway-agent/local_client.h"
#include "services/gateway-agent/local_server.h"
#include "services/gateway-agent/mesh_gates.h"
#include "services/gateway-agent/pin_command.h"
#include "services/gateway-agent/site_equipment.h"
#include "services/gateway-agent/terminal_pins.h"

namespace u2fi::gateway_agent {
namespace {

using Config = config::v1::GatewayAgentConfig;

constexpr absl::Duration kShutdownGrace = absl::Seconds(5);
constexpr char kHealthName[] = "u2fi.gateway.v1.AgentLocal";

// The folder of journal, pin sets and deny list is nobody else's business.
absl::StatusOr<store::OpenedStore> OpenStateFolder(const std::string& folder) {
  RETURN_IF_ERROR(MakeFolder(folder, 0700));
  struct stat state = {};
  if (stat(folder.c_str(), &state) != 0 || (state.st_mode & 0077) != 0) {
    return FieldError("state_dir", "is open to others; chmod it to 0700");
  }
  store::SqliteOptions options;
  options.path = absl::StrCat(folder, "/agent.db");
  ASSIGN_OR_RETURN(
      store::OpenedStore opened,
      store::OpenSqliteStore(options, SystemClock(), SystemRandom()));
  for (const std::string& warning : opened.warnings) logging::Warning(warning);
  return opened;
}

MeshLink::Options LinkOptionsOf(const Config& config) {
  MeshLink::Options options;
  options.most_backoff = config::DurationOr(
      config.has_reconnect_cap(), config.reconnect_cap(), options.most_backoff);
  return options;
}

Journal::Options JournalOptionsOf(const Config& config) {
  Journal::Options options;
  if (config.journal_rows() != 0) options.most_rows = config.journal_rows();
  return options;
}

ApprovalOptions ApprovalOptionsOf(const Config& config) {
  ApprovalOptions options;
  options.touch_timeout = config::DurationOr(
      config.tokens().has_touch_timeout(), config.tokens().touch_timeout(),
      options.touch_timeout);
  return options;
}

// The local API on its socket, and health.
absl::Status AddServers(const Config& config, LocalServer& local,
                        rpc::ServerRunner& runner) {
  rpc::ServiceList services;
  services.Add<gateway::v1::AgentLocal>(local);
  ASSIGN_OR_RETURN(
      std::unique_ptr<rpc::Server> server,
      rpc::Server::ListenOnUnixSocket(services, {}, LocalSocketOf(config)));
  runner.Add(std::move(server));
  if (config.health_address().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      std::unique_ptr<rpc::HealthServer> health,
      rpc::HealthServer::Listen(config.health_address(), {kHealthName}));
  runner.SetHealth(std::move(health));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AgentModule>> MakeAgent(
    const Config& config, const rpc::TlsIdentity& tls, store::Store& store,
    SiteEquipment& site) {
  ASSIGN_OR_RETURN(AgentIdentity identity, LoadIdentity(config));
  ASSIGN_OR_RETURN(const mqtt::BrokerOptions broker,
                   BrokerOptionsOf(config.devices()));
  ASSIGN_OR_RETURN(std::unique_ptr<mqtt::MqttClient> mqtt,
                   mqtt::MakePahoClient(broker, SystemClock(), SystemRandom()));
  return AgentModule::Create(
      {SystemClock(), SystemRandom(), std::move(identity), store, site.tokens(),
       site.cue(), std::move(mqtt),
       std::make_unique<MeshGates>(tls, config.mesh().target(), SystemRandom()),
       LinkOptionsOf(config), ApprovalOptionsOf(config), config::Version(),
       [&tls] { return tls.NotAfter().value_or(absl::UnixEpoch()); },
       site.credentials(), JournalOptionsOf(config)});
}

absl::Status Run(const Config& config) {
  const rpc::OnePoller one_poller;
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::TlsIdentity> tls,
                   rpc::TlsIdentity::Load(rpc::TlsFilesFrom(config.tls()),
                                          SystemClock().Now()));
  ASSIGN_OR_RETURN(const store::OpenedStore opened,
                   OpenStateFolder(config.state_dir()));
  ASSIGN_OR_RETURN(const std::unique_ptr<SiteEquipment> site,
                   SiteEquipment::Make(config));
  ASSIGN_OR_RETURN(const std::unique_ptr<AgentModule> agent,
                   MakeAgent(config, *tls, *opened.store, *site));
  metrics::Registry metrics;
  metrics::AddBuildInfo(metrics, "gateway-agent", config::Version());
  const rpc::TlsExpiry expiry(*tls, metrics, SystemClock());
  std::unique_ptr<metrics::Exposer> exposer;
  if (!config.metrics().address().empty()) {
    ASSIGN_OR_RETURN(
        exposer, metrics::Exposer::Start(metrics, config.metrics().address()));
  }
  LocalServer local(*agent);
  rpc::ServerRunner runner(kShutdownGrace);
  runner.EveryMinute([&expiry] { expiry.Update(); });
  RETURN_IF_ERROR(AddServers(config, local, runner));
  agent->Start();
  logging::Info("the agent runs", {{"gateway", GatewayUri(config)},
                                   {"mesh", config.mesh().target()}});
  absl::optional<TerminalPins> pins;
  if (config.cue().terminal()) {
    pins.emplace(agent->approvals(), STDIN_FILENO, std::cout);
  }
  runner.Serve();  // Until SIGTERM.
  return absl::OkStatus();
}

absl::Status Init(const Config& config) {
  ASSIGN_OR_RETURN(const NewIdentity made, MakeIdentity(config));
  std::cout << NextSteps(config, made);
  return absl::OkStatus();
}

absl::Status Status(const Config& config) {
  LocalClient agent(LocalSocketOf(config));
  ASSIGN_OR_RETURN(const gateway::v1::StatusResponse status, agent.Status());
  std::cout << Describe(status);
  return absl::OkStatus();
}

// Says no to what is shown.
absl::Status Decline(const Config& config) {
  LocalClient agent(LocalSocketOf(config));
  ASSIGN_OR_RETURN(const gateway::v1::StatusResponse status, agent.Status());
  if (status.questions().empty() || !status.questions(0).shown()) {
    return Error(reason::kResourceUnknown, "no question is shown");
  }
  const gateway::v1::WaitingQuestion& shown = status.questions(0);
  RETURN_IF_ERROR(agent.Decline(shown.approval_id()));
  std::cout << "declined: " << shown.text() << "\n";
  return absl::OkStatus();
}

// Has the PIN typed that a key wants.
absl::Status EnterPin(const Config& config) {
  LocalClient agent(LocalSocketOf(config));
  u2fhid::CancelFlag never;
  return TypePin({[&agent] { return agent.Status(); },
                  [&agent](const gateway::v1::EnterPinRequest& request) {
                    return agent.EnterPin(request);
                  },
                  [&never](absl::Duration pause) { never.SleepFor(pause); }},
                 STDIN_FILENO, std::cout);
}

constexpr char kUsage[] =
    "gateway-agent: the part of U2Fi that runs at the site. It asks the key,\n"
    "verifies every proof against the device's own pin set, and hands "
    "commands\n"
    "to the devices.\n"
    "\n"
    "Commands (each has --help):\n"
    "  run      connect to the mesh and work until SIGTERM\n"
    "  init     make the identity key and a certificate request\n"
    "  status   show link, keys, devices and the questions that wait\n"
    "  decline  say no to the question that is shown\n"
    "  pin      type the PIN that a key wants\n"
    "\n"
    "Examples:\n"
    "  gateway-agent init --config agent.json\n"
    "  gateway-agent run --config agent.json\n"
    "  gateway-agent status --config agent.json\n";

// One of the commands, with the configuration that all of them share.
struct Command {
  const char* name;
  const char* summary;
  const char* examples;
  absl::Status (*check)(const Config&);
  absl::Status (*run)(const Config&);
};

constexpr Command kCommands[] = {
    {"run", "Connects to the mesh and works until SIGTERM.",
     "  gateway-agent run --config agent.json\n"
     "  gateway-agent run --config agent.json --set log.level=LOG_LEVEL_DEBUG\n"
     "  gateway-agent run --config agent.json --check_config\n",
     CheckAgentConfig, Run},
    {"init",
     "Makes tls.key_file (P-256, mode 0600) unless it is there, and a "
     "certificate request beside it, and says what to do next.",
     "  gateway-agent init --config agent.json\n"
     "  gateway-agent init --tenant t1 --site s1 --gateway g1 \\\n"
     "    --set tls.trust_domain=u2fi.example --set tls.key_file=g1.key\n",
     CheckInitConfig, Init},
    {"status",
     "Shows what a running agent sees: link, keys, devices, and the questions "
     "that wait.",
     "  gateway-agent status --config agent.json\n"
     "  gateway-agent status --local_socket /var/lib/u2fi/agent.sock\n",
     CheckLocalConfig, Status},
    {"decline", "Says no to the question that is shown. Can only refuse.",
     "  gateway-agent decline --config agent.json\n", CheckLocalConfig,
     Decline},
    {"pin",
     "Takes the PIN that a key wants for a question, from the terminal (not "
     "shown) or a line of the standard input, again while it is wrong; an "
     "empty line leaves. The last try must be confirmed.",
     "  gateway-agent pin --config agent.json\n"
     "  gateway-agent pin --local_socket /var/lib/u2fi/agent.sock <pin-file\n",
     CheckLocalConfig, EnterPin},
};

int RunCommand(const Command& command, int argc, char** argv) {
  return config::Main<Config>({absl::StrCat("gateway-agent ", command.name),
                               command.summary, command.examples,
                               /*interactive=*/command.run != Run},
                              command.check, command.run, argc, argv);
}

int Main(int argc, char** argv) {
  if (argc >= 2) {
    for (const Command& command : kCommands) {
      if (strcmp(argv[1], command.name) == 0) {
        return RunCommand(command, argc - 1, argv + 1);
      }
    }
    if (strcmp(argv[1], "--version") == 0) {
      std::cout << "gateway-agent " << config::Version() << "\n";
      return 0;
    }
  }
  const bool asked = argc >= 2 && strcmp(argv[1], "--help") == 0;
  if (argc >= 2 && !asked) {
    std::cerr << "gateway-agent: there is no command '" << argv[1] << "'\n\n";
  }
  (asked ? std::cout : std::cerr) << kUsage;
  return asked ? 0 : config::kExitUsage;
}

}  // namespace
}  // namespace u2fi::gateway_agent

int main(int argc, char** argv) {
  return u2fi::gateway_agent::Main(argc, argv);
}
