#ifndef U2FI_SERVICES_COMMON_AUDIT_TENANT_DRAINERS_H_
#define U2FI_SERVICES_COMMON_AUDIT_TENANT_DRAINERS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/audit/drainer.h"
#include "services/common/audit/row_source.h"
#include "services/common/audit/sink.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::audit {

// Drains every chain of a process into one sink. Checkpoints name the last rows
// of the other replicas. Not thread-safe: one thread calls it.
class TenantDrainers {
 public:
  // All must outlive this object.
  TenantDrainers(store::Store& store, const Clock& clock,
                 TenantDeciders& deciders, Sink& sink,
                 const CheckpointSigner& signer,
                 const DrainOptions& options = {});

  // One round over all tenants, about once a second. Goes on if one fails;
  // the first error comes back. Then rows stay where they are.
  absl::Status Drain();

  // The last round, after the last decision: a checkpoint over everything.
  absl::Status DrainAll();

  // What replicas that are no more left of this tenant: about once a minute,
  // by the process that holds the tenant's lease. AUDIT_CHAIN, AUDIT_FORMAT:
  // somebody tampered with the store.
  absl::Status DrainOrphans(absl::string_view tenant);

 private:
  struct Own {
    Own(store::Store& store, DecisionQueue& queue, Sink& sink,
        const CheckpointSigner& signer, const Clock& clock,
        const DrainOptions& options);
    const std::unique_ptr<RowSource> rows;
    Drainer drainer;
  };

  absl::Status DrainEach(absl::Status (Drainer::*round)());
  absl::StatusOr<Own*> OwnOf(const std::string& tenant);

  store::Store& store_;
  const Clock& clock_;
  TenantDeciders& deciders_;
  Sink& sink_;
  const CheckpointSigner& signer_;
  const DrainOptions options_;
  std::map<std::string, std::unique_ptr<Own>> own_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_TENANT_DRAINERS_H_
