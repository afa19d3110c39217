#include "services/command-gate/approvals.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/command-gate/candidates.h"
#include "services/command-gate/command_states.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using attestation::v1::ListCandidatesResponse;
using records::v1::CommandRow;
using records::v1::Slot;
using ::u2fi::store::Durability;

v1::ApprovalState SlotAfterRefusal(absl::string_view reason) {
  return StateAfterRefusal(reason) == v1::COMMAND_STATE_EXPIRED
             ? v1::APPROVAL_STATE_EXPIRED
             : v1::APPROVAL_STATE_REFUSED;
}

proof::v1::AuthorizationStatement TemplateOf(const StoredCommand& command,
                                             const Slot& slot) {
  const CommandRow& row = command.row;
  proof::v1::AuthorizationStatement statement;
  statement.set_format(1);
  statement.set_purpose(row.purpose());
  statement.set_tenant(command.tenant);
  statement.set_account(slot.account());
  statement.set_approver_gateway(slot.gateway());
  statement.set_channel_key(slot.channel_key());
  statement.set_site(row.site());
  if (row.batch_ids().empty()) {
    statement.set_batch_root(crypto::ToString(proof::Leaf(row.command())));
    statement.set_batch_size(1);
  } else {
    statement.set_batch_root(row.batch_root());
    statement.set_batch_size(static_cast<uint32_t>(row.batch_ids_size()));
  }
  statement.set_pins_revision(row.pins_revision());
  statement.set_requester(row.requester());
  statement.set_request_id(row.request_id());
  statement.set_approve_by_ms(row.approve_by_ms());
  statement.set_execute_by_ms(row.execute_by_ms());
  if (row.required().uv() || row.required().level() != 0) {
    *statement.mutable_required() = row.required();
  }
  return statement;
}

bool AllAccepted(const CommandRow& row) {
  for (const Slot& slot : row.slots()) {
    if (slot.state() != v1::APPROVAL_STATE_ACCEPTED) return false;
  }
  return row.slots_size() > 0;
}

// Digests of the touches that were taken before the one at `index`.
std::vector<std::string> EarlierTouches(const CommandRow& row, int index) {
  std::vector<std::string> digests;
  for (int i = 0; i < row.slots_size(); ++i) {
    if (i == index) continue;
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

std::string ApprovalId(absl::string_view command_id, int slot,
                       uint32_t attempt) {
  return absl::StrCat(command_id, "-", slot, "-", attempt);
}

bool ParseApprovalId(absl::string_view id, std::string& command_id, int& slot,
                     uint32_t& attempt) {
  const std::vector<std::string> parts = absl::StrSplit(id, '-');
  if (parts.size() != 3 || !proof::IsCommandId(parts[0]) ||
      !absl::SimpleAtoi(parts[1], &slot) || slot < 0 ||
      !absl::SimpleAtoi(parts[2], &attempt)) {
    return false;
  }
  command_id = parts[0];
  return ApprovalId(command_id, slot, attempt) == id;
}

absl::StatusOr<StoredCommand> Approvals::Ask(StoredCommand command) {
  for (int i = 0; i < command.row.slots_size(); ++i) {
    if (command.row.slots(i).state() != v1::APPROVAL_STATE_QUEUED) continue;
    ASSIGN_OR_RETURN(command, AskSlot(std::move(command), i));
    if (command.row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL) break;
  }
  return command;
}

absl::StatusOr<StoredCommand> Approvals::AskSlot(StoredCommand command,
                                                 int index) {
  const absl::StatusOr<ListCandidatesResponse> candidates =
      Candidates(command, index);
  if (IsReason(candidates.status(), reason::kNoCredentials)) {
    return Deny(
        command, index, v1::APPROVAL_STATE_REFUSED,
        RefusalOf(command.row.slots(index), common::v1::OUTCOME_UNSPECIFIED,
                  reason::kNoCredentials.name));
  }
  RETURN_IF_ERROR(candidates.status());
  challenge::v1::IssueRequest request;
  request.set_tenant(command.tenant);
  *request.mutable_template_() = TemplateOf(command, command.row.slots(index));
  for (const common::v1::Candidate& candidate : candidates->candidates()) {
    challenge::v1::CandidateFloor& floor = *request.add_candidates();
    floor.set_token_id(candidate.token_id());
    if (candidate.has_counter_floor()) {
      floor.set_counter_floor(candidate.counter_floor());
    }
  }
  ASSIGN_OR_RETURN(const challenge::v1::IssueResponse issued,
                   challenge_.Issue(request));
  CommandRow next = command.row;
  next.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
  Slot& slot = *next.mutable_slots(index);
  slot.set_state(v1::APPROVAL_STATE_ASKED);
  slot.set_attempts(slot.attempts() + 1);
  slot.set_statement(issued.statement());
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_APPROVAL;
  evidence.statement = issued.statement();
  ASSIGN_OR_RETURN(command, mover_.Move(command, std::move(next), evidence,
                                        Durability::kVolatile));
  RETURN_IF_ERROR(Send(command, index, *candidates));
  return command;
}

absl::StatusOr<std::vector<StoredCommand>> Approvals::AllOf(
    const StoredCommand& command) {
  if (!command.row.batch_ids().empty()) return commands_.ReadBatch(command);
  return std::vector<StoredCommand>{command};
}

absl::StatusOr<ListCandidatesResponse> Approvals::Candidates(
    const StoredCommand& command, int index) {
  const Slot& slot = command.row.slots(index);
  if (slot.has_candidate()) {
    ListCandidatesResponse only;
    *only.add_candidates() = slot.candidate();
    return only;
  }
  return attestation_.ListCandidates(CandidatesFor(command, slot));
}

absl::Status Approvals::Send(const StoredCommand& command, int index,
                             const ListCandidatesResponse& candidates) {
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all, AllOf(command));
  const Slot& slot = command.row.slots(index);
  gateway::v1::MeshMessage message;
  gateway::v1::ApprovalRequest& question = *message.mutable_approval_request();
  question.set_approval_id(
      ApprovalId(command.row.command_id(), index, slot.attempts()));
  question.set_statement(slot.statement());
  for (const StoredCommand& one : all) question.add_commands(one.row.command());
  for (const common::v1::Candidate& candidate : candidates.candidates()) {
    *question.add_candidates()->mutable_candidate() = candidate;
  }
  question.set_requester_label(command.row.account());
  question.set_attempt(slot.attempts());
  if (command.row.has_evidence()) {
    *question.mutable_evidence() = command.row.evidence();
  }
  // A gateway that is away is asked when it comes back (AskAgain), or the
  // question expires.
  gateways_.Send(command.tenant, slot.gateway(), std::move(message))
      .IgnoreError();
  return absl::OkStatus();
}

void Approvals::AskAgain(const StoredCommand& command,
                         absl::string_view gateway) {
  for (int i = 0; i < command.row.slots_size(); ++i) {
    const Slot& slot = command.row.slots(i);
    if (slot.state() != v1::APPROVAL_STATE_ASKED || slot.gateway() != gateway) {
      continue;
    }
    const absl::StatusOr<ListCandidatesResponse> candidates =
        Candidates(command, i);
    // What cannot be read now is asked at the next stream.
    if (candidates.ok()) Send(command, i, *candidates).IgnoreError();
  }
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
  const absl::Status open = CheckOpen(command, session, index, attempt);
  absl::StatusOr<StoredCommand> after =
      open.ok() ? Take(std::move(command), index, answer, verdict)
                : absl::StatusOr<StoredCommand>(open);
  if (!after.ok()) verdict = Refused(ReasonOf(after.status()));
  return after;
}

void Approvals::Tell(const GatewaySession& session,
                     const gateway::v1::ApprovalAnswer& answer,
                     const common::v1::Verdict& verdict) {
  gateway::v1::MeshMessage message;
  gateway::v1::ApprovalOutcome& outcome = *message.mutable_approval_outcome();
  outcome.set_approval_id(answer.approval_id());
  *outcome.mutable_verdict() = verdict;
  outcome.set_token_id(answer.assertion().token_id());
  gateways_.Send(session.tenant, session.gateway, std::move(message))
      .IgnoreError();
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
      return Deny(
          command, index, SlotAfterRefusal(verdict.reason()),
          RefusalOf(slot, common::v1::OUTCOME_REFUSED, verdict.reason()));
    default:
      return FieldError("answer", "is required");
  }
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
  if (verdict.outcome() != common::v1::OUTCOME_ACCEPTED) {
    return AskAfresh(std::move(command), index, refusal);
  }
  const absl::Status rule = CheckRuleStands(command);
  if (!rule.ok() && !IsReason(rule, reason::kPolicyChanged)) return rule;
  if (!rule.ok()) {
    verdict = Refused(ReasonOf(rule));
    refusal.outcome = common::v1::OUTCOME_REFUSED;
    refusal.reason = verdict.reason();
    return Deny(command, index, v1::APPROVAL_STATE_REFUSED, refusal);
  }
  return Accept(command, index, answer);
}

absl::Status Approvals::CheckRuleStands(const StoredCommand& command) {
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all, AllOf(command));
  device_registry::v1::ResolveRequest request;
  request.set_tenant(command.tenant);
  request.set_on_behalf_of(command.row.account());
  request.set_purpose(command.row.purpose());
  for (const StoredCommand& one : all) {
    device_registry::v1::ResolveItem& asked = *request.add_items();
    asked.set_device(one.row.device());
    asked.set_operation(one.row.operation());
  }
  ASSIGN_OR_RETURN(const device_registry::v1::ResolveResponse resolved,
                   registry_.Resolve(request));
  bool stands = resolved.items_size() == request.items_size();
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
  if (!AllAccepted(next)) {
    evidence.with_command = false;
    return mover_.Move(command, std::move(next), evidence,
                       Durability::kVolatile);
  }
  next.set_state(v1::COMMAND_STATE_APPROVED);
  evidence.approval_refs = EarlierTouches(next, index);
  return mover_.Move(command, std::move(next), evidence,
                     Durability::kReplicated);
}

absl::StatusOr<StoredCommand> Approvals::AskAfresh(
    StoredCommand command, int index, const MoveEvidence& evidence) {
  if (command.row.slots(index).attempts() >= kMaxAttempts) {
    return Deny(command, index, v1::APPROVAL_STATE_REFUSED, evidence);
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
  Cancel(denied, evidence.reason);
  return denied;
}

void Approvals::Cancel(const StoredCommand& command, absl::string_view reason) {
  for (int i = 0; i < command.row.slots_size(); ++i) {
    const Slot& slot = command.row.slots(i);
    if (slot.state() != v1::APPROVAL_STATE_ASKED) continue;
    gateway::v1::MeshMessage message;
    gateway::v1::CancelApproval& cancel = *message.mutable_cancel_approval();
    cancel.set_approval_id(
        ApprovalId(command.row.command_id(), i, slot.attempts()));
    cancel.set_reason(std::string(reason));
    gateways_.Send(command.tenant, slot.gateway(), std::move(message))
        .IgnoreError();
  }
}

}  // namespace u2fi::command_gate
