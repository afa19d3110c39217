#include "services/gateway-agent/hook_cue.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/logging/logging.h"
#include "services/gateway-agent/executable.h"

namespace u2fi::gateway_agent {
namespace {

std::map<std::string, std::string> EnvironmentOf(const CueText& text,
                                                 const std::string& event) {
  return {{"U2FI_EVENT", event},
          {"U2FI_APPROVAL_ID", text.approval_id},
          {"U2FI_TEXT", absl::StrJoin(text.lines, "\n")},
          {"U2FI_WORDS", text.words},
          {"U2FI_REQUESTER", text.requester},
          {"U2FI_APPROVE_BY_MS", absl::StrCat(text.approve_by_ms)}};
}

}  // namespace

HookCue::HookCue(std::string path, absl::Duration timeout, const Clock& clock)
    : path_(std::move(path)),
      timeout_(timeout),
      clock_(clock),
      working_([this] { WorkUntilStopped(); }) {}

HookCue::~HookCue() {
  cancel_.Cancel();
  {
    MutexLock lock(mutex_);
    stop_ = true;
    changed_.NotifyAll();
  }
  working_.join();
}

void HookCue::On(const CueText& text) { Add(EnvironmentOf(text, "on")); }

void HookCue::WantPin(const PinPrompt& prompt) {
  Environment environment = EnvironmentOf(prompt.text, "pin");
  environment["U2FI_PIN_TRIES"] = absl::StrCat(prompt.tries_left);
  environment["U2FI_PIN_WAS_WRONG"] = prompt.was_wrong ? "yes" : "no";
  Add(std::move(environment));
}

void HookCue::Off(const CueText& text, const std::string& why) {
  Environment environment = EnvironmentOf(text, "off");
  environment["U2FI_WHY"] = why;
  Add(std::move(environment));
}

void HookCue::Flush() {
  MutexLock lock(mutex_);
  while (busy_ || !waiting_.empty()) changed_.Wait(mutex_);
}

void HookCue::Add(Environment environment) {
  MutexLock lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) waiting_.pop_front();
  waiting_.push_back(std::move(environment));
  changed_.NotifyAll();
}

void HookCue::WorkUntilStopped() {
  while (true) {
    Environment environment;
    {
      MutexLock lock(mutex_);
      busy_ = false;
      changed_.NotifyAll();
      while (!stop_ && waiting_.empty()) changed_.Wait(mutex_);
      if (stop_) return;
      environment = std::move(waiting_.front());
      waiting_.pop_front();
      busy_ = true;
    }
    const absl::Status status =
        RunExecutable(path_, environment, timeout_, clock_, cancel_);
    if (!status.ok() && !absl::IsCancelled(status)) {
      logging::Warning("the cue's hook failed",
                       {{"cause", std::string(status.message())}});
    }
  }
}

}  // namespace u2fi::gateway_agent
