#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_MODULE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_MODULE_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/lost_rows.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/device-registry/lost_gateways.h"
#include "services/device-registry/registry_core.h"
#include "services/device-registry/registry_server.h"

namespace u2fi::device_registry {

// What the registry is made from. The references must outlive the module.
struct RegistryParts {
  const Clock& clock;
  RandomSource& random;
  store::Store& store;
  // Relying-party id of the deployment.
  std::string rp_id;
  DeviceTokens::Options tokens;
  // Threads that work on calls; each blocks on the store.
  int threads = 8;
  // Origins of the portal.
  std::vector<std::string> origins = {};
};

// The registry, built: its own binary and standalone register its server, and
// standalone gives its core to a RegistryLocalClient. Its sweeper runs from
// Start() on and stops when the module goes; servers must have been shut down
// and clients be gone before.
class RegistryModule {
 public:
  explicit RegistryModule(const RegistryParts& parts);
  ~RegistryModule();

  // Begins to hear of changes and to sweep. Once. Errors are the store's.
  absl::Status Start();

  RegistryCore& core() { return core_; }
  // For rpc::ServiceList.
  RegistryServer& server() { return server_; }
  audit::TenantDeciders& deciders() { return deciders_; }

 private:
  void SweepUntilStopped();

  audit::ThreadExecutor executor_;
  // What failovers made the store forget.
  audit::LostRows lost_;
  audit::TenantDeciders deciders_;
  RegistryCore core_;
  LostGateways lost_gateways_;
  RegistryServer server_;
  Mutex mutex_;
  CondVar stop_changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread sweeping_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_MODULE_H_
