#ifndef U2FI_SERVICES_COMMON_AUDIT_TENANT_DECIDERS_H_
#define U2FI_SERVICES_COMMON_AUDIT_TENANT_DECIDERS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/common/audit/decider.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {

// One decision queue per tenant of a service, made when the tenant first
// decides something. All chains of a process share its incarnation.
// Thread-safe.
class TenantDeciders : public Decider {
 public:
  // All must outlive this object. `service` names the partition and the
  // writer. `on_epoch_change` hears of each tenant whose store began a new
  // incarnation; it hands over and returns.
  TenantDeciders(
      store::Store& store, const Clock& clock, RandomSource& random,
      Executor& executor, std::string service,
      std::function<void(absl::string_view tenant, const EpochChange& change)>
          on_epoch_change = nullptr);

  absl::StatusOr<Committed> Decide(absl::string_view tenant,
                                   Transition transition) override;

  // The tenant's queue, made if need be. STORE_PARTITION_INVALID for what is
  // no tenant. Lives as long as this object.
  absl::StatusOr<DecisionQueue*> QueueOf(absl::string_view tenant);

  // DecisionQueue::Follow() of each queue. The first error; each is tried.
  absl::Status Follow();

  // Tenants that have a queue, for the sweeper and the drainer.
  std::vector<std::string> Tenants() const;

 private:
  absl::StatusOr<std::unique_ptr<DecisionQueue>> MakeQueue(
      absl::string_view tenant);

  store::Store& store_;
  const Clock& clock_;
  RandomSource& random_;
  Executor& executor_;
  const std::string service_;
  const std::string incarnation_;
  const std::function<void(absl::string_view, const EpochChange&)>
      on_epoch_change_;
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<DecisionQueue>, std::less<>> queues_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_TENANT_DECIDERS_H_
