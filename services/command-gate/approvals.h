#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/attestation/attestation_client.h"
#include "services/challenge/challenge_client.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/gateway_sender.h"
#include "services/command-gate/questions.h"
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
        registry_(registry),
        mover_(mover),
        questions_(attestation, challenge, commands, gateways) {}

  // Asks every approver who has no open question. The command comes back in
  // AWAITING_APPROVAL, or DENIED if too few can be asked.
  absl::StatusOr<StoredCommand> Ask(StoredCommand command);

  // Sends the open questions that are for `gateway` again, with the same
  // statements: after a reconnect. The first error; each one is tried.
  absl::Status AskAgain(const StoredCommand& command,
                        absl::string_view gateway) {
    if (command.row.state() != v1::COMMAND_STATE_AWAITING_APPROVAL) {
      return absl::OkStatus();
    }
    return questions_.SendAgain(command, gateway);
  }

  // Takes an answer that came in on `session`. What comes back is the command
  // after it: APPROVED once every approver has agreed, or in a quorum enough of
  // them; those who are still asked then need not answer any more. A no is a
  // veto. An approver who drops out otherwise ends the command only where the
  // others are not enough. An answer that is not to
  // an open question of that stream changes nothing (ALREADY_DECIDED,
  // CHANNEL_KEY_MISMATCH). After an error that passes it may be taken again:
  // the same answer has the same outcome. `verdict` is what the agent is to
  // hear.
  absl::StatusOr<StoredCommand> Answer(
      StoredCommand command, const GatewaySession& session,
      const gateway::v1::ApprovalAnswer& answer, common::v1::Verdict& verdict);

  // Takes a touch that was accepted before, as the audit says, if the store has
  // forgotten it and has its question open again. The touch counts only under
  // the rule that it was asked under, and while its token may answer: else
  // POLICY_CHANGED, TOKEN_REVOKED. Other commands come back as they are.
  absl::StatusOr<StoredCommand> AcceptAgain(StoredCommand command,
                                            const proof::v1::Approval& touch);

  // Tells the agent what became of its answer. It asks its key for nothing
  // else before that.
  void Tell(const GatewaySession& session,
            const gateway::v1::ApprovalAnswer& answer,
            const common::v1::Verdict& verdict) {
    questions_.Tell(session, answer, verdict);
  }

  // Tells the gateways that nobody is asked any more.
  void Cancel(const StoredCommand& command, absl::string_view reason) {
    questions_.Cancel(command, reason);
  }

  Questions& questions() { return questions_; }

 private:
  absl::StatusOr<StoredCommand> AskSlot(StoredCommand command, int index);
  // Asks again after the refused answer that `evidence` holds, or gives up.
  absl::StatusOr<StoredCommand> AskAfresh(StoredCommand command, int index,
                                          const MoveEvidence& evidence);
  // A touch for a question that the command's end had closed: the audit has it,
  // refused for what ended the command (decisions A16).
  absl::StatusOr<StoredCommand> WriteDown(const StoredCommand& command,
                                          int index,
                                          const proof::v1::Answer& answer);
  // The approver will not approve it any more: the others go on if they are
  // enough, else the command ends.
  absl::StatusOr<StoredCommand> DropOut(const StoredCommand& command, int index,
                                        v1::ApprovalState slot_state,
                                        const MoveEvidence& evidence);
  // Ends the command, whatever the others say.
  absl::StatusOr<StoredCommand> Deny(const StoredCommand& command, int index,
                                     v1::ApprovalState slot_state,
                                     const MoveEvidence& evidence);
  absl::StatusOr<StoredCommand> Take(StoredCommand command, int index,
                                     const gateway::v1::ApprovalAnswer& answer,
                                     common::v1::Verdict& verdict);
  absl::StatusOr<StoredCommand> TakeAssertion(StoredCommand command, int index,
                                              const proof::v1::Answer& answer,
                                              common::v1::Verdict& verdict);
  // POLICY_CHANGED if another rule holds now than the one asked under; what the
  // registry refuses by now, the gateway of the touch among it.
  absl::Status CheckRuleStands(const StoredCommand& command,
                               const records::v1::Slot& slot);
  absl::StatusOr<StoredCommand> Accept(const StoredCommand& command, int index,
                                       const proof::v1::Answer& answer);
  // The touch is taken, and others are needed: they are waited for, or the
  // command ends since some were taken back.
  absl::StatusOr<StoredCommand> AcceptEarly(const StoredCommand& command,
                                            records::v1::CommandRow next,
                                            MoveEvidence evidence);
  // The touch at `index` may be the last one. Takes back those before it whose
  // token may not answer any more.
  absl::Status Recheck(const StoredCommand& command, int index,
                       records::v1::CommandRow& next);
  const Clock& clock_;
  attestation::AttestationClient& attestation_;
  device_registry::RegistryClient& registry_;
  CommandMover& mover_;
  Questions questions_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVALS_H_
