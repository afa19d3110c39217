#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_STATES_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_STATES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::command_gate {

// The states of a command, and the moves between them (architecture.md):
//   PREPARING → AWAITING_APPROVAL → APPROVED → DISPATCHED
//     → SUCCEEDED | FAILED | UNKNOWN_OUTCOME
//   from the first three: DENIED | EXPIRED | CANCELLED
//   FREE: PREPARING → DISPATCHED
// Besides: AWAITING_APPROVAL → AWAITING_APPROVAL (another question), APPROVED →
// FAILED (the agent or Apply refused it).

// True if no move leads away.
bool IsFinal(v1::CommandState state);

// True if a command may go from `from` to `to`. `free`: needs no touch.
bool MayMove(v1::CommandState from, v1::CommandState to, bool free);

// How a command ends that a person or a check refused for `reason`: EXPIRED if
// nobody touched the key in time, else DENIED. The agent may say the former
// before the gate's own deadline has passed.
v1::CommandState StateAfterRefusal(absl::string_view reason);

// Whether another try of the same step may go well: somebody was away, too
// slow, or faster.
bool IsPassing(const absl::Status& status);

// Whether a step that reads again finds out what happened: somebody was faster,
// or nobody knows whether it was written.
bool MayHaveChanged(const absl::Status& status);

// Whether the registry says of what was asked or approved that it can never
// count: the rule, the binding or the gateway is not what it was.
bool IsFinalRefusal(const absl::Status& status);

// The name without prefix, as the audit has it: "APPROVED".
absl::string_view StateName(v1::CommandState state);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_STATES_H_
