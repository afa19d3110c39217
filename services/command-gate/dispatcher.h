#ifndef U2FI_SERVICES_COMMAND_GATE_DISPATCHER_H_
#define U2FI_SERVICES_COMMAND_GATE_DISPATCHER_H_

#include "absl/status/statusor.h"
#include "services/attestation/attestation_client.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"
#include "u2fi/gateway/v1/execution.pb.h"

namespace u2fi::command_gate {

// Carries out what was approved: device operations go down to the executing
// gateway, account acts and pin sets to the services that own them. Each step
// is idempotent by command id, so that all of it may be done again after a
// crash. Thread-safe; methods block on the store and other services.
class Dispatcher {
 public:
  // The references must outlive this object.
  Dispatcher(const Clock& clock, attestation::AttestationClient& attestation,
             device_registry::RegistryClient& registry, CommandStore& commands,
             CommandMover& mover, GatewaySender& gateways)
      : clock_(clock),
        attestation_(attestation),
        registry_(registry),
        commands_(commands),
        mover_(mover),
        gateways_(gateways) {}

  // Brings a command that is APPROVED (or PREPARING and FREE) or DISPATCHED on
  // its way, again if need be. If it was not on its way yet: EXPIRED instead if
  // execute_by has passed, DENIED if what it was approved under has ended
  // meanwhile (decisions A16).
  absl::StatusOr<StoredCommand> Dispatch(StoredCommand command);

  // A timer sent `seen` down again: once is enough while the gateway stays
  // connected, so its next timer is its deadline. Nothing for other commands.
  absl::Status NoteSentAgain(const StoredCommand& seen);

  // The agent answers for a command, or refuses it for good (then FAILED).
  absl::StatusOr<StoredCommand> OnAccepted(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::CommandAccepted& accepted);

  // What came of a command. OK also if it was known already: the agent may
  // forget it. A result after UNKNOWN_OUTCOME is recorded as late.
  absl::StatusOr<StoredCommand> OnResult(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::CommandResult& result);

  // What a device did with the pin set of a command; the registry knows of it.
  absl::StatusOr<StoredCommand> OnBinding(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::BindingResult& result);

 private:
  // TOKEN_REVOKED if a token that approved may not answer any more (decisions
  // A16).
  absl::Status CheckTokens(const StoredCommand& command);
  // CheckBindings(), unless that was looked at just now or Apply does it.
  absl::Status CheckBinding(const StoredCommand& command);
  absl::StatusOr<StoredCommand> SetDispatched(const StoredCommand& command);
  absl::StatusOr<StoredCommand> End(const StoredCommand& command,
                                    v1::CommandState state,
                                    absl::string_view reason);
  absl::StatusOr<StoredCommand> ApplyOnAccount(const StoredCommand& command);
  absl::StatusOr<StoredCommand> ApplyPins(StoredCommand command);
  absl::StatusOr<StoredCommand> SendDown(StoredCommand command);
  // Sends the commands of the batch that are still on their way, to each
  // gateway its own, with the approvals once (decisions A18).
  absl::StatusOr<StoredCommand> SendBatchDown(StoredCommand first);
  bool WantsEachByItself(const std::string& tenant, const std::string& gateway);
  void Send(const std::string& tenant, const std::string& gateway,
            gateway::v1::MeshMessage message);
  void SendOne(const StoredCommand& command, proof::v1::Proof proof);
  absl::Status ApplyAtOwners(const StoredCommand& command);

  const Clock& clock_;
  attestation::AttestationClient& attestation_;
  device_registry::RegistryClient& registry_;
  CommandStore& commands_;
  CommandMover& mover_;
  GatewaySender& gateways_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_DISPATCHER_H_
