#include "services/gateway-agent/pin_desk.h"

#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(10);

}  // namespace

absl::StatusOr<ctap2::Pin> PinDesk::Ask(const PinPrompt& prompt,
                                        const u2fhid::WaitLimit& limit) {
  const std::string& id = prompt.text.approval_id;
  {
    MutexLock lock(mutex_);
    open_.insert_or_assign(id, Open{prompt, absl::nullopt});
  }
  cue_.WantPin(prompt);
  absl::optional<ctap2::Pin> pin;
  while (!pin.has_value() && !limit.cancel.cancelled() &&
         clock_.Uptime() < limit.deadline) {
    limit.cancel.SleepFor(kLook);
    pin = Take(id);
  }
  MutexLock lock(mutex_);
  open_.erase(id);
  if (limit.cancel.cancelled()) {
    return Error(reason::kTokenCancelled, "the question was cancelled");
  }
  if (!pin.has_value()) {
    return Error(reason::kPinTimeout, "nobody gave the key's PIN in time");
  }
  return *std::move(pin);
}

absl::Status PinDesk::Give(GivenPin&& given) {
  ASSIGN_OR_RETURN(ctap2::Pin pin, ctap2::Pin::From(std::move(given.pin)));
  MutexLock lock(mutex_);
  const auto open = open_.find(given.approval_id);
  if (open == open_.end() || open->second.given.has_value() ||
      open->second.prompt.tries_left != given.tries_left) {
    return Error(
        reason::kResourceUnknown,
        "no such question wants a PIN, or not with so many tries left");
  }
  if (given.tries_left <= 1 && !given.last_try) {
    return Error(reason::kPinLastTry,
                 "one try is left, and a wrong PIN makes the key useless");
  }
  open->second.given = std::move(pin);
  return absl::OkStatus();
}

absl::optional<PinPrompt> PinDesk::WantedFor(
    const std::string& approval_id) const {
  MutexLock lock(mutex_);
  const auto open = open_.find(approval_id);
  if (open == open_.end() || open->second.given.has_value()) {
    return absl::nullopt;
  }
  return open->second.prompt;
}

std::vector<PinPrompt> PinDesk::Wanted() const {
  std::vector<PinPrompt> wanted;
  MutexLock lock(mutex_);
  for (const auto& [id, open] : open_) {
    if (!open.given.has_value()) wanted.push_back(open.prompt);
  }
  return wanted;
}

absl::optional<ctap2::Pin> PinDesk::Take(const std::string& approval_id) {
  MutexLock lock(mutex_);
  return std::exchange(open_.at(approval_id).given, absl::nullopt);
}

}  // namespace u2fi::gateway_agent
