#ifndef U2FI_SERVICES_GATEWAY_AGENT_OUTCOME_H_
#define U2FI_SERVICES_GATEWAY_AGENT_OUTCOME_H_

#include "absl/strings/string_view.h"
#include "u2fi/gateway/v1/execution.pb.h"

namespace u2fi::gateway_agent {

// Longest outcome of a device, in bytes.
inline constexpr size_t kMaxOutcome = 1024;

// What an outcome's first word says (u2fi.device.v1.DeviceResult). UNSPECIFIED
// for what is no outcome: another word, too long, or more than ASCII.
gateway::v1::ExecutionOutcome OutcomeOf(absl::string_view text);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_OUTCOME_H_
