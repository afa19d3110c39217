#ifndef U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_
#define U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_

#include <string>
#include <vector>

#include "services/command-gate/command_store.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// The questions that `command`, alone or the first of a batch, puts to
// `account`, one per slot, open or not; before the command of an enrolment is
// made the registration is the question. Without the commands' bytes, the
// candidates and the place in the queue, which the caller adds where they are
// wanted.
std::vector<v1::PendingApproval> QuestionsTo(const std::string& account,
                                             const StoredCommand& command);

// Somebody is asked, or will be.
bool IsOpen(v1::ApprovalState state);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_
