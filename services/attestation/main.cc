// The attestation service: is this token genuine, this assertion valid?
#include "services/attestation/attestation_module.h"
#include "services/challenge/challenge_grpc_client.h"
#include "services/common/audit/audit_runner.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/config/checks.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/from_config.h"
#include "services/common/rpc/mesh_process.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/metered_store.h"
#include "services/common/store/open_store.h"
#include "services/device-registry/token_words_grpc_client.h"

namespace u2fi::attestation {
namespace {

using config::v1::AttestationConfig;

constexpr int kThreads = 8;
// Audit exports at a time; each reads the store.
constexpr int kExportThreads = 2;
constexpr char kExamples[] =
    "  attestation --config attestation.json\n"
    "  attestation --config attestation.json --check_config";

absl::Status Validate(const AttestationConfig& config) {
  config::Checks checks;
  config::CheckListen("listen", config.listen(), checks);
  config::CheckTls("tls", config.tls(), checks);
  config::CheckStore("store", config.store(), checks);
  config::CheckAudit("audit", config.audit(), checks);
  config::CheckLog("log", config.log(), checks);
  config::CheckMetrics("metrics", config.metrics(), checks);
  config::CheckPeer("challenge", config.challenge(), checks);
  if (config.has_device_registry()) {
    config::CheckPeer("device_registry", config.device_registry(), checks);
  }
  config::CheckRelyingParty("settings.relying_party",
                            config.settings().relying_party(), checks);
  return checks.Result();
}

// Null: nobody is to be told.
std::unique_ptr<device_registry::TokenWordsClient> RegistryOf(
    const AttestationConfig& config, rpc::MeshProcess& process) {
  if (!config.has_device_registry()) return nullptr;
  return std::make_unique<device_registry::TokenWordsGrpcClient>(
      device_registry::v1::DeviceRegistry::NewStub(
          process.ChannelTo(config.device_registry(), "device-registry")),
      rpc::DeadlineFrom(config.device_registry()));
}

absl::Status Run(const AttestationConfig& config) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<u2fi::store::Store> store,
      u2fi::store::OpenStore(config.store(), SystemClock(), SystemRandom()));
  RETURN_IF_ERROR(u2fi::store::RequireFixedSetting(
      *store, "rp_id", config.settings().relying_party().rp_id()));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<rpc::MeshProcess> process,
      rpc::MeshProcess::Start({"attestation", "attestation", config.listen(),
                               config.tls(), config.metrics(),
                               u2fi::store::ClockOf(*store)}));
  u2fi::store::MeteredStore metered(*store, SystemClock(), process->metrics());
  challenge::ChallengeGrpcClient challenge(
      challenge::v1::Challenge::NewStub(
          process->ChannelTo(config.challenge(), "challenge")),
      rpc::DeadlineFrom(config.challenge()));
  const auto registry = RegistryOf(config, *process);
  ASSIGN_OR_RETURN(
      const std::unique_ptr<AttestationModule> module,
      AttestationModule::Make({SystemClock(), SystemRandom(), metered,
                               challenge, config.settings(), kThreads,
                               &process->metrics(), registry.get()}));
  RETURN_IF_ERROR(module->Start());
  audit::AuditRunner audit(metered, SystemClock(), {&module->deciders()},
                           config.audit());
  RETURN_IF_ERROR(audit.Start());
  audit::ThreadExecutor exporting(kExportThreads);
  audit::AuditServer audit_server({metered,
                                   SystemClock(),
                                   {"attestation"},
                                   config.settings().relying_party().rp_id(),
                                   config::Version(),
                                   config.audit().sink_file()},
                                  exporting);
  rpc::ServiceList services;
  services.Add<v1::Attestation>(module->server());
  services.Add<audit::v1::Audit>(audit_server);
  RETURN_IF_ERROR(process->Declare(services.descriptors()));
  RETURN_IF_ERROR(process->Listen(services, process->inner_server_options()));
  return process->Serve();
}

}  // namespace
}  // namespace u2fi::attestation

int main(int argc, char** argv) {
  return u2fi::config::Main<u2fi::config::v1::AttestationConfig>(
      {"attestation", "Verifies tokens and what they sign.",
       u2fi::attestation::kExamples},
      u2fi::attestation::Validate, u2fi::attestation::Run, argc, argv);
}
