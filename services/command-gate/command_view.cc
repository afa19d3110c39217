#include "services/command-gate/command_view.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "services/command-gate/quorum.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::Timestamp;
using ::google::protobuf::util::TimeUtil;
using records::v1::CommandRow;
using records::v1::Slot;

// The record and its request_id are forgotten this long after the end.
constexpr uint64_t kKeptAfterEndMs = 24ULL * 3'600'000;

Timestamp TimeOf(uint64_t ms) {
  return TimeUtil::MillisecondsToTimestamp(static_cast<int64_t>(ms));
}

void FillTimes(const CommandRow& row, v1::CommandRecord& record) {
  *record.mutable_submit_time() = TimeOf(row.submit_ms());
  if (row.approve_by_ms() != 0) {
    *record.mutable_approve_by() = TimeOf(row.approve_by_ms());
  }
  *record.mutable_execute_by() = TimeOf(row.execute_by_ms());
  if (row.end_ms() == 0) return;
  *record.mutable_end_time() = TimeOf(row.end_ms());
  *record.mutable_expire_time() = TimeOf(row.end_ms() + kKeptAfterEndMs);
}

template <typename Record>
void FillApprovals(const CommandRow& row, Record& record) {
  for (const Slot& slot : row.slots()) {
    v1::ApprovalSlot& approval = *record.add_approvals();
    approval.set_account(slot.account());
    approval.set_gateway(slot.gateway());
    approval.set_state(slot.state());
    approval.set_token_id(slot.approval().token_id());
    approval.set_reason(slot.reason());
    approval.set_attempts(slot.attempts());
    if (slot.answer_ms() != 0) {
      *approval.mutable_answer_time() = TimeOf(slot.answer_ms());
    }
  }
}

void FillRest(const CommandRow& row, v1::CommandRecord& record) {
  record.set_command(row.command());
  record.set_result(row.result());
  if (!IsApproved(row)) return;
  *record.mutable_proof()->mutable_approvals() = TouchesOf(row);
  record.mutable_proof()->set_index(row.index());
  *record.mutable_proof()->mutable_path() = row.path();
}

// Where the approval of a batch stands: what comes after it is its items'.
v1::CommandState ApprovalStateOf(const CommandRow& first) {
  switch (first.state()) {
    case v1::COMMAND_STATE_DISPATCHED:
    case v1::COMMAND_STATE_SUCCEEDED:
    case v1::COMMAND_STATE_FAILED:
    case v1::COMMAND_STATE_UNKNOWN_OUTCOME:
      return v1::COMMAND_STATE_APPROVED;
    default:
      return first.state();
  }
}

}  // namespace

v1::CommandRecord ViewOf(const CommandRow& row, v1::CommandView view) {
  v1::CommandRecord record;
  record.set_name(absl::StrCat("commands/", row.command_id()));
  record.set_state(row.state());
  record.set_reason(row.reason());
  record.set_purpose(row.purpose());
  record.set_device(row.device());
  record.set_gateway(row.gateway());
  record.set_operation(row.operation());
  record.set_requester(row.requester());
  record.set_request_id(row.request_id());
  *record.mutable_rule() = row.rule();
  const std::vector<std::string> words = absl::StrSplit(row.words(), ' ');
  for (const std::string& word : words) record.add_words(word);
  record.set_batch(row.batch());
  record.set_index(row.index());
  if (!row.batch().empty()) {
    record.set_batch_root(row.batch_root());
  } else if (!row.command().empty()) {
    record.set_batch_root(crypto::ToString(proof::Leaf(row.command())));
  }
  record.set_result_source(row.result_source());
  record.set_late_result(row.late_result());
  record.set_break_glass_reason(row.break_glass_reason());
  FillTimes(row, record);
  FillApprovals(row, record);
  if (view == v1::COMMAND_VIEW_FULL) FillRest(row, record);
  return record;
}

StateCounts CountStates(const std::vector<StoredCommand>& all) {
  StateCounts counts;
  for (const StoredCommand& one : all) ++counts[one.row.state()];
  return counts;
}

v1::BatchRecord BatchViewOf(const CommandRow& first,
                            const StateCounts& counts) {
  v1::BatchRecord record;
  record.set_name(absl::StrCat("batches/", first.command_id()));
  record.set_approval_state(ApprovalStateOf(first));
  if (record.approval_state() == first.state()) {
    record.set_reason(first.reason());
  }
  record.set_purpose(first.purpose());
  for (const auto& [state, count] : counts) {
    record.set_size(record.size() + count);
    v1::StateCount& counted = *record.add_counts();
    counted.set_state(state);
    counted.set_count(count);
  }
  FillApprovals(first, record);
  for (absl::string_view word : absl::StrSplit(first.words(), ' ')) {
    record.add_words(std::string(word));
  }
  record.set_batch_root(first.batch_root());
  record.set_requester(first.requester());
  *record.mutable_submit_time() = TimeOf(first.submit_ms());
  if (first.approve_by_ms() != 0) {
    *record.mutable_approve_by() = TimeOf(first.approve_by_ms());
  }
  *record.mutable_execute_by() = TimeOf(first.execute_by_ms());
  return record;
}

}  // namespace u2fi::command_gate
