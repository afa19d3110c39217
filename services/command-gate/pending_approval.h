#ifndef U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_
#define U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/questions.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// The questions that `command`, alone or the first of a batch, puts to
// `account`, one per slot, open or not; before the command of an enrolment is
// made the registration is the question. Without the commands' bytes, the
// candidates and the place in the queue, which the caller adds where they are
// wanted.
std::vector<v1::PendingApproval> QuestionsTo(const std::string& account,
                                             const StoredCommand& command);

// Fills in what a browser needs to answer `question`, which is one of
// `command`: its tokens, and the bytes of every command; of a registration the
// tokens that must not register again.
absl::Status AddForBrowser(Questions& questions, const StoredCommand& command,
                           v1::PendingApproval& question);

// Somebody is asked, or will be.
bool IsOpen(v1::ApprovalState state);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_PENDING_APPROVAL_H_
