#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVAL_LIMITS_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVAL_LIMITS_H_

#include <cstdint>

namespace u2fi::command_gate {

// Most challenges for one approver and command (wire.md, sizes).
inline constexpr uint32_t kMaxAttempts = 5;

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVAL_LIMITS_H_
