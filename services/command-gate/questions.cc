#include "services/command-gate/questions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/command-gate/candidates.h"
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

bool MayAnswer(const Slot& slot, const std::string& token) {
  return slot.tokens().empty() ||
         std::count(slot.tokens().begin(), slot.tokens().end(), token) > 0;
}

absl::StatusOr<Questions::Issued> Questions::Issue(const StoredCommand& command,
                                                   int index) {
  Issued issued;
  ASSIGN_OR_RETURN(issued.candidates, Candidates(command, index));
  challenge::v1::IssueRequest request;
  request.set_tenant(command.tenant);
  *request.mutable_template_() = TemplateOf(command, command.row.slots(index));
  for (const common::v1::Candidate& candidate :
       issued.candidates.candidates()) {
    challenge::v1::CandidateFloor& floor = *request.add_candidates();
    floor.set_token_id(candidate.token_id());
    if (candidate.has_counter_floor()) {
      floor.set_counter_floor(candidate.counter_floor());
    }
  }
  ASSIGN_OR_RETURN(challenge::v1::IssueResponse response,
                   challenge_.Issue(request));
  issued.statement = std::move(*response.mutable_statement());
  return issued;
}

absl::StatusOr<std::vector<StoredCommand>> Questions::AllOf(
    const StoredCommand& command) {
  if (!command.row.batch_ids().empty()) return commands_.ReadBatch(command);
  return std::vector<StoredCommand>{command};
}

absl::StatusOr<ListCandidatesResponse> Questions::Enrolled(
    const StoredCommand& command) {
  return EnrolledTokens(attestation_, command);
}

absl::StatusOr<ListCandidatesResponse> Questions::Candidates(
    const StoredCommand& command, int index) {
  const Slot& slot = command.row.slots(index);
  if (slot.has_candidate()) {
    ListCandidatesResponse only;
    *only.add_candidates() = slot.candidate();
    return only;
  }
  ASSIGN_OR_RETURN(ListCandidatesResponse listed,
                   attestation_.ListCandidates(CandidatesFor(command, slot)));
  if (slot.tokens().empty()) return listed;
  ListCandidatesResponse pinned;
  for (common::v1::Candidate& candidate : *listed.mutable_candidates()) {
    if (MayAnswer(slot, candidate.token_id())) {
      pinned.add_candidates()->Swap(&candidate);
    }
  }
  if (!pinned.candidates().empty()) return pinned;
  return Error(reason::kNoCredentials, "no pinned token may answer");
}

absl::Status Questions::Send(const StoredCommand& command, int index,
                             const ListCandidatesResponse& candidates) {
  // The portal follows what waits for its accounts (ApprovalFeed).
  if (command.row.slots(index).gateway().empty()) return absl::OkStatus();
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

absl::Status Questions::SendAgain(const StoredCommand& command,
                                  absl::string_view gateway) {
  absl::Status first;
  for (int i = 0; i < command.row.slots_size(); ++i) {
    const Slot& slot = command.row.slots(i);
    if (slot.state() != v1::APPROVAL_STATE_ASKED || slot.gateway() != gateway) {
      continue;
    }
    const absl::StatusOr<ListCandidatesResponse> candidates =
        Candidates(command, i);
    first.Update(candidates.ok() ? Send(command, i, *candidates)
                                 : candidates.status());
  }
  return first;
}

void Questions::Tell(const GatewaySession& session,
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

void Questions::Cancel(const StoredCommand& command, absl::string_view reason,
                       int except) {
  for (int i = 0; i < command.row.slots_size(); ++i) {
    const Slot& slot = command.row.slots(i);
    if (i == except || slot.state() != v1::APPROVAL_STATE_ASKED ||
        slot.gateway().empty()) {
      continue;
    }
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
