#include "services/gateway-agent/pin_command.h"

#include <string>
#include <utility>

#include "absl/types/optional.h"
#include "services/common/ctap2/pin.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/pin_dialogue.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::StatusResponse;
using gateway::v1::WaitingQuestion;

constexpr absl::Duration kLook = absl::Milliseconds(100);

absl::StatusOr<WaitingQuestion> FirstThatWantsAPin(const PinAgent& agent) {
  ASSIGN_OR_RETURN(const StatusResponse status, agent.status());
  for (const WaitingQuestion& question : status.questions()) {
    if (question.has_pin()) return question;
  }
  return Error(reason::kResourceUnknown, "no question wants a PIN");
}

PinPrompt PromptOf(const WaitingQuestion& question) {
  PinPrompt prompt;
  prompt.text.approval_id = question.approval_id();
  prompt.tries_left = static_cast<int>(question.pin().tries_left());
  prompt.was_wrong = question.pin().was_wrong();
  return prompt;
}

absl::Status Enter(const PinAgent& agent, GivenPin given) {
  gateway::v1::EnterPinRequest request;
  request.set_approval_id(given.approval_id);
  request.set_tries_left(static_cast<uint32_t>(given.tries_left));
  request.set_last_try(given.last_try);
  request.set_pin(std::move(given.pin));
  absl::Status status = agent.enter_pin(request);
  ctap2::Wipe(*request.mutable_pin());
  return status;
}

// Waits until the question `id` wants a PIN again, or (nothing) is closed.
absl::StatusOr<absl::optional<WaitingQuestion>> WantedAgain(
    const PinAgent& agent, const std::string& id) {
  while (true) {
    ASSIGN_OR_RETURN(const StatusResponse status, agent.status());
    bool is_open = false;
    for (const WaitingQuestion& question : status.questions()) {
      if (question.approval_id() != id) continue;
      if (question.has_pin()) return absl::make_optional(question);
      is_open = true;
    }
    if (!is_open) return absl::optional<WaitingQuestion>();
    agent.sleep(kLook);
  }
}

}  // namespace

absl::Status TypePin(const PinAgent& agent, int in, std::ostream& out) {
  ASSIGN_OR_RETURN(WaitingQuestion question, FirstThatWantsAPin(agent));
  out << question.text() << "\n";
  PinDialogue dialogue(in, out);
  while (true) {
    ASSIGN_OR_RETURN(GivenPin given,
                     dialogue.Ask(PromptOf(question), [] { return false; }));
    RETURN_IF_ERROR(Enter(agent, std::move(given)));
    out << "  Given to the key. Touch it when it blinks.\n" << std::flush;
    ASSIGN_OR_RETURN(auto again, WantedAgain(agent, question.approval_id()));
    if (!again.has_value()) break;
    question = *std::move(again);
  }
  out << "  The question is closed.\n";
  return absl::OkStatus();
}

}  // namespace u2fi::gateway_agent
