#ifndef U2FI_SERVICES_COMMON_AUDIT_AUDIT_RUNNER_H_
#define U2FI_SERVICES_COMMON_AUDIT_AUDIT_RUNNER_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/sink.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/tenant_drainers.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::audit {

// Drains the audit of a process once a second, on a thread of its own, and
// what dead replicas left once a minute. In the same rounds it looks for a new
// incarnation of the store, so that rows which that one forgot are soon back.
// With a sink file rows move there; without one they stay in the store and
// signed checkpoints are written beside them (store_sink.h), so that the
// writers' memory never fills up.
//   AuditRunner audit(store, clock, {&gate.deciders()}, config.audit());
//   RETURN_IF_ERROR(audit.Start());
// It goes after the servers were shut down, so that nothing is decided any
// more, and before the deciders.
class AuditRunner {
 public:
  // The references and `deciders` must outlive this object. `config` was
  // checked (config::CheckAudit). `every` is real time.
  AuditRunner(store::Store& store, const Clock& clock,
              std::vector<TenantDeciders*> deciders,
              const config::v1::AuditConfig& config,
              absl::Duration every = absl::Seconds(1));

  // Stops, and drains the rest under a last checkpoint.
  ~AuditRunner();

  // Also moves the journals that agents sent (journal_mover.h) to the sink
  // file, once a minute; for the gate. Before Start().
  void WithJournals() { with_journals_ = true; }

  // Reads or makes the key, opens the sink and begins. Once. FILE_NOT_FOUND,
  // FILE_UNAVAILABLE, or INVALID_ARGUMENT for a key file without a P-256 key.
  absl::Status Start();

  // The key of the checkpoints, for the JWKS; its kid is its fingerprint.
  // After Start().
  AuditKey key() const { return signer_->public_key(); }

 private:
  absl::Status LoadKey();
  absl::Status OpenSink();
  void RunUntilStopped();
  void DrainOrphans();
  void MoveJournals();

  store::Store& store_;
  const Clock& clock_;
  const std::vector<TenantDeciders*> deciders_;
  const config::v1::AuditConfig config_;
  const absl::Duration every_;
  std::unique_ptr<CheckpointSigner> signer_;
  std::unique_ptr<Sink> sink_;
  // One for each of `deciders_`.
  std::vector<std::unique_ptr<TenantDrainers>> drainers_;
  absl::Duration orphans_at_;
  bool with_journals_ = false;
  Mutex mutex_;
  CondVar stop_changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread running_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_AUDIT_RUNNER_H_
