#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_WORDS_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_WORDS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::command_gate {

// Of GatewayMessage.message_id.
inline constexpr size_t kMaxMessageId = 64;

// What a gateway says goes into records, lists and the audit of its tenant: a
// hostile one must not fill them. INVALID_FIELD unless reasons are at most 64
// of [A-Z0-9_], outcomes at most 1,024 bytes (protos/u2fi/gateway/v1), and
// signatures and ids of messages as short as good ones are. Touches and
// registrations are for attestation to judge.
absl::Status CheckWords(const gateway::v1::GatewayMessage& message);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_WORDS_H_
