#include "services/common/audit/tenant_deciders.h"

#include <utility>

#include "services/common/audit/limits.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

TenantDeciders::TenantDeciders(
    store::Store& store, const Clock& clock, RandomSource& random,
    Executor& executor, std::string service,
    std::function<void(absl::string_view, const EpochChange&)> on_epoch_change)
    : store_(store),
      clock_(clock),
      random_(random),
      executor_(executor),
      service_(std::move(service)),
      incarnation_(random.Bytes(kIncarnationSize)),
      on_epoch_change_(std::move(on_epoch_change)) {}

absl::StatusOr<Committed> TenantDeciders::Decide(absl::string_view tenant,
                                                 Transition transition) {
  ASSIGN_OR_RETURN(DecisionQueue* const queue, QueueOf(tenant));
  return queue->Commit(std::move(transition));
}

absl::StatusOr<DecisionQueue*> TenantDeciders::QueueOf(
    absl::string_view tenant) {
  MutexLock lock(mutex_);
  const auto found = queues_.find(tenant);
  if (found != queues_.end()) return found->second.get();
  ASSIGN_OR_RETURN(std::unique_ptr<DecisionQueue> queue, MakeQueue(tenant));
  return queues_.emplace(std::string(tenant), std::move(queue))
      .first->second.get();
}

absl::Status TenantDeciders::Follow() {
  absl::Status first;
  for (const std::string& tenant : Tenants()) {
    const absl::StatusOr<DecisionQueue*> queue = QueueOf(tenant);
    first.Update(queue.ok() ? (*queue)->Follow() : queue.status());
  }
  return first;
}

std::vector<std::string> TenantDeciders::Tenants() const {
  MutexLock lock(mutex_);
  std::vector<std::string> tenants;
  for (const auto& [tenant, queue] : queues_) tenants.push_back(tenant);
  return tenants;
}

absl::StatusOr<std::unique_ptr<DecisionQueue>> TenantDeciders::MakeQueue(
    absl::string_view tenant) {
  ASSIGN_OR_RETURN(store::Partition partition,
                   store::Partition::Make(service_, tenant));
  v1::Writer writer;
  writer.set_service(service_);
  writer.set_incarnation(incarnation_);
  writer.set_tenant(std::string(tenant));
  ChainOptions chain{std::move(partition), std::move(writer), nullptr};
  if (on_epoch_change_ != nullptr) {
    chain.on_epoch_change =
        [this, name = std::string(tenant)](const EpochChange& change) {
          on_epoch_change_(name, change);
        };
  }
  return std::make_unique<DecisionQueue>(
      store_, clock_, random_, executor_,
      DecisionQueue::Options{std::move(chain)});
}

}  // namespace u2fi::audit
