#ifndef U2FI_SERVICES_GATEWAY_AGENT_PIN_COMMAND_H_
#define U2FI_SERVICES_GATEWAY_AGENT_PIN_COMMAND_H_

#include <functional>
#include <ostream>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "u2fi/gateway/v1/local.pb.h"

namespace u2fi::gateway_agent {

// A running agent, as `gateway-agent pin` sees it.
struct PinAgent {
  std::function<absl::StatusOr<gateway::v1::StatusResponse>()> status;
  std::function<absl::Status(const gateway::v1::EnterPinRequest&)> enter_pin;
  std::function<void(absl::Duration)> sleep;
};

// Has the person at `in` type the PIN that a question wants, the shown one
// first, and again while it is wrong, until the question is closed.
// RESOURCE_UNKNOWN if none wants one; the errors of PinDialogue and the agent.
absl::Status TypePin(const PinAgent& agent, int in, std::ostream& out);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_PIN_COMMAND_H_
