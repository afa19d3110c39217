#ifndef U2FI_SERVICES_GATEWAY_AGENT_FAKE_PINS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_FAKE_PINS_H_

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "services/common/status/error.h"
#include "services/gateway-agent/pin_desk.h"

namespace u2fi::gateway_agent {

// Somebody who types the given PINs one after the other, then leaves
// (PIN_TIMEOUT). Simplification: takes no time. Not thread-safe.
class FakePins : public PinSource {
 public:
  explicit FakePins(std::deque<std::string> pins = {})
      : pins_(std::move(pins)) {}

  absl::StatusOr<ctap2::Pin> Ask(const PinPrompt& prompt,
                                 const u2fhid::WaitLimit&) override {
    prompts_.push_back(prompt);
    if (pins_.empty()) return Error(reason::kPinTimeout, "nobody is there");
    std::string pin = std::move(pins_.front());
    pins_.pop_front();
    return ctap2::Pin::From(std::move(pin));
  }

  void Type(const std::string& pin) { pins_.push_back(pin); }
  // What was asked.
  const std::vector<PinPrompt>& prompts() const { return prompts_; }

 private:
  std::deque<std::string> pins_;
  std::vector<PinPrompt> prompts_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_FAKE_PINS_H_
