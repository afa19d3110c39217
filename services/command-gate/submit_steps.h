#ifndef U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_
#define U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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

  bool free() const { return without_touch; }
};

// Rule, place, gateways and enrolment, in this order: the first fault is the
// answer (submitter.h).
absl::Status CheckSubmission(const SubmitInputs& in);

// The command's record without sequence and bytes.
records::v1::CommandRow RowOf(const SubmitInputs& in, uint64_t now_ms);

// Who has to touch.
void AddApprover(const SubmitInputs& in, records::v1::CommandRow& row);

// Serialises the command: the only time that this happens. Nothing for
// `u2fi.enrol`, whose bytes come with the registration.
absl::Status MakeCommand(const Submission& submission,
                         records::v1::CommandRow& row);

// ACCOUNT_LIMIT, GATEWAY_LIMIT.
absl::Status CheckRoom(const SubmitView& view,
                       const records::v1::CommandRow& row);

// The command that the same request made before; REQUEST_ID_REUSED if it was
// another request.
absl::StatusOr<StoredCommand> SameRequest(const Submission& submission,
                                          const StoredCommand& found);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SUBMIT_STEPS_H_
