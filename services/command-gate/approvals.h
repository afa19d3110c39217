#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/attestation/attestation_client.h"
#include "services/challenge/challenge_client.h"
#include "services/command-gate/approval_limits.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"
#include "u2fi/gateway/v1/approval.pb.h"

namespace u2fi::command_gate {

// Asks the approvers of a command for their touches and takes the answers.
// Thread-safe; every method blocks on the store and other services.
class Approvals {
 public:
  // The references must outlive this object.
  Approvals(const Clock& clock, attestation::AttestationClient& attestation,
            challenge::ChallengeClient& challenge,
            device_registry::RegistryClient& registry, CommandStore& commands,
            CommandMover& mover, GatewaySender& gateways)
      : clock_(clock),
        attestation_(attestation),
        challenge_(challenge),
        registry_(registry),
        commands_(commands),
        mover_(mover),
        gateways_(gateways) {}

  // Asks every approver who has no open question. The command comes back in
  // AWAITING_APPROVAL, or DENIED if nobody can be asked.
  absl::StatusOr<StoredCommand> Ask(StoredCommand command);

  // Sends the open questions that are for `gateway` again, with the same
  // statements: after a reconnect.
  void AskAgain(const StoredCommand& command, absl::string_view gateway);

  // Takes an answer that came in on `session`. What comes back is the command
  // after it: APPROVED once every approver has agreed. An answer that is not to
  // an open question of that stream changes nothing (ALREADY_DECIDED,
  // CHANNEL_KEY_MISMATCH). After an error that passes it may be taken again:
  // the same answer has the same outcome. `verdict` is what the agent is to
  // hear.
  absl::StatusOr<StoredCommand> Answer(
      StoredCommand command, const GatewaySession& session,
      const gateway::v1::ApprovalAnswer& answer, common::v1::Verdict& verdict);

  // Tells the agent what became of its answer. It asks its key for nothing
  // else before that.
  void Tell(const GatewaySession& session,
            const gateway::v1::ApprovalAnswer& answer,
            const common::v1::Verdict& verdict);

  // Tells the gateways that nobody is asked any more.
  void Cancel(const StoredCommand& command, absl::string_view reason);

 private:
  absl::StatusOr<StoredCommand> AskSlot(StoredCommand command, int index);
  // Asks again after the refused answer that `evidence` holds, or gives up.
  absl::StatusOr<StoredCommand> AskAfresh(StoredCommand command, int index,
                                          const MoveEvidence& evidence);
  // Ends the command: the approver will not approve it any more.
  absl::StatusOr<StoredCommand> Deny(const StoredCommand& command, int index,
                                     v1::ApprovalState slot_state,
                                     const MoveEvidence& evidence);
  absl::StatusOr<StoredCommand> Take(StoredCommand command, int index,
                                     const gateway::v1::ApprovalAnswer& answer,
                                     common::v1::Verdict& verdict);
  absl::StatusOr<StoredCommand> TakeAssertion(StoredCommand command, int index,
                                              const proof::v1::Answer& answer,
                                              common::v1::Verdict& verdict);
  // POLICY_CHANGED if another rule holds now than the one asked under.
  absl::Status CheckRuleStands(const StoredCommand& command);
  absl::StatusOr<StoredCommand> Accept(const StoredCommand& command, int index,
                                       const proof::v1::Answer& answer);
  absl::StatusOr<attestation::v1::ListCandidatesResponse> Candidates(
      const StoredCommand& command, int index);
  // The command, or all of the batch whose first one it is.
  absl::StatusOr<std::vector<StoredCommand>> AllOf(
      const StoredCommand& command);
  absl::Status Send(const StoredCommand& command, int index,
                    const attestation::v1::ListCandidatesResponse& candidates);

  const Clock& clock_;
  attestation::AttestationClient& attestation_;
  challenge::ChallengeClient& challenge_;
  device_registry::RegistryClient& registry_;
  CommandStore& commands_;
  CommandMover& mover_;
  GatewaySender& gateways_;
};

// The id of a question: command id, approver, number of the challenge.
std::string ApprovalId(absl::string_view command_id, int slot,
                       uint32_t attempt);

// The parts of such an id; false if it is none.
bool ParseApprovalId(absl::string_view id, std::string& command_id, int& slot,
                     uint32_t& attempt);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_
