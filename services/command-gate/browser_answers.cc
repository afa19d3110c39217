#include "services/command-gate/browser_answers.h"

#include <utility>
#include <vector>

#include "services/command-gate/pending_approval.h"
#include "services/command-gate/questions.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {

absl::StatusOr<BrowserAnswers::Asked> BrowserAnswers::Find(
    const std::string& tenant, const v1::AnswerApprovalRequest& request) {
  Asked asked;
  std::string command_id;
  int index = 0;
  uint32_t attempt = 0;
  // Before the command is made its id is that of the one question.
  if (proof::IsCommandId(request.approval_id())) {
    command_id = asked.enrolment_id = request.approval_id();
  } else {
    ParseApprovalId(request.approval_id(), command_id, index, attempt);
  }
  StoredCommand command;
  if (!command_id.empty()) {
    ASSIGN_OR_RETURN(command, commands_.Read(tenant, command_id));
  }
  if (!command.exists() || index >= command.row.slots_size()) {
    return Error(reason::kResourceUnknown, "no such question",
                 {{"approval_id", request.approval_id()}});
  }
  const records::v1::Slot& slot = command.row.slots(index);
  asked.account = slot.account();
  asked.browser.tenant = tenant;
  asked.browser.channel_key =
      crypto::ToString(proof::BrowserChannelKey(request.origin()));
  if (slot.gateway().empty() &&
      slot.channel_key() == asked.browser.channel_key) {
    return asked;
  }
  return Error(reason::kPlaceNotAllowed,
               "the question is for a gateway or another origin");
}

absl::StatusOr<StoredCommand> BrowserAnswers::Touched(
    const Asked& asked, const v1::AnswerApprovalRequest& request,
    common::v1::Verdict& verdict) {
  gateway::v1::ApprovalAnswer answer;
  answer.set_approval_id(request.approval_id());
  switch (request.answer_case()) {
    case v1::AnswerApprovalRequest::kAssertion:
      *answer.mutable_assertion() = request.assertion();
      break;
    case v1::AnswerApprovalRequest::kDeclined:
      *answer.mutable_declined() = request.declined();
      break;
    default:
      return FieldError("answer", "is not assertion or declined");
  }
  return flow_.AnswerInBrowser(asked.browser, answer, verdict);
}

absl::StatusOr<StoredCommand> BrowserAnswers::Registered(
    const Asked& asked, const v1::AnswerApprovalRequest& request,
    common::v1::Verdict& verdict) {
  gateway::v1::EnrolmentAnswer answer;
  answer.set_enrolment_id(asked.enrolment_id);
  switch (request.answer_case()) {
    case v1::AnswerApprovalRequest::kRegistration:
      *answer.mutable_registration() = request.registration();
      break;
    case v1::AnswerApprovalRequest::kDeclined:
      *answer.mutable_declined() = request.declined();
      break;
    default:
      return FieldError("answer", "is not registration or declined");
  }
  return flow_.RegisterInBrowser(asked.browser, answer, verdict);
}

absl::Status BrowserAnswers::AddNext(const std::string& account, Taken& taken) {
  if (taken.command.row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL) {
    return absl::OkStatus();
  }
  for (v1::PendingApproval& question : QuestionsTo(account, taken.command)) {
    if (question.state() != v1::APPROVAL_STATE_ASKED ||
        !question.gateway().empty()) {
      continue;
    }
    taken.response.mutable_next()->Swap(&question);
    return AddForBrowser(flow_.questions(), taken.command,
                         *taken.response.mutable_next());
  }
  return absl::OkStatus();
}

absl::StatusOr<BrowserAnswers::Taken> BrowserAnswers::Take(
    const std::string& tenant, const v1::AnswerApprovalRequest& request) {
  ASSIGN_OR_RETURN(const Asked asked, Find(tenant, request));
  Taken taken;
  common::v1::Verdict& verdict = *taken.response.mutable_verdict();
  ASSIGN_OR_RETURN(taken.command, asked.enrolment_id.empty()
                                      ? Touched(asked, request, verdict)
                                      : Registered(asked, request, verdict));
  RETURN_IF_ERROR(AddNext(asked.account, taken));
  return taken;
}

}  // namespace u2fi::command_gate
