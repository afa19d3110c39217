#ifndef U2FI_SERVICES_COMMAND_GATE_QUESTIONS_H_
#define U2FI_SERVICES_COMMAND_GATE_QUESTIONS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/attestation/attestation_client.h"
#include "services/challenge/challenge_client.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gateway_sender.h"
#include "u2fi/gateway/v1/approval.pb.h"

namespace u2fi::command_gate {

// What gateways are asked about a command, and told. Thread-safe; blocks on
// the store and other services.
class Questions {
 public:
  // A fresh statement, and the tokens that may answer it.
  struct Issued {
    std::string statement;
    attestation::v1::ListCandidatesResponse candidates;
  };

  // The references must outlive this object.
  Questions(attestation::AttestationClient& attestation,
            challenge::ChallengeClient& challenge, CommandStore& commands,
            GatewaySender& gateways)
      : attestation_(attestation),
        challenge_(challenge),
        commands_(commands),
        gateways_(gateways) {}

  // For the approver at `index`. NO_CREDENTIALS if no token may answer.
  absl::StatusOr<Issued> Issue(const StoredCommand& command, int index);

  // Puts the question that is open for the approver at `index`. OK although
  // the gateway is away.
  absl::Status Send(const StoredCommand& command, int index,
                    const attestation::v1::ListCandidatesResponse& candidates);

  // Sends the open questions that are for `gateway` again, with the same
  // statements.
  absl::Status SendAgain(const StoredCommand& command,
                         absl::string_view gateway);

  // Tells the agent what became of its answer.
  void Tell(const GatewaySession& session,
            const gateway::v1::ApprovalAnswer& answer,
            const common::v1::Verdict& verdict);

  // Tells the gateways of those who are asked that they are so no more, but
  // for the approver at `except`, who has answered.
  void Cancel(const StoredCommand& command, absl::string_view reason,
              int except = -1);

  // The tokens that may answer the approver's question.
  absl::StatusOr<attestation::v1::ListCandidatesResponse> Candidates(
      const StoredCommand& command, int index);

  // EnrolledTokens() of an enrolment.
  absl::StatusOr<attestation::v1::ListCandidatesResponse> Enrolled(
      const StoredCommand& command);

  // The command, or all of the batch whose first one it is.
  absl::StatusOr<std::vector<StoredCommand>> AllOf(
      const StoredCommand& command);

 private:
  attestation::AttestationClient& attestation_;
  challenge::ChallengeClient& challenge_;
  CommandStore& commands_;
  GatewaySender& gateways_;
};

// Whether a touch of the token counts for the approver, as far as the gate
// knows.
bool MayAnswer(const records::v1::Slot& slot, const std::string& token);

// The id of a question: command id, approver, number of the challenge.
std::string ApprovalId(absl::string_view command_id, int slot,
                       uint32_t attempt);

// The parts of such an id; false if it is none.
bool ParseApprovalId(absl::string_view id, std::string& command_id, int& slot,
                     uint32_t& attempt);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_QUESTIONS_H_
