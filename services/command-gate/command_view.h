#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_

#include <cstdint>
#include <map>
#include <vector>

#include "services/command-gate/command_store.h"
#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/command_gate/v1/command.pb.h"

namespace u2fi::command_gate {

// The command as callers see it. Without COMMAND_VIEW_FULL it has no command
// bytes, no result and no proof.
v1::CommandRecord ViewOf(const records::v1::CommandRow& row,
                         v1::CommandView view);

// Commands of a batch by state.
using StateCounts = std::map<v1::CommandState, uint32_t>;
StateCounts CountStates(const std::vector<StoredCommand>& all);

// The batch whose first command is `first`, with the counts of all of them.
v1::BatchRecord BatchViewOf(const records::v1::CommandRow& first,
                            const StateCounts& counts);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_VIEW_H_
