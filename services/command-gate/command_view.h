#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_

#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::command_gate {

// The command as callers see it. Without COMMAND_VIEW_FULL it has no command
// bytes, no result and no proof.
v1::CommandRecord ViewOf(const records::v1::CommandRow& row,
                         v1::CommandView view);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
