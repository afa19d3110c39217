#ifndef U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_
#define U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/command-gate/approvers.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gateway_sender.h"
#include "services/command-gate/submission.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::command_gate {

// The steps of taking a command in, for single ones and for batches.

// One command, and what the registry says of it.
struct SubmitInputs {
  const Submission& submission;
  const device_registry::v1::ResolveResponse& resolved;
  const device_registry::v1::ResolvedItem& item;
  GatewaySender& gateways;
  // Where the touch is taken.
  const std::string& approver_gateway;
  // No touch is needed for the request as a whole.
  bool without_touch = false;
  // Others than the requester are asked, where they are (approvers.h).
  bool quorum = false;
  // The browser's origin is one of the deployment's.
  bool known_portal = false;

  bool free() const { return without_touch; }
};

// Rule, secrets, change, policy, place, gateways and enrolment, in this order:
// the first fault is the answer (submitter.h).
absl::Status CheckSubmission(const SubmitInputs& in);

// The command's record without sequence and bytes.
records::v1::CommandRow RowOf(const SubmitInputs& in, uint64_t now_ms);

// Who has to touch, unless it is a quorum: the account that asks.
void AddApprover(const SubmitInputs& in, records::v1::CommandRow& row);

// What the touches for all `items` of a request have to satisfy, and the pin
// sets that have to believe them. Nothing where the account that asks approves
// alone whatever its rule says: acts on accounts, and first pin sets, whose
// rules are not in force yet. OPERATION_FORBIDDEN if the rules of a batch
// exclude each other.
absl::StatusOr<absl::optional<Approvers::Case>> QuorumCaseOf(
    const Submission& submission,
    const device_registry::v1::ResolveResponse& resolved);

// Serialises the command: the only time that this happens. Nothing for
// `u2fi.enrol`, whose bytes come with the registration.
absl::Status MakeCommand(const Submission& submission,
                         records::v1::CommandRow& row);

// ACCOUNT_LIMIT, GATEWAY_LIMIT. In a quorum those for whom there is no room are
// left out of `row` and their places out of `view`, if the others are enough.
absl::Status MakeRoom(SubmitView& view, records::v1::CommandRow& row);

// The command that the same request made before; REQUEST_ID_REUSED if it was
// another request.
absl::StatusOr<StoredCommand> SameRequest(const Submission& submission,
                                          const StoredCommand& found);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_
