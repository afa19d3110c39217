// The challenge service: issues challenges and spends each once.
#include "services/challenge/challenge_server.h"
#include "services/challenge/challenge_settings.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/mesh_process.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/metered_store.h"
#include "services/common/store/open_store.h"

namespace u2fi::challenge {
namespace {

using config::v1::ChallengeConfig;

constexpr int kThreads = 8;
constexpr char kExamples[] =
    "  challenge --config challenge.json\n"
    "  challenge --config challenge.json --check_config\n"
    "  challenge --config challenge.json --set listen.reflection=true";

absl::Status Validate(const ChallengeConfig& config) {
  config::Checks checks;
  config::CheckListen("listen", config.listen(), checks);
  config::CheckTls("tls", config.tls(), checks);
  config::CheckStore("store", config.store(), checks);
  config::CheckAudit("audit", config.audit(), checks);
  config::CheckLog("log", config.log(), checks);
  config::CheckMetrics("metrics", config.metrics(), checks);
  CheckSettings("settings", config.settings(), checks);
  return checks.Result();
}

absl::Status Run(const ChallengeConfig& config) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<u2fi::store::Store> store,
      u2fi::store::OpenStore(config.store(), SystemClock(), SystemRandom()));
  ASSIGN_OR_RETURN(const std::unique_ptr<rpc::MeshProcess> process,
                   rpc::MeshProcess::Start(
                       {"challenge", "challenge", config.listen(), config.tls(),
                        config.metrics(), u2fi::store::ClockOf(*store)}));
  u2fi::store::MeteredStore metered(*store, SystemClock(), process->metrics());
  ChallengeCore core(SystemClock(), SystemRandom(), metered,
                     RememberFrom(config.settings()));
  audit::ThreadExecutor executor(kThreads);
  ChallengeServer server(core, executor);
  audit::AuditServer audit_server(
      {metered, SystemClock(), {"challenge"}, "", config::Version(), ""},
      executor);
  rpc::ServiceList services;
  services.Add<v1::Challenge>(server);
  services.Add<audit::v1::Audit>(audit_server);
  RETURN_IF_ERROR(process->Declare(services.descriptors()));
  RETURN_IF_ERROR(process->Listen(services, process->inner_server_options()));
  return process->Serve();
}

}  // namespace
}  // namespace u2fi::challenge

int main(int argc, char** argv) {
  return u2fi::config::Main<u2fi::config::v1::ChallengeConfig>(
      {"challenge", "Issues challenges and spends each at most once.",
       u2fi::challenge::kExamples},
      u2fi::challenge::Validate, u2fi::challenge::Run, argc, argv);
}
