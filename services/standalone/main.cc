// The whole cloud side in one process: for one site, demonstrations and tests.
#include "services/common/audit/audit_runner.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/mesh_process.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/metered_store.h"
#include "services/common/store/open_store.h"
#include "services/standalone/standalone_module.h"

namespace u2fi::standalone {
namespace {

using config::v1::StandaloneConfig;

// Audit exports at a time; each reads the store.
constexpr int kExportThreads = 2;
constexpr char kExamples[] =
    "  standalone --config standalone.json\n"
    "  standalone --config standalone.json --check_config\n"
    "  standalone --config standalone.json --set listen.reflection=true";

absl::Status Run(const StandaloneConfig& config) {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<store::Store> store,
      store::OpenStore(config.store(), SystemClock(), SystemRandom()));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<rpc::MeshProcess> process,
      rpc::MeshProcess::Start({"standalone", "command-gate", config.listen(),
                               config.tls(), config.metrics(),
                               store::ClockOf(*store)}));
  store::MeteredStore metered(*store, SystemClock(), process->metrics());
  ASSIGN_OR_RETURN(
      const std::unique_ptr<StandaloneModule> module,
      StandaloneModule::Start(config, metered, SystemClock(), SystemRandom(),
                              &process->metrics()));
  audit::AuditRunner audit(metered, SystemClock(), module->deciders(),
                           config.audit());
  audit.WithJournals();
  RETURN_IF_ERROR(audit.Start());
  audit::ThreadExecutor exporting(kExportThreads);
  audit::AuditServer audit_server(
      {metered,
       SystemClock(),
       {std::string(audit::kJournalService), "attestation", "device-registry",
        "command-gate"},
       config.attestation().relying_party().rp_id(),
       config::Version(),
       config.audit().sink_file()},
      exporting);
  rpc::ServiceList services = module->services();
  services.Add<audit::v1::Audit>(audit_server);
  RETURN_IF_ERROR(process->Declare(services.descriptors()));
  RETURN_IF_ERROR(process->Listen(services, process->server_options()));
  process->runner().OnDrain(
      [&module](absl::Time deadline) { module->gate().Drain(deadline); });
  return process->Serve();
}

}  // namespace
}  // namespace u2fi::standalone

int main(int argc, char** argv) {
  return u2fi::config::Main<u2fi::config::v1::StandaloneConfig>(
      {"standalone",
       "Challenge, attestation, device registry and gate in one process.",
       u2fi::standalone::kExamples},
      u2fi::standalone::Validate, u2fi::standalone::Run, argc, argv);
}
