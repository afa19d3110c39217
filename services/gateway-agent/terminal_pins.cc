#include "services/gateway-agent/terminal_pins.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/gateway-agent/typed_line.h"

namespace u2fi::gateway_agent {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(100);

}  // namespace

TerminalPins::TerminalPins(ApprovalDesk& desk, int in, std::ostream& out)
    : desk_(desk),
      in_(in),
      out_(out),
      working_([this] { WorkUntilStopped(); }) {}

TerminalPins::~TerminalPins() {
  stop_.Cancel();
  working_.join();
}

void TerminalPins::WorkUntilStopped() {
  // What was asked for once, by question and tries.
  std::set<std::string> asked;
  while (!stop_.cancelled()) {
    stop_.SleepFor(kLook);
    const std::vector<PinPrompt> wanted = desk_.WantedPins();
    if (wanted.empty()) asked.clear();
    for (const PinPrompt& prompt : wanted) {
      const bool is_new = asked
                              .insert(absl::StrCat(prompt.text.approval_id, " ",
                                                   prompt.tries_left))
                              .second;
      if (is_new && IsOurTerminal(in_)) Ask(prompt);
    }
  }
}

void TerminalPins::Ask(const PinPrompt& prompt) {
  absl::StatusOr<GivenPin> given = PinDialogue(in_, out_).Ask(
      prompt, [&] { return stop_.cancelled() || !IsWanted(prompt); });
  if (!given.ok()) {
    out_ << "  (" << given.status().message() << ")\n" << std::flush;
    return;
  }
  const absl::Status taken = desk_.GivePin(*std::move(given));
  if (!taken.ok()) out_ << "  (" << taken.message() << ")\n" << std::flush;
}

bool TerminalPins::IsWanted(const PinPrompt& prompt) const {
  for (const PinPrompt& wanted : desk_.WantedPins()) {
    if (wanted.text.approval_id == prompt.text.approval_id &&
        wanted.tries_left == prompt.tries_left) {
      return true;
    }
  }
  return false;
}

}  // namespace u2fi::gateway_agent
