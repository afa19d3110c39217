#ifndef U2FI_SERVICES_COMMAND_GATE_SUBMISSION_H_
#define U2FI_SERVICES_COMMAND_GATE_SUBMISSION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "u2fi/command_gate/v1/submit.pb.h"

namespace u2fi::command_gate {

// A request to run one command, found well-formed. Whether the account may ask
// for it, and what the rule is, stands elsewhere.
struct Submission {
  std::string tenant;
  // Caller's URI, one space, the account.
  std::string requester;
  std::string caller_uri;
  std::string request_id;
  // SHA-256 of what was asked, for REQUEST_ID_REUSED.
  std::string request_digest;
  std::string command_id;
  std::string account;
  proof::v1::Purpose purpose = proof::v1::PURPOSE_UNSPECIFIED;
  // Id of a device, or `account:<id>`.
  std::string device;
  bool on_account = false;
  std::string operation;
  std::string arguments;
  // Where the touch is taken; empty: the gateway that executes.
  std::string approver_gateway;
  // Where the touch is taken instead, if it is a browser.
  std::string browser_origin;
  uint64_t approve_within_ms = 0;
  uint64_t execute_within_ms = 0;
  proof::v1::Evidence evidence;
  std::string transaction;
  std::string enrol_label;
  std::string break_glass_reason;
  // The token to enrol is kept for recovery.
  bool enrol_recovery = false;
  // The four comparison words, of the whole batch.
  std::string words;
  // Place in a batch.
  uint32_t index = 0;
};

// The first rule that `request` breaks is the answer: tenant (TENANT_MISMATCH),
// fields (INVALID_FIELD), operation and purpose (OPERATION_UNKNOWN,
// PURPOSE_NOT_ALLOWED), arguments (ARGUMENTS_FORMAT), deadlines
// (DEADLINE_BOUNDS), evidence (EVIDENCE_FORMAT). UNIMPLEMENTED for what this
// version does not do yet: leases, moves.
absl::StatusOr<Submission> ReadSubmission(
    const rpc::Caller& caller, const v1::SubmitCommandRequest& request);

// The commands of a batch, in order; of one alone that command. Besides the
// rules of a single one: BATCH_SIZE, and UNIMPLEMENTED for purposes other than
// COMMAND with more than one item. The message names the item.
absl::StatusOr<std::vector<Submission>> ReadBatch(
    const rpc::Caller& caller, const v1::SubmitBatchRequest& request);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SUBMISSION_H_
