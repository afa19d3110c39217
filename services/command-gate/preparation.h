#ifndef U2FI_SERVICES_COMMAND_GATE_PREPARATION_H_
#define U2FI_SERVICES_COMMAND_GATE_PREPARATION_H_

#include "absl/status/statusor.h"
#include "services/attestation/attestation_client.h"
#include "services/challenge/challenge_client.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/gateway_sender.h"
#include "services/device-registry/registry_client.h"
#include "u2fi/gateway/v1/approval.pb.h"
#include "u2fi/gateway/v1/binding.pb.h"

namespace u2fi::command_gate {

// What some commands need before anybody is asked for a touch:
//   u2fi.enrol               the new key registers; its answer makes the
//                            command's bytes (decisions A6)
//   u2fi.pins, PROVISION     the registry arms a transaction and the device
//                            proves who it is
// Thread-safe; methods block on the store and other services.
class Preparation {
 public:
  // The references must outlive this object.
  Preparation(attestation::AttestationClient& attestation,
              challenge::ChallengeClient& challenge,
              device_registry::RegistryClient& registry, CommandMover& mover,
              GatewaySender& gateways)
      : attestation_(attestation),
        challenge_(challenge),
        registry_(registry),
        mover_(mover),
        gateways_(gateways) {}

  // True if the approvers can be asked now.
  static bool IsReady(const records::v1::CommandRow& row);

  // Begins what `command`, in state PREPARING, still needs, or sends the
  // question again if it is under way. Nothing if it is ready.
  absl::StatusOr<StoredCommand> Begin(StoredCommand command);

  // The new key's registration came. REGISTRATION verdicts that refuse end the
  // command as DENIED; an accepted one makes its bytes. The same one again
  // changes nothing; any other is ALREADY_DECIDED then.
  absl::StatusOr<StoredCommand> OnRegistration(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::EnrolmentAnswer& answer);

  // A device's proof came.
  absl::StatusOr<StoredCommand> OnDeviceProof(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::DeviceProof& proof);

 private:
  absl::StatusOr<StoredCommand> BeginEnrolment(StoredCommand command);
  absl::StatusOr<StoredCommand> BeginStaging(StoredCommand command);
  absl::StatusOr<StoredCommand> Deny(const StoredCommand& command,
                                     absl::string_view reason);
  absl::StatusOr<StoredCommand> SameRegistration(
      const StoredCommand& command, const GatewaySession& session,
      const gateway::v1::EnrolmentAnswer& answer);
  absl::StatusOr<attestation::v1::VerifyRegistrationResponse> Verify(
      const StoredCommand& command, const GatewaySession& session,
      const common::v1::RegistrationAnswer& answer);
  absl::StatusOr<StoredCommand> MakeEnrolCommand(
      const StoredCommand& command,
      const attestation::v1::VerifyRegistrationResponse& verified);

  attestation::AttestationClient& attestation_;
  challenge::ChallengeClient& challenge_;
  device_registry::RegistryClient& registry_;
  CommandMover& mover_;
  GatewaySender& gateways_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_PREPARATION_H_
