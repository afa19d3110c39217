#include "services/command-gate/gate_flow.h"

#include <set>
#include <utility>
#include <vector>

#include "services/command-gate/acknowledgement.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/gateway_words.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using records::v1::CommandRow;
using ::u2fi::store::Durability;

constexpr int kTries = 4;

// Questions that wait for a service or the store, at most.
constexpr size_t kMaxLeftOver = 10'000;

// Of them, put again in one go.
constexpr size_t kMostAtOnce = 500;

// The id of the command that is answered; empty if there is none.
std::string CommandOf(const gateway::v1::ApprovalAnswer& answer) {
  std::string command_id;
  int slot = 0;
  uint32_t attempt = 0;
  return ParseApprovalId(answer.approval_id(), command_id, slot, attempt)
             ? command_id
             : "";
}

bool IsReadyToAsk(const CommandRow& row) {
  return (row.state() == v1::COMMAND_STATE_PREPARING ||
          row.state() == v1::COMMAND_STATE_AWAITING_APPROVAL) &&
         !row.free() && Preparation::IsReady(row);
}

bool IsReadyToDispatch(const CommandRow& row) {
  return row.state() == v1::COMMAND_STATE_APPROVED ||
         row.state() == v1::COMMAND_STATE_DISPATCHED ||
         (row.state() == v1::COMMAND_STATE_PREPARING && row.free());
}

absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// Takes `step`, which begins with a read, again until it tells what happened.
template <typename Step>
auto Persist(Step step) {
  auto result = step();
  for (int i = 1; i < kTries && MayHaveChanged(StatusOf(result)); ++i) {
    result = step();
  }
  return result;
}

void Log(absl::string_view what, const GatewaySession& session,
         const absl::Status& status) {
  if (status.ok()) return;
  logging::Warning(what, {{"tenant", session.tenant},
                          {"gateway", session.gateway},
                          {"reason", ReasonOf(status)},
                          {"cause", std::string(status.message())}});
}

}  // namespace

absl::StatusOr<StoredCommand> GateFlow::Find(absl::string_view tenant,
                                             absl::string_view command_id) {
  ASSIGN_OR_RETURN(StoredCommand command, commands_.Read(tenant, command_id));
  if (command.exists()) return command;
  return Error(reason::kResourceUnknown, "no such command",
               {{"command", std::string(command_id)}});
}

absl::Status GateFlow::Advance(StoredCommand command) {
  // Up to the dispatch the first command of a batch drives the others.
  if (command.row.index() > 0 &&
      command.row.state() != v1::COMMAND_STATE_DISPATCHED) {
    return absl::OkStatus();
  }
  if (command.row.state() == v1::COMMAND_STATE_PREPARING &&
      !command.row.free()) {
    ASSIGN_OR_RETURN(command, preparation_.Begin(std::move(command)));
  }
  if (IsReadyToAsk(command.row)) {
    ASSIGN_OR_RETURN(command, approvals_.Ask(std::move(command)));
  }
  if (IsReadyToDispatch(command.row)) {
    ASSIGN_OR_RETURN(command, dispatcher_.Dispatch(std::move(command)));
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredCommand> GateFlow::Cancel(const StoredCommand& command,
                                               absl::string_view caller_uri) {
  if (command.row.state() == v1::COMMAND_STATE_DISPATCHED ||
      IsFinal(command.row.state())) {
    return Error(reason::kAlreadyDecided, "the command has gone too far",
                 {{"state", std::string(StateName(command.row.state()))}});
  }
  if (command.row.index() > 0) {
    return FieldError("name", "is part of a batch that ends as a whole");
  }
  CommandRow next = command.row;
  next.set_state(v1::COMMAND_STATE_CANCELLED);
  next.set_reason(reason::kCancelled.name);
  MoveEvidence evidence;
  evidence.caller = std::string(caller_uri);
  ASSIGN_OR_RETURN(
      StoredCommand cancelled,
      mover_.Move(command, std::move(next), evidence, Durability::kReplicated));
  approvals_.Cancel(command, reason::kCancelled.name);
  return cancelled;
}

absl::Status GateFlow::OnTimer(absl::string_view tenant,
                               absl::string_view command_id) {
  ASSIGN_OR_RETURN(StoredCommand command, Find(tenant, command_id));
  const auto now = static_cast<uint64_t>(UnixMillis(clock_));
  const uint64_t deadline = DeadlineMs(command.row);
  if (deadline == 0) return absl::OkStatus();
  if (now < deadline) {
    RETURN_IF_ERROR(Advance(command));
    return dispatcher_.NoteSentAgain(command);
  }
  switch (command.row.state()) {
    case v1::COMMAND_STATE_PREPARING:
    case v1::COMMAND_STATE_AWAITING_APPROVAL:
      return Expire(command, v1::COMMAND_STATE_EXPIRED,
                    reason::kApproveByPassed);
    case v1::COMMAND_STATE_APPROVED:
      return Expire(command, v1::COMMAND_STATE_EXPIRED,
                    reason::kExecuteByPassed);
    default:
      return Expire(command, v1::COMMAND_STATE_UNKNOWN_OUTCOME,
                    reason::kOutcomeUnknown);
  }
}

absl::Status GateFlow::Expire(const StoredCommand& command,
                              v1::CommandState state, const Reason& reason) {
  CommandRow next = command.row;
  next.set_state(state);
  next.set_reason(reason.name);
  RETURN_IF_ERROR(
      mover_.Move(command, std::move(next), {}, Durability::kReplicated)
          .status());
  approvals_.Cancel(command, reason.name);
  return absl::OkStatus();
}

void GateFlow::SendAgain(const GatewaySession& session) {
  const auto ids = commands_.ListForGateway(session.tenant, session.gateway);
  Log("commands of a gateway cannot be read", session, ids.status());
  if (!ids.ok()) return;
  std::vector<StoredCommand> commands;
  std::set<std::string> batches;
  for (const std::string& id : *ids) {
    absl::StatusOr<StoredCommand> command = commands_.Read(session.tenant, id);
    if (!command.ok() || !command->exists()) continue;
    if (IsReadyToDispatch(command->row)) batches.insert(id);
    commands.push_back(*std::move(command));
  }
  for (const StoredCommand& command : commands) {
    // The first command of a batch that is on its way sends all of it.
    if (command.row.index() > 0 && batches.count(command.row.batch()) > 0) {
      continue;
    }
    if (IsPassing(approvals_.AskAgain(command, session.gateway))) {
      AskLater({session.tenant, command.row.command_id(), session.gateway});
    }
    Log("a command cannot go on", session, Advance(command));
  }
}

void GateFlow::OnMessage(const GatewaySession& session,
                         const GatewayMessage& message) {
  absl::Status status = CheckWords(message);
  if (status.ok()) status = Persist([&] { return Handle(session, message); });
  Log("a message of a gateway was refused", session, status);
  // What can never be taken is acknowledged too: the agent must not keep it
  // for ever. What any other fault kept out comes again.
  const std::string& id = message.message_id();
  const bool named = !id.empty() && id.size() <= kMaxMessageId;
  if (!named || !MayAcknowledge(status)) return;
  gateway::v1::MeshMessage answer;
  answer.mutable_result_ack()->add_message_ids(id);
  gateways_.Send(session.tenant, session.gateway, std::move(answer))
      .IgnoreError();
}

absl::Status GateFlow::Handle(const GatewaySession& session,
                              const GatewayMessage& message) {
  switch (message.body_case()) {
    case GatewayMessage::kApprovalReceived:
      return absl::OkStatus();
    case GatewayMessage::kApprovalAnswer:
      return OnApproval(session, message.approval_answer());
    case GatewayMessage::kEnrolmentAnswer:
      return OnEnrolment(session, message.enrolment_answer());
    case GatewayMessage::kDeviceProof:
      return OnDeviceProof(session, message.device_proof());
    case GatewayMessage::kCommandAccepted:
      return OnAccepted(session, message.command_accepted());
    case GatewayMessage::kCommandResult:
      return OnResult(session, message.command_result());
    case GatewayMessage::kBindingResult:
      return OnBinding(session, message.binding_result());
    case GatewayMessage::kPinsReport:
      return OnPins(session, message.pins_report());
    case GatewayMessage::kTokenRenewal:
      return OnRenewal(session, message.token_renewal());
    default:
      return Error(reason::kUnimplemented,
                   "this message is not there yet; see the README");
  }
}

absl::StatusOr<StoredCommand> GateFlow::TakeAnswer(
    const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer,
    common::v1::Verdict& verdict) {
  return Persist([&]() -> absl::StatusOr<StoredCommand> {
    ASSIGN_OR_RETURN(StoredCommand command, FindAsked(session, answer));
    return approvals_.Answer(std::move(command), session, answer, verdict);
  });
}

absl::StatusOr<StoredCommand> GateFlow::AnswerInBrowser(
    const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer,
    common::v1::Verdict& verdict) {
  ASSIGN_OR_RETURN(const StoredCommand asked, FindAsked(session, answer));
  RETURN_IF_ERROR(CheckInTime(asked));
  return TakeAnswer(session, answer, verdict);
}

absl::Status GateFlow::CheckInTime(const StoredCommand& asked) const {
  const bool waits = asked.row.state() == v1::COMMAND_STATE_PREPARING ||
                     asked.row.state() == v1::COMMAND_STATE_AWAITING_APPROVAL;
  if (!waits ||
      UnixMillis(clock_) <= static_cast<int64_t>(asked.row.approve_by_ms())) {
    return absl::OkStatus();
  }
  return Error(reason::kApproveByPassed, "the time for the touch is up");
}

absl::StatusOr<StoredCommand> GateFlow::RegisterInBrowser(
    const GatewaySession& session, const gateway::v1::EnrolmentAnswer& answer,
    common::v1::Verdict& verdict) {
  ASSIGN_OR_RETURN(
      StoredCommand command, Persist([&]() -> absl::StatusOr<StoredCommand> {
        ASSIGN_OR_RETURN(const StoredCommand asked,
                         Find(session.tenant, answer.enrolment_id()));
        RETURN_IF_ERROR(CheckInTime(asked));
        return preparation_.OnRegistration(asked, session, answer);
      }));
  if (command.row.command().empty()) {
    verdict.set_outcome(common::v1::OUTCOME_REFUSED);
    verdict.set_reason(command.row.reason());
    return command;
  }
  verdict.set_outcome(common::v1::OUTCOME_ACCEPTED);
  // The registration is kept; if nobody can be asked now, the sweeper asks.
  Log("an enrolment waits for the sweeper", session, Advance(command));
  return Find(session.tenant, answer.enrolment_id());
}

absl::Status GateFlow::OnApproval(const GatewaySession& session,
                                  const gateway::v1::ApprovalAnswer& answer) {
  common::v1::Verdict verdict;
  const absl::StatusOr<StoredCommand> after =
      TakeAnswer(session, answer, verdict);
  if (IsPassing(after.status())) {
    AskLater({session.tenant, CommandOf(answer), session.gateway});
  }
  if (verdict.outcome() == common::v1::OUTCOME_UNSPECIFIED) {
    verdict.set_outcome(common::v1::OUTCOME_REFUSED);
    verdict.set_reason(ReasonOf(after.status()));
  }
  // The answer is kept; if the next step fails, the sweeper takes it. The
  // device waits for the command, and nobody for the word about the touch.
  if (after.ok() && IsReadyToDispatch(after->row)) {
    Log("a command waits for the sweeper", session, Advance(*after));
  }
  approvals_.Tell(session, answer, verdict);
  return after.status();
}

void GateFlow::AskLater(const Question& question) {
  MutexLock lock(mutex_);
  if (left_over_.size() < kMaxLeftOver) left_over_.insert(question);
}

void GateFlow::AskSoon(const StoredCommand& command) {
  if (command.row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL) return;
  for (const records::v1::Slot& slot : command.row.slots()) {
    if (slot.state() == v1::APPROVAL_STATE_ASKED && !slot.gateway().empty()) {
      AskLater({command.tenant, command.row.command_id(), slot.gateway()});
    }
  }
}

absl::Status GateFlow::AskOne(const Question& question) {
  const auto& [tenant, command_id, gateway] = question;
  ASSIGN_OR_RETURN(const StoredCommand command, Find(tenant, command_id));
  return approvals_.AskAgain(command, gateway);
}

std::set<GateFlow::Question> GateFlow::TakeLeftOver() {
  std::set<Question> taken;
  MutexLock lock(mutex_);
  while (!left_over_.empty() && taken.size() < kMostAtOnce) {
    taken.insert(left_over_.extract(left_over_.begin()));
  }
  return taken;
}

void GateFlow::AskLeftOver() {
  bool away = false;
  for (const Question& question : TakeLeftOver()) {
    if (!away) {
      const absl::Status asked = AskOne(question);
      // A gateway without a stream is asked when it has one.
      away = IsPassing(asked) && !IsReason(asked, reason::kGatewayOffline);
    }
    if (away) AskLater(question);
  }
}

absl::StatusOr<StoredCommand> GateFlow::FindAsked(
    const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer) {
  const std::string command_id = CommandOf(answer);
  if (command_id.empty()) {
    return FieldError("approval_id", "is not the id of a question");
  }
  return Find(session.tenant, command_id);
}

absl::Status GateFlow::OnEnrolment(const GatewaySession& session,
                                   const gateway::v1::EnrolmentAnswer& answer) {
  ASSIGN_OR_RETURN(StoredCommand command,
                   Find(session.tenant, answer.enrolment_id()));
  ASSIGN_OR_RETURN(command,
                   preparation_.OnRegistration(command, session, answer));
  return Advance(std::move(command));
}

absl::Status GateFlow::OnDeviceProof(const GatewaySession& session,
                                     const gateway::v1::DeviceProof& proof) {
  ASSIGN_OR_RETURN(
      const std::string command_id,
      commands_.FindByTransaction(session.tenant, proof.transaction()));
  ASSIGN_OR_RETURN(StoredCommand command, Find(session.tenant, command_id));
  ASSIGN_OR_RETURN(command,
                   preparation_.OnDeviceProof(command, session, proof));
  return Preparation::IsReady(command.row) ? Advance(std::move(command))
                                           : absl::OkStatus();
}

absl::Status GateFlow::OnAccepted(
    const GatewaySession& session,
    const gateway::v1::CommandAccepted& accepted) {
  if (accepted.refused_reason().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const StoredCommand command,
                   Find(session.tenant, accepted.command_id()));
  return dispatcher_.OnAccepted(command, session, accepted).status();
}

absl::Status GateFlow::OnResult(const GatewaySession& session,
                                const gateway::v1::CommandResult& result) {
  ASSIGN_OR_RETURN(const StoredCommand command,
                   Find(session.tenant, result.command_id()));
  return dispatcher_.OnResult(command, session, result).status();
}

absl::Status GateFlow::OnBinding(const GatewaySession& session,
                                 const gateway::v1::BindingResult& result) {
  if (result.command_id().empty()) return absl::OkStatus();
  device_registry::v1::ConfirmRequest confirm;
  *confirm.add_results() = result;
  RETURN_IF_ERROR(Confirm(session, std::move(confirm)));
  const absl::StatusOr<StoredCommand> command =
      Find(session.tenant, result.command_id());
  // Devices report their pin set long after its command is forgotten.
  if (IsReason(command.status(), reason::kResourceUnknown)) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(command.status());
  return dispatcher_.OnBinding(*command, session, result).status();
}

absl::Status GateFlow::Confirm(const GatewaySession& session,
                               device_registry::v1::ConfirmRequest request) {
  request.set_tenant(session.tenant);
  request.set_gateway(session.gateway);
  ASSIGN_OR_RETURN(const device_registry::v1::ConfirmResponse response,
                   registry_.Confirm(request));
  for (const gateway::v1::PinsUpdate& update : response.updates()) {
    gateway::v1::MeshMessage message;
    *message.mutable_pins_update() = update;
    RETURN_IF_ERROR(
        gateways_.Send(session.tenant, session.gateway, std::move(message)));
  }
  for (const gateway::v1::ReleaseBinding& release : response.releases()) {
    gateway::v1::MeshMessage message;
    *message.mutable_release_binding() = release;
    RETURN_IF_ERROR(
        gateways_.Send(session.tenant, session.gateway, std::move(message)));
  }
  return absl::OkStatus();
}

absl::Status GateFlow::OnPins(const GatewaySession& session,
                              const gateway::v1::PinsReport& report) {
  device_registry::v1::ConfirmRequest confirm;
  *confirm.add_reports() = report;
  RETURN_IF_ERROR(Confirm(session, std::move(confirm)));
  if (report.transaction().empty()) return absl::OkStatus();
  // The device kept staged data and asks how it ended.
  device_registry::v1::OutcomeRequest ask;
  ask.set_tenant(session.tenant);
  ask.set_transaction(report.transaction());
  ask.set_device(report.device());
  ASSIGN_OR_RETURN(const device_registry::v1::OutcomeResponse outcome,
                   registry_.Outcome(ask));
  for (const gateway::v1::CommitBinding& commit : outcome.commits()) {
    gateway::v1::MeshMessage message;
    *message.mutable_commit_binding() = commit;
    RETURN_IF_ERROR(
        gateways_.Send(session.tenant, session.gateway, std::move(message)));
  }
  if (outcome.transaction().state() !=
      device_registry::v1::TRANSACTION_STATE_ROLLED_BACK) {
    return absl::OkStatus();
  }
  gateway::v1::MeshMessage message;
  gateway::v1::RollbackBinding& rollback = *message.mutable_rollback_binding();
  rollback.set_transaction(report.transaction());
  rollback.add_devices(report.device());
  rollback.set_reason(outcome.transaction().reason());
  return gateways_.Send(session.tenant, session.gateway, std::move(message));
}

absl::Status GateFlow::OnRenewal(const GatewaySession& session,
                                 const gateway::v1::TokenRenewal& renewal) {
  device_registry::v1::RenewDeviceTokenRequest request;
  request.set_tenant(session.tenant);
  request.set_gateway(session.gateway);
  *request.mutable_renewal() = renewal;
  const auto renewed = registry_.RenewDeviceToken(request);
  gateway::v1::MeshMessage message;
  gateway::v1::AccessToken& token = *message.mutable_access_token();
  if (renewed.ok()) {
    token = renewed->access_token();
  } else {
    token.set_device(renewal.device());
    token.set_reason(ReasonOf(renewed.status()));
  }
  token.set_renewal_id(renewal.renewal_id());
  return gateways_.Send(session.tenant, session.gateway, std::move(message));
}

}  // namespace u2fi::command_gate
