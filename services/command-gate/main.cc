// The command gate: may this command run now?
#include "services/attestation/attestation_grpc_client.h"
#include "services/challenge/challenge_grpc_client.h"
#include "services/command-gate/gate_module.h"
#include "services/command-gate/gate_settings.h"
#include "services/command-gate/replica_grpc_client.h"
#include "services/common/audit/audit_runner.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/crypto/encoding.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/from_config.h"
#include "services/common/rpc/mesh_process.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/metered_store.h"
#include "services/common/store/open_store.h"
#include "services/device-registry/registry_grpc_client.h"

namespace u2fi::command_gate {
namespace {

using config::v1::CommandGateConfig;

// Audit exports at a time; each reads the store.
constexpr int kExportThreads = 2;
constexpr size_t kReplicaIdBytes = 8;
constexpr char kExamples[] =
    "  command-gate --config command-gate.json\n"
    "  command-gate --config command-gate.json --check_config";

absl::Status Validate(const CommandGateConfig& config) {
  config::Checks checks;
  config::CheckListen("listen", config.listen(), checks);
  config::CheckTls("tls", config.tls(), checks);
  config::CheckStore("store", config.store(), checks);
  config::CheckAudit("audit", config.audit(), checks);
  config::CheckLog("log", config.log(), checks);
  config::CheckMetrics("metrics", config.metrics(), checks);
  config::CheckPeer("challenge", config.challenge(), checks);
  config::CheckPeer("attestation", config.attestation(), checks);
  config::CheckPeer("device_registry", config.device_registry(), checks);
  CheckReplica("replica", config, checks);
  CheckSettings("settings", config.settings(), checks);
  return checks.Result();
}

// The services that the gate calls.
struct Others {
  Others(rpc::MeshProcess& process, const CommandGateConfig& config)
      : challenge(challenge::v1::Challenge::NewStub(
                      process.ChannelTo(config.challenge(), "challenge")),
                  rpc::DeadlineFrom(config.challenge())),
        attestation(attestation::v1::Attestation::NewStub(
                        process.ChannelTo(config.attestation(), "attestation")),
                    rpc::DeadlineFrom(config.attestation())),
        registry(device_registry::v1::DeviceRegistry::NewStub(process.ChannelTo(
                     config.device_registry(), "device-registry")),
                 rpc::DeadlineFrom(config.device_registry())) {}

  challenge::ChallengeGrpcClient challenge;
  attestation::AttestationGrpcClient attestation;
  device_registry::RegistryGrpcClient registry;
};

GateParts PartsFrom(const CommandGateConfig& config, store::Store& store,
                    Others& others) {
  GateParts parts{SystemClock(),
                  SystemRandom(),
                  store,
                  others.attestation,
                  others.challenge,
                  others.registry,
                  HeartbeatFrom(config.settings()),
                  PresenceGraceFrom(config.settings())};
  parts.cooldown = CooldownFrom(config.settings());
  parts.approvers = ApproversFrom(config.settings());
  parts.quotas = QuotasFrom(config.settings());
  parts.open_per_account = OpenPerAccountFrom(config.settings());
  parts.webhooks = WebhooksFrom(config.settings());
  parts.replica = {crypto::Hex(SystemRandom().Bytes(kReplicaIdBytes)),
                   config.replica().advertise_address(),
                   DirectoryLeaseFrom(config.settings())};
  return parts;
}

// Declares what is offered, and listens: for everybody, and for replicas if
// there are to be some.
absl::Status Listen(rpc::MeshProcess& process, const rpc::ServiceList& services,
                    GateModule& gate, const CommandGateConfig& config) {
  rpc::ServiceList for_replicas;
  if (config.has_replica()) {
    for_replicas.Add<v1::ReplicaLink>(gate.replica_server());
  }
  auto all = services.descriptors();
  for (const auto* one : for_replicas.descriptors()) all.push_back(one);
  RETURN_IF_ERROR(process.Declare(all));
  RETURN_IF_ERROR(process.Listen(services, process.server_options()));
  if (!config.has_replica()) return absl::OkStatus();
  return process.ListenToReplicas(for_replicas,
                                  config.replica().listen_address());
}

absl::Status Run(const CommandGateConfig& config) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<store::Store> store,
      store::OpenStore(config.store(), SystemClock(), SystemRandom()));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<rpc::MeshProcess> process,
      rpc::MeshProcess::Start({"command-gate", "command-gate", config.listen(),
                               config.tls(), config.metrics(),
                               store::ClockOf(*store)}));
  store::MeteredStore metered(*store, SystemClock(), process->metrics());
  Others others(*process, config);
  ASSIGN_OR_RETURN(const std::unique_ptr<AccountLogin> login,
                   LoginFrom(config.settings(), SystemClock()));
  GateParts parts = PartsFrom(config, metered, others);
  parts.login = login.get();
  parts.metrics = &process->metrics();
  ReplicaGrpcClient replicas([&process](const std::string& address) {
    return rpc::NewChannel(process->tls(), address, "command-gate");
  });
  if (config.has_replica()) parts.replicas = &replicas;
  GateModule gate(parts);
  audit::AuditRunner audit(metered, SystemClock(), {&gate.deciders()},
                           config.audit());
  audit.WithJournals();
  RETURN_IF_ERROR(audit.Start());
  audit::ThreadExecutor exporting(kExportThreads);
  audit::AuditServer audit_server(
      {metered,
       SystemClock(),
       {std::string(audit::kJournalService), "command-gate"},
       "",
       config::Version(),
       config.audit().sink_file()},
      exporting);
  rpc::ServiceList services;
  services.Add<v1::CommandGate>(gate.gate_server());
  services.Add<gateway::v1::GatewayLink>(gate.link_server());
  services.Add<audit::v1::Audit>(audit_server);
  RETURN_IF_ERROR(Listen(*process, services, gate, config));
  process->runner().OnDrain(
      [&gate](absl::Time deadline) { gate.Drain(deadline); });
  return process->Serve();
}

}  // namespace
}  // namespace u2fi::command_gate

int main(int argc, char** argv) {
  return u2fi::config::Main<u2fi::config::v1::CommandGateConfig>(
      {"command-gate", "Decides whether a command may run now.",
       u2fi::command_gate::kExamples},
      u2fi::command_gate::Validate, u2fi::command_gate::Run, argc, argv);
}
