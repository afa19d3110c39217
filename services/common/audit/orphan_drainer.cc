#include "services/common/audit/orphan_drainer.h"

#include <utility>
#include <vector>

#include "services/common/audit/keys.h"
#include "services/common/audit/store_sink.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {

OrphanDrainer::OrphanDrainer(store::Store& store, store::Partition partition,
                             std::string own_incarnation, Sink& sink,
                             const CheckpointSigner& signer, const Clock& clock,
                             const DrainOptions& options)
    : store_(store),
      partition_(std::move(partition)),
      own_incarnation_(std::move(own_incarnation)),
      sink_(sink),
      signer_(signer),
      clock_(clock),
      options_(options) {}

absl::Status OrphanDrainer::Drain() {
  ASSIGN_OR_RETURN(const std::vector<WriterHead> heads,
                   ListHeads(store_, partition_));
  absl::Status first;
  for (size_t i = 0; i < heads.size(); ++i) {
    const WriterHead& head = heads[i];
    if (head.writer.incarnation() == own_incarnation_) continue;
    if (!IsOlder(head, kGoneAfter)) continue;
    absl::Status status =
        options_.keep_rows ? CoverWriter(head) : DrainWriter(head);
    // The latest head is what the next writer names; those of rows that stay
    // tell readers which chains there are.
    const bool forget =
        i > 0 && !options_.keep_rows && IsOlder(head, kForgetAfter);
    if (status.ok() && forget) status = Forget(head);
    first.Update(status);
  }
  return first;
}

absl::Status OrphanDrainer::DrainWriter(const WriterHead& head) {
  StoredRows rows(store_, partition_, head.writer);
  return DrainFrom(rows, head);
}

absl::Status OrphanDrainer::CoverWriter(const WriterHead& head) {
  ASSIGN_OR_RETURN(
      const uint64_t covered,
      CoveredInStore(store_, partition_, head.writer.incarnation()));
  if (covered >= head.head.id.sequence) return absl::OkStatus();
  KeptStoredRows rows(store_, partition_, head.writer, covered);
  return DrainFrom(rows, head);
}

absl::Status OrphanDrainer::DrainFrom(StoredRows& rows,
                                      const WriterHead& head) {
  RETURN_IF_ERROR(rows.CheckComplete(head.head));
  return Drainer(
             rows, sink_, signer_, clock_,
             [] { return std::vector<v1::RowReference>(); }, options_)
      .DrainAll();
}

absl::Status OrphanDrainer::Forget(const WriterHead& head) {
  const std::string key = HeadKey(head.writer.incarnation());
  store::CommitRequest request;
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition_, {}));
  request.epoch = snapshot.epoch;
  request.expect = {{key, head.version}};
  request.remove = {key};
  request.durability = store::Durability::kVolatile;
  const absl::Status status = store_.Commit(partition_, request).status();
  return IsReason(status, reason::kStoreAborted) ? absl::OkStatus() : status;
}

bool OrphanDrainer::IsOlder(const WriterHead& head, absl::Duration age) const {
  return absl::FromUnixMillis(static_cast<int64_t>(head.head.time_ms)) + age <=
         clock_.Now();
}

}  // namespace u2fi::audit
