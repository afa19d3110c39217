#include "services/gateway-agent/cue.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/proof/command_text.h"
#include "services/common/proof/visible_text.h"

namespace u2fi::gateway_agent {
namespace {

// A batch names its first items, then how many there are.
constexpr size_t kItemsShown = 5;

// Different operations that are counted by name.
constexpr size_t kOperationsShown = 16;

// `2 door.unlock, 40 lamp.on`: what is rare comes first, for it is what
// somebody would hide behind the items that are shown (decisions A18).
std::string CountsOf(const std::vector<proof::v1::Command>& commands) {
  std::map<std::string, int> counts;
  for (const proof::v1::Command& command : commands) {
    ++counts[command.operation()];
  }
  std::vector<std::pair<int, std::string>> rare;
  for (const auto& [operation, count] : counts) {
    rare.emplace_back(count, operation);
  }
  std::sort(rare.begin(), rare.end());
  const size_t shown = std::min(rare.size(), kOperationsShown);
  std::vector<std::string> parts;
  for (size_t i = 0; i < shown; ++i) {
    parts.push_back(absl::StrCat(rare[i].first, " ", rare[i].second));
  }
  if (shown < rare.size()) {
    parts.push_back(absl::StrCat(rare.size() - shown, " other operations"));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

CueText CueOf(const std::string& approval_id, const CheckedQuestion& question) {
  CueText text;
  text.approval_id = approval_id;
  text.words = question.words();
  text.requester = proof::VisibleText(question.statement().requester());
  text.approve_by_ms = question.statement().approve_by_ms();
  if (question.commands().empty()) {
    text.lines.push_back("a new key joins the account " +
                         question.statement().account());
  }
  for (size_t i = 0; i < question.commands().size() && i < kItemsShown; ++i) {
    text.lines.push_back(proof::CommandText(question.commands()[i]));
  }
  if (question.commands().size() > kItemsShown) {
    text.lines.push_back(
        absl::StrCat("and more: ", question.commands().size(),
                     " in all: ", CountsOf(question.commands())));
  }
  text.lines.push_back("asked by " + text.requester);
  if (!text.words.empty()) text.lines.push_back("words    " + text.words);
  return text;
}

void TerminalCue::On(const CueText& text) {
  Print(absl::StrCat("\n  TOUCH THE KEY to approve:\n    ",
                     absl::StrJoin(text.lines, "\n    "), "\n"));
}

void TerminalCue::WantPin(const PinPrompt& prompt) {
  Print(absl::StrCat(
      prompt.was_wrong ? "  THAT PIN WAS WRONG." : "  THE KEY WANTS ITS PIN.",
      " Tries left: ", prompt.tries_left,
      prompt.tries_left == 1 ? "; a wrong one makes the key useless" : "",
      ".\n"));
}

void TerminalCue::Off(const CueText&, const std::string& why) {
  Print(absl::StrCat("  (", why, ")\n"));
}

void TerminalCue::Print(const std::string& text) {
  MutexLock lock(mutex_);
  out_ << text << std::flush;
}

}  // namespace u2fi::gateway_agent
