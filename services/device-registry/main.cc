// The device registry: who owns what, where, until when; what is critical.
#include "services/common/audit/audit_runner.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/config/program.h"
#include "services/common/config/version.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/mesh_process.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/metered_store.h"
#include "services/common/store/open_store.h"
#include "services/device-registry/registry_module.h"
#include "services/device-registry/registry_settings.h"

namespace u2fi::device_registry {
namespace {

using config::v1::DeviceRegistryConfig;

// Audit exports at a time; each reads the store.
constexpr int kExportThreads = 2;
constexpr char kExamples[] =
    "  device-registry --config device-registry.json\n"
    "  device-registry --config device-registry.json --check_config";

absl::Status Validate(const DeviceRegistryConfig& config) {
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

absl::Status Run(const DeviceRegistryConfig& config) {
  const std::string& rp_id = config.settings().relying_party().rp_id();
  ASSIGN_OR_RETURN(DeviceTokens::Options tokens,
                   TokenOptionsFrom(config.settings().device_token()));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<store::Store> store,
      store::OpenStore(config.store(), SystemClock(), SystemRandom()));
  RETURN_IF_ERROR(store::RequireFixedSetting(*store, "rp_id", rp_id));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<rpc::MeshProcess> process,
      rpc::MeshProcess::Start({"device-registry", "device-registry",
                               config.listen(), config.tls(), config.metrics(),
                               store::ClockOf(*store)}));
  store::MeteredStore metered(*store, SystemClock(), process->metrics());
  RegistryParts parts{SystemClock(), SystemRandom(), metered, rp_id,
                      std::move(tokens)};
  parts.origins = {config.settings().relying_party().origins().begin(),
                   config.settings().relying_party().origins().end()};
  RegistryModule registry(parts);
  RETURN_IF_ERROR(registry.Start());
  audit::AuditRunner audit(metered, SystemClock(), {&registry.deciders()},
                           config.audit());
  RETURN_IF_ERROR(audit.Start());
  audit::ThreadExecutor exporting(kExportThreads);
  audit::AuditServer audit_server({metered,
                                   SystemClock(),
                                   {"device-registry"},
                                   rp_id,
                                   config::Version(),
                                   config.audit().sink_file()},
                                  exporting);
  rpc::ServiceList services;
  services.Add<v1::DeviceRegistry>(registry.server());
  services.Add<audit::v1::Audit>(audit_server);
  RETURN_IF_ERROR(process->Declare(services.descriptors()));
  RETURN_IF_ERROR(process->Listen(services, process->inner_server_options()));
  return process->Serve();
}

}  // namespace
}  // namespace u2fi::device_registry

int main(int argc, char** argv) {
  return u2fi::config::Main<u2fi::config::v1::DeviceRegistryConfig>(
      {"device-registry",
       "Knows who owns which device, where, until when, and what is critical.",
       u2fi::device_registry::kExamples},
      u2fi::device_registry::Validate, u2fi::device_registry::Run, argc, argv);
}
