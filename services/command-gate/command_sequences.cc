// What a store with replicas can forget.
#include "services/command-gate/command_store.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

// Whether numbers up to `last` go on after `high`.
bool Follows(uint64_t last, uint64_t high) {
  if (high > last) return high <= kMaxSequence;
  return last - high > kMaxSequenceStep;
}

}  // namespace

absl::Status CommandStore::Confirm(absl::string_view tenant,
                                   const u2fi::store::Epoch& epoch) {
  ASSIGN_OR_RETURN(const auto partition,
                   u2fi::store::Partition::Make("command-gate", tenant));
  // Replicas take commits in their order: with this one they have all before.
  u2fi::store::CommitRequest commit;
  commit.epoch = epoch;
  commit.put = {{"confirm", ""}};
  commit.durability = u2fi::store::Durability::kReplicated;
  return store_.Commit(partition, commit).status();
}

absl::Status CommandStore::FollowSequence(absl::string_view tenant,
                                          const std::string& device,
                                          uint64_t high) {
  using u2fi::store::Partition;
  ASSIGN_OR_RETURN(const Partition partition,
                   Partition::Make("command-gate", tenant));
  const std::string key = SequenceKey(device);
  ASSIGN_OR_RETURN(const u2fi::store::Snapshot now,
                   store_.Get(partition, {key}));
  const u2fi::store::Entry& entry = now.entries[0];
  records::v1::SequenceRow row;
  if (entry.exists() &&
      (!row.ParseFromString(entry.value) || row.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "a sequence record cannot be read");
  }
  if (!Follows(row.last(), high)) return absl::OkStatus();
  row.set_schema(1);
  row.set_last(high);
  row.set_epoch(now.epoch);
  u2fi::store::CommitRequest commit;
  commit.epoch = now.epoch;
  commit.expect = {{key, entry.version}};
  commit.put = {{key, row.SerializeAsString()}};
  commit.durability = u2fi::store::Durability::kVolatile;
  return store_.Commit(partition, commit).status();
}

}  // namespace u2fi::command_gate
