#include "services/common/audit/tenant_drainers.h"

#include <utility>

#include "services/common/audit/heads.h"
#include "services/common/audit/orphan_drainer.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

// The last rows of the partition's other writers. None if they cannot be read:
// a checkpoint without witnesses is better than no checkpoint.
std::vector<v1::RowReference> OthersIn(store::Store& store,
                                       const DecisionQueue& queue) {
  std::vector<v1::RowReference> others;
  const auto heads = ListHeads(store, queue.partition());
  if (!heads.ok()) return others;
  for (const WriterHead& head : *heads) {
    if (head.writer.incarnation() == queue.writer().incarnation()) continue;
    others.push_back(ReferenceTo(head.writer, head.head.id));
  }
  return others;
}

std::unique_ptr<RowSource> RowsOf(store::Store& store, DecisionQueue& queue,
                                  const DrainOptions& options) {
  if (options.keep_rows) {
    return std::make_unique<KeptOwnRows>(queue.writer(), queue.tail());
  }
  return std::make_unique<OwnRows>(store, queue.partition(), queue.writer(),
                                   queue.tail());
}

}  // namespace

TenantDrainers::Own::Own(store::Store& store, DecisionQueue& queue, Sink& sink,
                         const CheckpointSigner& signer, const Clock& clock,
                         const DrainOptions& options)
    : rows(RowsOf(store, queue, options)),
      drainer(
          *rows, sink, signer, clock,
          [&store, &queue] { return OthersIn(store, queue); }, options) {}

TenantDrainers::TenantDrainers(store::Store& store, const Clock& clock,
                               TenantDeciders& deciders, Sink& sink,
                               const CheckpointSigner& signer,
                               const DrainOptions& options)
    : store_(store),
      clock_(clock),
      deciders_(deciders),
      sink_(sink),
      signer_(signer),
      options_(options) {}

absl::Status TenantDrainers::Drain() { return DrainEach(&Drainer::Drain); }

absl::Status TenantDrainers::DrainAll() {
  return DrainEach(&Drainer::DrainAll);
}

absl::Status TenantDrainers::DrainEach(absl::Status (Drainer::*round)()) {
  absl::Status first;
  for (const std::string& tenant : deciders_.Tenants()) {
    const absl::StatusOr<Own*> own = OwnOf(tenant);
    first.Update(own.ok() ? ((*own)->drainer.*round)() : own.status());
  }
  return first;
}

absl::StatusOr<TenantDrainers::Own*> TenantDrainers::OwnOf(
    const std::string& tenant) {
  std::unique_ptr<Own>& own = own_[tenant];
  if (own == nullptr) {
    ASSIGN_OR_RETURN(DecisionQueue* const queue, deciders_.QueueOf(tenant));
    own =
        std::make_unique<Own>(store_, *queue, sink_, signer_, clock_, options_);
  }
  return own.get();
}

absl::Status TenantDrainers::DrainOrphans(absl::string_view tenant) {
  ASSIGN_OR_RETURN(DecisionQueue* const queue, deciders_.QueueOf(tenant));
  return OrphanDrainer(store_, queue->partition(),
                       queue->writer().incarnation(), sink_, signer_, clock_,
                       options_)
      .Drain();
}

}  // namespace u2fi::audit
