#include "services/command-gate/pending_approval.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/util/time_util.h"
#include "services/command-gate/command_states.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::util::TimeUtil;
using records::v1::CommandRow;
using records::v1::Slot;

bool IsRegistering(const CommandRow& row) {
  return !row.enrol_statement().empty() && row.command().empty();
}

// Of a registration that ended before its slot was ever asked.
v1::ApprovalState RegistrationState(const CommandRow& row, const Slot& slot) {
  return row.state() == v1::COMMAND_STATE_PREPARING ? v1::APPROVAL_STATE_ASKED
                                                    : slot.state();
}

v1::PendingApproval QuestionOf(const StoredCommand& command, int index) {
  const CommandRow& row = command.row;
  const Slot& slot = row.slots(index);
  v1::PendingApproval question;
  // Of one that is yet to be asked: the id that it will have.
  const bool queued = slot.state() == v1::APPROVAL_STATE_QUEUED;
  question.set_approval_id(
      ApprovalId(row.command_id(), index,
                 std::max<uint32_t>(1, slot.attempts() + (queued ? 1 : 0))));
  question.set_name(absl::StrCat(
      row.batch_ids().empty() ? "commands/" : "batches/", row.command_id()));
  question.set_state(slot.state());
  question.set_gateway(slot.gateway());
  question.set_statement(slot.statement());
  if (IsRegistering(row)) {
    question.set_approval_id(row.command_id());
    question.set_statement(row.enrol_statement());
    question.set_state(RegistrationState(row, slot));
    question.set_registration(true);
  }
  for (absl::string_view word : absl::StrSplit(row.words(), ' ')) {
    question.add_words(std::string(word));
  }
  question.set_requester(row.requester());
  question.set_break_glass_reason(row.break_glass_reason());
  *question.mutable_approve_by() = TimeUtil::MillisecondsToTimestamp(
      static_cast<int64_t>(row.approve_by_ms()));
  return question;
}

}  // namespace

std::vector<v1::PendingApproval> QuestionsTo(const std::string& account,
                                             const StoredCommand& command) {
  std::vector<v1::PendingApproval> questions;
  for (int i = 0; i < command.row.slots_size(); ++i) {
    if (command.row.slots(i).account() != account) continue;
    questions.push_back(QuestionOf(command, i));
  }
  return questions;
}

absl::Status AddForBrowser(Questions& questions, const StoredCommand& command,
                           v1::PendingApproval& question) {
  if (question.registration()) {
    ASSIGN_OR_RETURN(auto enrolled, questions.Enrolled(command));
    question.mutable_candidates()->Swap(enrolled.mutable_candidates());
    return absl::OkStatus();
  }
  std::string command_id;
  int index = 0;
  uint32_t attempt = 0;
  if (!ParseApprovalId(question.approval_id(), command_id, index, attempt) ||
      question.state() != v1::APPROVAL_STATE_ASKED) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(auto listed, questions.Candidates(command, index));
  question.mutable_candidates()->Swap(listed.mutable_candidates());
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all,
                   questions.AllOf(command));
  question.clear_commands();
  for (const StoredCommand& one : all) question.add_commands(one.row.command());
  return absl::OkStatus();
}

bool IsOpen(v1::ApprovalState state) {
  return state == v1::APPROVAL_STATE_QUEUED ||
         state == v1::APPROVAL_STATE_ASKED;
}

}  // namespace u2fi::command_gate
