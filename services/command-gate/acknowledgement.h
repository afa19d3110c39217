#ifndef U2FI_SERVICES_COMMAND_GATE_ACKNOWLEDGEMENT_H_
#define U2FI_SERVICES_COMMAND_GATE_ACKNOWLEDGEMENT_H_

#include "absl/status/status.h"

namespace u2fi::command_gate {

// Whether a gateway may forget a message whose handling ended with `handled`:
// it was taken, or refused for a reason that sending it again cannot change.
// Every other error (passing, internal, not there yet) leaves the message with
// the gateway, which sends it again at its next stream.
bool MayAcknowledge(const absl::Status& handled);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_ACKNOWLEDGEMENT_H_
