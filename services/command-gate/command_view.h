#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_

#include <vector>

#include "services/command-gate/command_store.h"
#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::command_gate {

// The command as callers see it. Without COMMAND_VIEW_FULL it has no command
// bytes, no result and no proof.
v1::CommandRecord ViewOf(const records::v1::CommandRow& row,
                         v1::CommandView view);

// The batch whose first command is `first`, from all of its commands.
v1::BatchRecord BatchViewOf(const records::v1::CommandRow& first,
                            const std::vector<StoredCommand>& all);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
