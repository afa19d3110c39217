#include "services/command-gate/approvals.h"

#include <utility>
#include <vector>

#include "services/command-gate/approval_limits.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/new_keys.h"
#include "services/command-gate/quorum.h"
#include "services/command-gate/token_check.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using records::v1::Slot;
using ::u2fi::store::Durability;

v1::ApprovalState SlotAfterRefusal(absl::string_view reason) {
  return StateAfterRefusal(reason) == v1::COMMAND_STATE_EXPIRED
             ? v1::APPROVAL_STATE_EXPIRED
             : v1::APPROVAL_STATE_REFUSED;
}

// Digests of the touches that were taken before the one at `index`.
std::vector<std::string> EarlierTouches(const CommandRow& row, int index) {
  std::vector<std::string> digests;
  for (int i = 0; i < row.slots_size(); ++i) {
    if (i == index || row.slots(i).state() != v1::APPROVAL_STATE_ACCEPTED) {
      continue;
    }
    digests.push_back(
        crypto::ToString(audit::ApprovalDigest(row.slots(i).approval())));
  }
  return digests;
}

proof::v1::Approval ApprovalOf(const Slot& slot,
                               const proof::v1::Answer& answer) {
  proof::v1::Approval approval;
  approval.set_statement(slot.statement());
  approval.set_client_data(answer.client_data());
  approval.set_authenticator_data(answer.authenticator_data());
  approval.set_signature(answer.signature());
  approval.set_token_id(answer.token_id());
  approval.set_touched_at_ms(answer.touched_at_ms());
  approval.set_relay_signature(answer.relay_signature());
  return approval;
}

// What `touch` was made from.
proof::v1::Answer AnswerOf(const proof::v1::Approval& touch) {
  proof::v1::Answer answer;
  answer.set_client_data(touch.client_data());
  answer.set_authenticator_data(touch.authenticator_data());
  answer.set_signature(touch.signature());
  answer.set_token_id(touch.token_id());
  answer.set_touched_at_ms(touch.touched_at_ms());
  answer.set_relay_signature(touch.relay_signature());
  return answer;
}

// The approver whose open question `touch` answers; -1 if there is none.
int FindOpen(const CommandRow& row, const proof::v1::Approval& touch) {
  if (row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL) return -1;
  for (int i = 0; i < row.slots_size(); ++i) {
    if (row.slots(i).state() == v1::APPROVAL_STATE_ASKED &&
        row.slots(i).statement() == touch.statement()) {
      return i;
    }
  }
  return -1;
}

// What the row of an answer that was not accepted says.
MoveEvidence RefusalOf(const Slot& slot, common::v1::Outcome outcome,
                       absl::string_view reason) {
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_APPROVAL;
  evidence.statement = slot.statement();
  evidence.outcome = outcome;
  evidence.reason = std::string(reason);
  return evidence;
}

common::v1::Verdict Refused(absl::string_view reason) {
  common::v1::Verdict verdict;
  verdict.set_outcome(common::v1::OUTCOME_REFUSED);
  verdict.set_reason(std::string(reason));
  return verdict;
}

// Whether this very answer was accepted before.
bool IsTaken(const CommandRow& row, int index,
             const gateway::v1::ApprovalAnswer& answer) {
  if (index >= row.slots_size() || !answer.has_assertion()) return false;
  const Slot& slot = row.slots(index);
  return slot.state() == v1::APPROVAL_STATE_ACCEPTED &&
         slot.approval().signature() == answer.assertion().signature() &&
         slot.approval().client_data() == answer.assertion().client_data();
}

// Whether `answer` is a touch for a question that was open at `session` when
// the command ended, and that nobody has written down yet.
bool IsLate(const CommandRow& row, const GatewaySession& session, int index,
            uint32_t attempt, const gateway::v1::ApprovalAnswer& answer) {
  if (!IsFinal(row.state()) || index >= row.slots_size()) return false;
  const Slot& slot = row.slots(index);
  return answer.has_assertion() && !slot.statement().empty() &&
         slot.gateway() == session.gateway &&
         slot.channel_key() == session.channel_key &&
         slot.attempts() == attempt;
}

// OK if `answer` is to a question that is open at `session`.
absl::Status CheckOpen(const StoredCommand& command,
                       const GatewaySession& session, int index,
                       uint32_t attempt) {
  if (command.row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL ||
      index >= command.row.slots_size()) {
    return Error(reason::kAlreadyDecided, "nobody is asked any more");
  }
  const Slot& slot = command.row.slots(index);
  if (slot.gateway() != session.gateway ||
      slot.channel_key() != session.channel_key) {
    return Error(reason::kChannelKeyMismatch,
                 "the question went to another gateway or key");
  }
  if (slot.state() != v1::APPROVAL_STATE_ASKED || slot.attempts() != attempt) {
    return Error(reason::kAlreadyDecided, "the question is not open any more");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StoredCommand> Approvals::Ask(StoredCommand command) {
  for (int i = 0; i < command.row.slots_size(); ++i) {
    if (command.row.slots(i).state() != v1::APPROVAL_STATE_QUEUED) continue;
    ASSIGN_OR_RETURN(command, AskSlot(std::move(command), i));
    if (IsFinal(command.row.state())) break;
  }
  return command;
}

absl::StatusOr<StoredCommand> Approvals::AskSlot(StoredCommand command,
                                                 int index) {
  const absl::StatusOr<Questions::Issued> issued =
      questions_.Issue(command, index);
  if (IsReason(issued.status(), reason::kNoCredentials)) {
    return DropOut(
        command, index, v1::APPROVAL_STATE_REFUSED,
        RefusalOf(command.row.slots(index), common::v1::OUTCOME_UNSPECIFIED,
                  reason::kNoCredentials.name));
  }
  RETURN_IF_ERROR(issued.status());
  CommandRow next = command.row;
  next.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
  Slot& slot = *next.mutable_slots(index);
  slot.set_state(v1::APPROVAL_STATE_ASKED);
  slot.set_attempts(slot.attempts() + 1);
  slot.set_statement(issued->statement);
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_APPROVAL;
  evidence.statement = issued->statement;
  ASSIGN_OR_RETURN(command, mover_.Move(command, std::move(next), evidence,
                                        Durability::kVolatile));
  RETURN_IF_ERROR(questions_.Send(command, index, issued->candidates));
  return command;
}

absl::StatusOr<StoredCommand> Approvals::Answer(
    StoredCommand command, const GatewaySession& session,
    const gateway::v1::ApprovalAnswer& answer, common::v1::Verdict& verdict) {
  std::string command_id;
  int index = 0;
  uint32_t attempt = 0;
  if (!ParseApprovalId(answer.approval_id(), command_id, index, attempt)) {
    const absl::Status error =
        FieldError("approval_id", "is not the id of a question");
    verdict = Refused(ReasonOf(error));
    return error;
  }
  if (IsTaken(command.row, index, answer)) {
    verdict.set_outcome(common::v1::OUTCOME_ACCEPTED);
    return command;
  }
  if (IsLate(command.row, session, index, attempt, answer)) {
    ASSIGN_OR_RETURN(command, WriteDown(command, index, answer.assertion()));
  }
  const absl::Status open = CheckOpen(command, session, index, attempt);
  absl::StatusOr<StoredCommand> after =
      open.ok() ? Take(std::move(command), index, answer, verdict)
                : absl::StatusOr<StoredCommand>(open);
  if (!after.ok()) verdict = Refused(ReasonOf(after.status()));
  return after;
}

absl::StatusOr<StoredCommand> Approvals::Take(
    StoredCommand command, int index, const gateway::v1::ApprovalAnswer& answer,
    common::v1::Verdict& verdict) {
  const Slot& slot = command.row.slots(index);
  switch (answer.answer_case()) {
    case gateway::v1::ApprovalAnswer::kAssertion:
      return TakeAssertion(std::move(command), index, answer.assertion(),
                           verdict);
    case gateway::v1::ApprovalAnswer::kDeclined:
      verdict = Refused(reason::kDeclined.name);
      return Deny(
          command, index, v1::APPROVAL_STATE_DECLINED,
          RefusalOf(slot, common::v1::OUTCOME_REFUSED, verdict.reason()));
    case gateway::v1::ApprovalAnswer::kFailed:
      verdict = Refused(answer.failed().reason());
      return DropOut(
          command, index, SlotAfterRefusal(verdict.reason()),
          RefusalOf(slot, common::v1::OUTCOME_REFUSED, verdict.reason()));
    default:
      return FieldError("answer", "is required");
  }
}

absl::StatusOr<StoredCommand> Approvals::WriteDown(
    const StoredCommand& command, int index, const proof::v1::Answer& answer) {
  CommandRow next = command.row;
  Slot& slot = *next.mutable_slots(index);
  MoveEvidence evidence =
      RefusalOf(slot, common::v1::OUTCOME_REFUSED, next.reason());
  const proof::v1::Approval touch = ApprovalOf(slot, answer);
  if (touch.ByteSizeLong() <= audit::kMaxApprovalSize) {
    evidence.approvals = {touch};
  }
  // Once.
  slot.clear_statement();
  return mover_.Move(command, std::move(next), evidence, Durability::kVolatile);
}

absl::StatusOr<StoredCommand> Approvals::TakeAssertion(
    StoredCommand command, int index, const proof::v1::Answer& answer,
    common::v1::Verdict& verdict) {
  const Slot& slot = command.row.slots(index);
  attestation::v1::VerifyAssertionRequest request;
  request.set_tenant(command.tenant);
  request.set_statement(slot.statement());
  *request.mutable_answer() = answer;
  request.mutable_channel()->set_gateway(slot.gateway());
  request.mutable_channel()->set_channel_key(slot.channel_key());
  ASSIGN_OR_RETURN(const attestation::v1::VerifyAssertionResponse response,
                   attestation_.VerifyAssertion(request));
  verdict = response.verdict();
  MoveEvidence refusal = RefusalOf(slot, verdict.outcome(), verdict.reason());
  const proof::v1::Approval touch = ApprovalOf(slot, answer);
  if (touch.ByteSizeLong() <= audit::kMaxApprovalSize) {
    refusal.approvals = {touch};
  }
  if (verdict.outcome() == common::v1::OUTCOME_ACCEPTED &&
      !MayAnswer(slot, answer.token_id())) {
    verdict = Refused(reason::kTokenNotPinned.name);
    refusal.outcome = verdict.outcome();
    refusal.reason = verdict.reason();
  }
  if (verdict.outcome() != common::v1::OUTCOME_ACCEPTED) {
    return AskAfresh(std::move(command), index, refusal);
  }
  const absl::Status rule = CheckRuleStands(command, slot);
  if (!rule.ok() && !IsFinalRefusal(rule)) return rule;
  if (!rule.ok()) {
    verdict = Refused(ReasonOf(rule));
    refusal.outcome = common::v1::OUTCOME_REFUSED;
    refusal.reason = verdict.reason();
    return Deny(command, index, v1::APPROVAL_STATE_REFUSED, refusal);
  }
  return Accept(command, index, answer);
}

absl::StatusOr<StoredCommand> Approvals::AcceptAgain(
    StoredCommand command, const proof::v1::Approval& touch) {
  const int index = FindOpen(command.row, touch);
  if (index < 0) return command;
  Slot answered = command.row.slots(index);
  *answered.mutable_approval() = touch;
  RETURN_IF_ERROR(CheckToken(attestation_, command, answered));
  RETURN_IF_ERROR(CheckRuleStands(command, answered));
  return Accept(command, index, AnswerOf(touch));
}

absl::Status Approvals::CheckRuleStands(const StoredCommand& command,
                                        const Slot& slot) {
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all,
                   questions_.AllOf(command));
  device_registry::v1::ResolveRequest request;
  request.set_tenant(command.tenant);
  request.set_on_behalf_of(command.row.account());
  request.set_purpose(command.row.purpose());
  // A new owner's gateway is no place of the present one.
  if (!slot.new_owner()) request.set_approver_gateway(slot.gateway());
  for (const StoredCommand& one : all) {
    device_registry::v1::ResolveItem& asked = *request.add_items();
    asked.set_device(one.row.device());
    asked.set_operation(one.row.operation());
  }
  ASSIGN_OR_RETURN(const device_registry::v1::ResolveResponse resolved,
                   registry_.Resolve(request));
  const bool forbidden =
      command.row.purpose() == proof::v1::PURPOSE_BREAK_GLASS &&
      resolved.policy().forbid_break_glass();
  bool stands = !forbidden && resolved.items_size() == request.items_size();
  for (int i = 0; stands && i < resolved.items_size(); ++i) {
    stands = resolved.items(i).rule().SerializeAsString() ==
             all[static_cast<size_t>(i)].row.rule().SerializeAsString();
  }
  if (stands) return absl::OkStatus();
  return Error(reason::kPolicyChanged,
               "the rule changed after the touch was asked for");
}

absl::StatusOr<StoredCommand> Approvals::Accept(
    const StoredCommand& command, int index, const proof::v1::Answer& answer) {
  CommandRow next = command.row;
  Slot& slot = *next.mutable_slots(index);
  *slot.mutable_approval() = ApprovalOf(slot, answer);
  slot.set_state(v1::APPROVAL_STATE_ACCEPTED);
  slot.set_answer_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  slot.clear_statement();
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_APPROVAL;
  evidence.outcome = common::v1::OUTCOME_ACCEPTED;
  evidence.approvals = {slot.approval()};
  if (IsApproved(next)) RETURN_IF_ERROR(Recheck(command, index, next));
  if (!IsApproved(next)) return AcceptEarly(command, std::move(next), evidence);
  const absl::Status keys = CheckNewKeys(registry_, command, next);
  if (IsFinalRefusal(keys)) {
    evidence.outcome = common::v1::OUTCOME_REFUSED;
    evidence.reason = ReasonOf(keys);
    return Deny(command, index, v1::APPROVAL_STATE_REFUSED, evidence);
  }
  RETURN_IF_ERROR(keys);
  next.set_state(v1::COMMAND_STATE_APPROVED);
  evidence.approval_refs = EarlierTouches(next, index);
  ASSIGN_OR_RETURN(
      StoredCommand approved,
      mover_.Move(command, std::move(next), evidence, Durability::kReplicated));
  questions_.Cancel(command, reason::kAlreadyDecided.name, index);
  return approved;
}

absl::StatusOr<StoredCommand> Approvals::AcceptEarly(
    const StoredCommand& command, CommandRow next, MoveEvidence evidence) {
  evidence.with_command = false;
  if (MayBeApproved(next)) {
    return mover_.Move(command, std::move(next), evidence,
                       Durability::kReplicated);
  }
  next.set_state(v1::COMMAND_STATE_DENIED);
  next.set_reason(reason::kTokenRevoked.name);
  ASSIGN_OR_RETURN(
      StoredCommand denied,
      mover_.Move(command, std::move(next), evidence, Durability::kReplicated));
  // The touch that came last has no question open: nobody is left out.
  questions_.Cancel(command, denied.row.reason());
  return denied;
}

absl::Status Approvals::Recheck(const StoredCommand& command, int index,
                                CommandRow& next) {
  for (int i = 0; i < next.slots_size(); ++i) {
    Slot& slot = *next.mutable_slots(i);
    if (i == index || slot.state() != v1::APPROVAL_STATE_ACCEPTED) continue;
    absl::Status stands = CheckToken(attestation_, command, slot);
    if (stands.ok()) continue;
    if (!IsReason(stands, reason::kTokenRevoked)) return stands;
    slot.set_state(v1::APPROVAL_STATE_REFUSED);
    slot.set_reason(ReasonOf(stands));
    slot.clear_approval();
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredCommand> Approvals::AskAfresh(
    StoredCommand command, int index, const MoveEvidence& evidence) {
  if (command.row.slots(index).attempts() >= kMaxAttempts) {
    return DropOut(command, index, v1::APPROVAL_STATE_REFUSED, evidence);
  }
  CommandRow next = command.row;
  Slot& slot = *next.mutable_slots(index);
  slot.set_state(v1::APPROVAL_STATE_QUEUED);
  slot.set_reason(evidence.reason);
  slot.set_answer_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  slot.clear_statement();
  ASSIGN_OR_RETURN(command, mover_.Move(command, std::move(next), evidence,
                                        Durability::kVolatile));
  // If this fails, the sweeper asks.
  absl::StatusOr<StoredCommand> asked = AskSlot(command, index);
  return asked.ok() ? asked : command;
}

absl::StatusOr<StoredCommand> Approvals::DropOut(const StoredCommand& command,
                                                 int index,
                                                 v1::ApprovalState slot_state,
                                                 const MoveEvidence& evidence) {
  CommandRow next = command.row;
  Slot& slot = *next.mutable_slots(index);
  slot.set_state(slot_state);
  slot.set_reason(evidence.reason);
  slot.set_answer_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  slot.clear_statement();
  if (!MayBeApproved(next)) return Deny(command, index, slot_state, evidence);
  return mover_.Move(command, std::move(next), evidence, Durability::kVolatile);
}

absl::StatusOr<StoredCommand> Approvals::Deny(const StoredCommand& command,
                                              int index,
                                              v1::ApprovalState slot_state,
                                              const MoveEvidence& evidence) {
  CommandRow next = command.row;
  next.set_state(StateAfterRefusal(evidence.reason));
  next.set_reason(evidence.reason);
  Slot& slot = *next.mutable_slots(index);
  slot.set_state(slot_state);
  slot.set_reason(evidence.reason);
  slot.set_answer_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  ASSIGN_OR_RETURN(
      StoredCommand denied,
      mover_.Move(command, std::move(next), evidence, Durability::kReplicated));
  questions_.Cancel(command, evidence.reason, index);
  return denied;
}

}  // namespace u2fi::command_gate
