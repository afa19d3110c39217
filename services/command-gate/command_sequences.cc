// What a store with replicas can forget.
#include "services/command-gate/command_sequences.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

// Whether numbers up to `last` go on after `high`.
bool Follows(uint64_t last, uint64_t high) {
  if (high > last) return high <= kMaxSequence;
  return last - high > kMaxSequenceStep;
}

// A device takes no step beyond kMaxSequenceStep: half of that in milliseconds,
// and then one a second.
constexpr uint64_t kMostMs = kMaxSequenceStep / 2;

uint64_t LeftOut(const records::v1::SequenceRow& row, uint64_t now_ms) {
  if (row.time_ms() == 0 || now_ms <= row.time_ms()) return kLostSequences;
  const uint64_t elapsed_ms = now_ms - row.time_ms();
  return kLostSequences + std::min(elapsed_ms, kMostMs) + elapsed_ms / 1000;
}

}  // namespace

std::string SequenceKey(absl::string_view device) {
  return absl::StrCat("s/", device);
}

absl::Status ParseSequenceEntry(const u2fi::store::Entry& entry,
                                const u2fi::store::Epoch& epoch,
                                uint64_t now_ms, SubmitView& view) {
  records::v1::SequenceRow row;
  view.sequence_version = entry.version;
  if (!entry.exists()) return absl::OkStatus();
  if (!row.ParseFromString(entry.value) || row.schema() != 1) {
    return Error(reason::kStoreCorrupt, "a sequence record cannot be read");
  }
  view.last_sequence = row.last();
  if (row.epoch() != epoch && row.last() < kMaxSequence) {
    view.last_sequence += LeftOut(row, now_ms);
  }
  return absl::OkStatus();
}

void PutSequence(const records::v1::CommandRow& row,
                 u2fi::store::Version expected, audit::Transition& transition) {
  records::v1::SequenceRow sequence;
  sequence.set_schema(1);
  sequence.set_last(row.sequence());
  sequence.set_epoch(transition.epoch);
  sequence.set_time_ms(row.submit_ms());
  const std::string key = SequenceKey(row.device());
  transition.expect.push_back({key, expected});
  transition.put.push_back({key, sequence.SerializeAsString()});
}

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
