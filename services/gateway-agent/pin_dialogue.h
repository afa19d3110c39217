#ifndef U2FI_SERVICES_GATEWAY_AGENT_PIN_DIALOGUE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_PIN_DIALOGUE_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/gateway-agent/pin_desk.h"

namespace u2fi::gateway_agent {

// Asks the person at a terminal for the PIN that a key wants.
class PinDialogue {
 public:
  // What the last try is confirmed with.
  static constexpr char kConfirmation[] = "use it";

  // Reads from `in` as ReadTypedLine() does; `out` must outlive this object.
  PinDialogue(int in, std::ostream& out) : in_(in), out_(out) {}

  // Says how many tries are left, has the last one confirmed, and reads the
  // PIN. TOKEN_CANCELLED once `give_up` says so, for an empty line, and if the
  // last try is not confirmed.
  absl::StatusOr<GivenPin> Ask(const PinPrompt& prompt,
                               const std::function<bool()>& give_up);

 private:
  // Whether the last try, if it is one, may be used.
  absl::Status Confirm(const PinPrompt& prompt,
                       const std::function<bool()>& give_up);

  const int in_;
  std::ostream& out_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_PIN_DIALOGUE_H_
