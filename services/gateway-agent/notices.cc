#include "services/gateway-agent/notices.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;

std::string Question(const std::string& id) { return absl::StrCat("q/", id); }
std::string Command(const std::string& id) { return absl::StrCat("c/", id); }

// What the notice says has begun; empty if the message is none.
std::string BegunBy(const GatewayMessage& message) {
  if (message.has_approval_received()) {
    return Question(message.approval_received().approval_id());
  }
  if (message.has_command_accepted() &&
      message.command_accepted().refused_reason().empty()) {
    return Command(message.command_accepted().command_id());
  }
  return "";
}

// What the message ends; empty if nothing.
std::string EndedBy(const GatewayMessage& message) {
  switch (message.body_case()) {
    case GatewayMessage::kApprovalAnswer:
      return Question(message.approval_answer().approval_id());
    case GatewayMessage::kEnrolmentAnswer:
      return Question(message.enrolment_answer().enrolment_id());
    case GatewayMessage::kCommandResult:
      return Command(message.command_result().command_id());
    default:
      return "";
  }
}

}  // namespace

bool Notices::Take(GatewayMessage& message) {
  std::string begun = BegunBy(message);
  if (begun.empty()) {
    const std::string ended = EndedBy(message);
    if (!ended.empty()) Forget(ended);
    return false;
  }
  Forget(begun);
  if (waiting_.size() >= kMost) Forget(std::string(waiting_.front().begun));
  waiting_.push_back({std::move(begun), std::move(message)});
  return true;
}

std::vector<GatewayMessage> Notices::Due() {
  std::vector<GatewayMessage> due;
  for (; seen_ > 0; --seen_) {
    due.push_back(std::move(waiting_.front().message));
    waiting_.pop_front();
  }
  seen_ = waiting_.size();
  return due;
}

void Notices::Clear() {
  waiting_.clear();
  seen_ = 0;
}

void Notices::Forget(const std::string& begun) {
  const auto found =
      std::find_if(waiting_.begin(), waiting_.end(),
                   [&](const Notice& each) { return each.begun == begun; });
  if (found == waiting_.end()) return;
  if (static_cast<size_t>(found - waiting_.begin()) < seen_) --seen_;
  waiting_.erase(found);
}

}  // namespace u2fi::gateway_agent
