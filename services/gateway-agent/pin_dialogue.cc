#include "services/gateway-agent/pin_dialogue.h"

#include <utility>

#include "services/common/ctap2/pin.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/typed_line.h"

namespace u2fi::gateway_agent {

absl::StatusOr<GivenPin> PinDialogue::Ask(
    const PinPrompt& prompt, const std::function<bool()>& give_up) {
  RETURN_IF_ERROR(Confirm(prompt, give_up));
  if (prompt.was_wrong) out_ << "  That PIN was wrong.\n";
  out_ << "  PIN of the key (tries left: " << prompt.tries_left
       << "; nothing to leave it): " << std::flush;
  GivenPin given{prompt.text.approval_id, prompt.tries_left,
                 prompt.tries_left <= 1, ""};
  ASSIGN_OR_RETURN(given.pin, ReadTypedLine(in_, give_up));
  if (given.pin.empty()) {
    return Error(reason::kTokenCancelled, "no PIN was typed");
  }
  return given;
}

absl::Status PinDialogue::Confirm(const PinPrompt& prompt,
                                  const std::function<bool()>& give_up) {
  if (prompt.tries_left > 1) return absl::OkStatus();
  out_ << "  ONE TRY IS LEFT. A wrong PIN makes this key useless for good.\n"
          "  Type \""
       << kConfirmation << "\" to go on: " << std::flush;
  ASSIGN_OR_RETURN(const std::string word, ReadTypedLine(in_, give_up));
  if (word == kConfirmation) return absl::OkStatus();
  return Error(reason::kTokenCancelled, "the last try is kept");
}

}  // namespace u2fi::gateway_agent
