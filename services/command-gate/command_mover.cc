#include "services/command-gate/command_mover.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/command-gate/command_states.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using ::u2fi::store::Durability;

// Why an alarm was raised.
constexpr char kBreakGlass[] = "BREAK_GLASS";

std::vector<std::string> SubjectsOf(const CommandRow& row) {
  std::vector<std::string> subjects = {
      absl::StrCat("commands/", row.command_id()),
      absl::StrCat("accounts/", row.account())};
  if (!proof::AccountOfTarget(row.device()).has_value()) {
    subjects.push_back(absl::StrCat("devices/", row.device()));
  }
  return subjects;
}

// Whether the row says by which touches its command was approved.
bool HoldsProof(const audit::v1::AuditBody& body) {
  return !body.command().empty() &&
         body.approvals_size() + body.approval_refs_size() > 0;
}

bool IsReasonName(absl::string_view text) {
  return text.size() <= audit::kMaxNameSize &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

// Agents and devices may give any text as their reason: it must not keep the
// row from being written.
void SetReason(const std::string& reason, audit::v1::AuditBody& body,
               std::map<std::string, std::string>& details) {
  if (IsReasonName(reason)) {
    body.set_reason(reason);
  } else if (reason.size() <= audit::kMaxDetailSize &&
             !audit::LooksLikeSecret(reason)) {
    details["reason_text"] = reason;
  }
}

audit::RowContent ContentOf(const CommandRow& before, const CommandRow& after,
                            const MoveEvidence& evidence) {
  audit::RowContent content;
  content.kind = evidence.kind;
  content.subjects = SubjectsOf(after);
  audit::v1::AuditBody& body = content.body;
  body.set_statement(evidence.statement);
  if (evidence.with_command) body.set_command(after.command());
  for (const proof::v1::Approval& approval : evidence.approvals) {
    *body.add_approvals() = approval;
  }
  for (const std::string& reference : evidence.approval_refs) {
    body.add_approval_refs(reference);
  }
  if (HoldsProof(body)) {
    if (after.has_evidence()) *body.mutable_evidence() = after.evidence();
    body.set_index(after.index());
    *body.mutable_path() = after.path();
  }
  body.set_outcome(evidence.outcome);
  std::map<std::string, std::string> details = evidence.details;
  SetReason(evidence.reason.empty() ? after.reason() : evidence.reason, body,
            details);
  if (before.state() != v1::COMMAND_STATE_UNSPECIFIED) {
    body.set_state_before(std::string(StateName(before.state())));
  }
  body.set_state_after(std::string(StateName(after.state())));
  body.set_caller(evidence.caller);
  body.set_reported_by(evidence.reported_by);
  body.set_device_signature(evidence.device_signature);
  for (const auto& [name, value] : details) {
    audit::v1::Detail& detail = *body.add_details();
    detail.set_name(name);
    detail.set_value(value);
  }
  return content;
}

// Once it is decided, nobody is asked any more.
void CloseSlots(CommandRow& row) {
  if (row.state() == v1::COMMAND_STATE_AWAITING_APPROVAL) return;
  for (records::v1::Slot& slot : *row.mutable_slots()) {
    if (slot.state() != v1::APPROVAL_STATE_ASKED &&
        slot.state() != v1::APPROVAL_STATE_QUEUED) {
      continue;
    }
    slot.set_state(row.state() == v1::COMMAND_STATE_EXPIRED
                       ? v1::APPROVAL_STATE_EXPIRED
                       : v1::APPROVAL_STATE_CANCELLED);
  }
}

void AddDetail(const char* name, const std::string& value,
               audit::v1::AuditBody& body) {
  audit::v1::Detail& detail = *body.add_details();
  detail.set_name(name);
  detail.set_value(value);
}

audit::RowContent AlarmOf(const CommandRow& row, const char* reason) {
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_ALARM;
  content.subjects = SubjectsOf(row);
  content.body.set_reason(reason);
  return content;
}

audit::RowContent CooldownAlarm(const CommandRow& row) {
  audit::RowContent content = AlarmOf(row, reason::kRequesterCooldown.name);
  AddDetail("requester", row.requester(), content.body);
  return content;
}

audit::RowContent BreakGlassAlarm(const CommandRow& row) {
  audit::RowContent content = AlarmOf(row, kBreakGlass);
  content.body.set_state_after(std::string(StateName(row.state())));
  // By name.
  AddDetail("operation", row.operation(), content.body);
  AddDetail("requester", row.requester(), content.body);
  AddDetail("why", row.break_glass_reason(), content.body);
  return content;
}

bool BreaksGlass(const CommandRow& row) {
  return row.purpose() == proof::v1::PURPOSE_BREAK_GLASS;
}

}  // namespace

absl::StatusOr<StoredCommand> CommandMover::Create(
    const SubmitView& view, CommandRow row, const MoveEvidence& evidence) {
  audit::Transition transition;
  transition.durability = Durability::kReplicated;
  AddFirstWrites(view, row, transition);
  RETURN_IF_ERROR(
      AddRow(ContentOf(view.command.row, row, evidence), transition));
  if (BreaksGlass(row)) {
    RETURN_IF_ERROR(AddRow(BreakGlassAlarm(row), transition));
    metrics_.CountAlarm("break_glass_asked");
  }
  return Decide(view.command, row, std::move(transition));
}

absl::StatusOr<StoredCommand> CommandMover::CreateBatch(
    const BatchView& view, std::vector<CommandRow> rows,
    const MoveEvidence& evidence) {
  audit::Transition transition;
  transition.durability = Durability::kReplicated;
  AddBatchWrites(view, rows, transition);
  // Their bytes follow in the rows that say what became of each.
  audit::RowContent content =
      ContentOf(view.first.command.row, rows[0], evidence);
  content.body.clear_command();
  RETURN_IF_ERROR(AddRow(std::move(content), transition));
  return Decide(view.first.command, rows[0], std::move(transition));
}

absl::StatusOr<StoredCommand> CommandMover::Move(const StoredCommand& seen,
                                                 CommandRow next,
                                                 const MoveEvidence& evidence,
                                                 Durability durability) {
  const bool moves = next.state() != seen.row.state();
  if (moves && !MayMove(seen.row.state(), next.state(), next.free())) {
    return Error(reason::kInternal, "a command cannot make this move");
  }
  if (moves) CloseSlots(next);
  if (IsFinal(next.state()) && next.end_ms() == 0) {
    next.set_end_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  }
  audit::Transition transition;
  transition.durability = durability;
  AddWrites(seen, next, transition);
  std::vector<StoredCommand> others;
  if (moves && seen.row.batch_ids_size() > 0 &&
      seen.row.state() != v1::COMMAND_STATE_DISPATCHED) {
    ASSIGN_OR_RETURN(others, TakeAlong(seen, next, evidence, transition));
  } else {
    RETURN_IF_ERROR(AddRow(ContentOf(seen.row, next, evidence), transition));
  }
  if (moves && Cooldowns::IsNo(seen.row, next)) {
    ASSIGN_OR_RETURN(const bool cools,
                     cooldowns_.AddNo(seen, clock_.Now(), transition));
    if (cools) {
      RETURN_IF_ERROR(AddRow(CooldownAlarm(next), transition));
      metrics_.CountAlarm("cooldown");
    }
  }
  if (moves && BreaksGlass(next) &&
      next.state() == v1::COMMAND_STATE_APPROVED) {
    RETURN_IF_ERROR(AddRow(BreakGlassAlarm(next), transition));
    metrics_.CountAlarm("break_glass_approved");
  }
  return Decide(seen, next, std::move(transition), std::move(others));
}

absl::StatusOr<std::vector<StoredCommand>> CommandMover::TakeAlong(
    const StoredCommand& seen, const CommandRow& next,
    const MoveEvidence& evidence, audit::Transition& transition) {
  ASSIGN_OR_RETURN(std::vector<StoredCommand> all, commands_.ReadBatch(seen));
  const bool each = next.state() == v1::COMMAND_STATE_APPROVED ||
                    next.state() == v1::COMMAND_STATE_DISPATCHED;
  // The touches have a row of their own, and each command's row refers to them.
  MoveEvidence shared = evidence;
  shared.with_command = false;
  if (!each || !evidence.approvals.empty()) {
    RETURN_IF_ERROR(AddRow(ContentOf(seen.row, next, shared), transition));
  }
  MoveEvidence own;
  own.kind = evidence.kind;
  own.outcome = evidence.outcome;
  own.approval_refs = evidence.approval_refs;
  for (const proof::v1::Approval& approval : evidence.approvals) {
    own.approval_refs.push_back(
        crypto::ToString(audit::ApprovalDigest(approval)));
  }
  for (StoredCommand& one : all) {
    if (one.row.state() != seen.row.state()) {
      return Error(reason::kStoreAborted, "the batch has moved on");
    }
    const bool first = one.row.command_id() == seen.row.command_id();
    CommandRow moved = first ? next : one.row;
    if (!first) {
      moved.set_state(next.state());
      moved.set_reason(next.reason());
      moved.set_end_ms(next.end_ms());
      AddDrivenWrites(one.row, moved, transition);
    }
    if (each) {
      RETURN_IF_ERROR(AddRow(ContentOf(one.row, moved, own), transition));
    }
    one.row = std::move(moved);
  }
  all.erase(all.begin());
  return all;
}

absl::Status CommandMover::AddRow(audit::RowContent content,
                                  audit::Transition& transition) {
  ASSIGN_OR_RETURN(audit::PreparedRow row,
                   audit::PreparedRow::Make(std::move(content), random_));
  transition.rows.push_back(std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<StoredCommand> CommandMover::Decide(
    const StoredCommand& seen, const CommandRow& next,
    audit::Transition transition, std::vector<StoredCommand> others) {
  ASSIGN_OR_RETURN(const audit::Committed committed,
                   decider_.Decide(seen.tenant, std::move(transition)));
  StoredCommand stored;
  stored.tenant = seen.tenant;
  stored.row = next;
  stored.version = committed.version;
  stored.epoch = seen.epoch;
  watchers_.Tell(stored);
  for (StoredCommand& other : others) {
    other.version = committed.version;
    watchers_.Tell(other);
  }
  return stored;
}

}  // namespace u2fi::command_gate
