#include "services/common/audit/journal_mover.h"

#include <set>
#include <utility>

#include "services/common/audit/keys.h"
#include "services/common/audit/orphan_drainer.h"
#include "services/common/audit/stored_chain.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr size_t kRowsAtOnce = 250;

}  // namespace

absl::Status JournalMover::Move(absl::string_view tenant) {
  ASSIGN_OR_RETURN(const store::Partition partition,
                   store::Partition::Make(kJournalService, tenant));
  ASSIGN_OR_RETURN(const std::vector<WriterHead> heads,
                   ListHeads(store_, partition));
  absl::Status first;
  for (const WriterHead& head : heads) first.Update(MoveChain(partition, head));
  return first;
}

absl::Status JournalMover::MoveChain(const store::Partition& partition,
                                     const WriterHead& head) {
  StoredChain chain(store_, partition, head.writer, 0);
  while (true) {
    ASSIGN_OR_RETURN(std::vector<ExportRecord> records,
                     chain.Next(kRowsAtOnce));
    if (records.empty()) return Forget(partition, head);
    const std::vector<ExportRecord> moved = records;
    RETURN_IF_ERROR(AddKeys(partition, records));
    RETURN_IF_ERROR(sink_.Append(records));
    RETURN_IF_ERROR(sink_.Flush());
    RETURN_IF_ERROR(Remove(partition, head.writer, moved));
  }
}

absl::Status JournalMover::AddKeys(const store::Partition& partition,
                                   std::vector<ExportRecord>& records) {
  std::set<std::string> kids;
  for (const ExportRecord& record : records) {
    const auto* checkpoint = std::get_if<v1::SignedCheckpoint>(&record);
    if (checkpoint != nullptr) kids.insert(checkpoint->kid());
  }
  for (const std::string& kid : kids) {
    ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                     store_.Get(partition, {AuditKeyKey(kid)}));
    if (!snapshot.entries[0].exists()) continue;
    records.insert(records.begin(), AuditKey{kid, snapshot.entries[0].value});
  }
  return absl::OkStatus();
}

absl::Status JournalMover::Remove(const store::Partition& partition,
                                  const v1::Writer& chain,
                                  const std::vector<ExportRecord>& records) {
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition, {}));
  store::CommitRequest commit;
  commit.epoch = snapshot.epoch;
  // What comes back is moved again.
  commit.durability = store::Durability::kVolatile;
  const std::string& incarnation = chain.incarnation();
  for (const ExportRecord& record : records) {
    v1::AuditHeader header;
    v1::Checkpoint checkpoint;
    const auto* row = std::get_if<v1::AuditRow>(&record);
    const auto* covers = std::get_if<v1::SignedCheckpoint>(&record);
    if (row != nullptr && header.ParseFromString(row->header())) {
      commit.remove.push_back(
          RowKey(RowPrefix(incarnation), header.sequence()));
    } else if (covers != nullptr &&
               checkpoint.ParseFromString(covers->checkpoint())) {
      commit.remove.push_back(
          RowKey(CheckpointPrefix(incarnation), checkpoint.sequence()));
    }
  }
  return store_.Commit(partition, commit).status();
}

absl::Status JournalMover::Forget(const store::Partition& partition,
                                  const WriterHead& head) {
  const absl::Time last =
      absl::FromUnixMillis(static_cast<int64_t>(head.head.time_ms));
  if (clock_.Now() - last < kForgetAfter) return absl::OkStatus();
  const std::string key = HeadKey(head.writer.incarnation());
  ASSIGN_OR_RETURN(const store::Snapshot snapshot, store_.Get(partition, {}));
  store::CommitRequest commit;
  commit.epoch = snapshot.epoch;
  commit.expect = {{key, head.version}};
  commit.remove = {key, CoveredKey(head.writer.incarnation())};
  commit.durability = store::Durability::kVolatile;
  const absl::Status status = store_.Commit(partition, commit).status();
  // It goes on after all.
  return IsReason(status, reason::kStoreAborted) ? absl::OkStatus() : status;
}

}  // namespace u2fi::audit
