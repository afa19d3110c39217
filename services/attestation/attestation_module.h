#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_MODULE_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_MODULE_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/attestation_core.h"
#include "services/attestation/attestation_server.h"
#include "services/attestation/lost_rights.h"
#include "services/challenge/challenge_client.h"
#include "services/common/audit/lost_rows.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::attestation {

// What the attestation service is made from. The references must outlive the
// module, `settings` excepted.
struct ModuleParts {
  const Clock& clock;
  RandomSource& random;
  u2fi::store::Store& store;
  challenge::ChallengeClient& challenge;
  // Checked (services/common/config/checks.h).
  const config::v1::AttestationSettings& settings;
  // Threads that work on calls; each blocks on the store.
  int threads = 8;
  // May be null.
  metrics::Registry* metrics = nullptr;
  // Is told of tokens that lost their rights and of recoveries; null: nobody.
  device_registry::TokenWordsClient* registry = nullptr;
};

// The attestation service, built: its own binary and standalone register its
// server, and standalone gives its core to an AttestationLocalClient. Servers
// must have been shut down and clients be gone before the module goes.
class AttestationModule {
 public:
  // Reads the files that the settings name. INVALID_FIELD if one is unusable.
  static absl::StatusOr<std::unique_ptr<AttestationModule>> Make(
      const ModuleParts& parts);

  ~AttestationModule();

  // Begins to hear of changes, to tell the registry and to take away again what
  // rights a failover of the store gave back; says in the log if the metadata
  // is stale or does not verify. Once. Errors are the store's.
  absl::Status Start();

  AttestationCore& core() { return core_; }
  // For rpc::ServiceList.
  AttestationServer& server() { return server_; }
  audit::TenantDeciders& deciders() { return deciders_; }

 private:
  AttestationModule(const ModuleParts& parts, fido::RegistrationPolicy policy,
                    std::vector<crypto::Certificate> metadata_roots);

  // Once a second: what failovers made the store forget, and the registry; now
  // and then the metadata.
  void WorkUntilStopped();
  void LookAgain();

  const Clock& clock_;
  const bool tells_;
  audit::ThreadExecutor executor_;
  audit::LostRows lost_;
  audit::TenantDeciders deciders_;
  AttestationCore core_;
  LostRights rights_;
  AttestationServer server_;
  Mutex mutex_;
  CondVar stop_changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread working_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_MODULE_H_
