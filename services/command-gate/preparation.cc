#include "services/command-gate/preparation.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/command-gate/candidates.h"
#include "services/command-gate/command_states.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using attestation::v1::ListCandidatesResponse;
using attestation::v1::VerifyRegistrationResponse;
using records::v1::CommandRow;
using records::v1::Slot;
using ::u2fi::store::Durability;

// COSE number of ES256: the one algorithm that devices can check.
constexpr int32_t kEs256 = -7;

bool IsEnrolment(const CommandRow& row) {
  return row.operation() == proof::kOperationEnrol;
}

bool NeedsStaging(const CommandRow& row) {
  return row.purpose() == proof::v1::PURPOSE_PROVISION;
}

proof::v1::AuthorizationStatement RegistrationTemplate(
    const StoredCommand& command) {
  const CommandRow& row = command.row;
  proof::v1::AuthorizationStatement statement;
  statement.set_format(1);
  statement.set_purpose(row.purpose());
  statement.set_tenant(command.tenant);
  statement.set_account(row.account());
  statement.set_approver_gateway(row.slots(0).gateway());
  statement.set_channel_key(row.slots(0).channel_key());
  statement.set_requester(row.requester());
  statement.set_request_id(row.request_id());
  statement.set_approve_by_ms(row.approve_by_ms());
  statement.set_execute_by_ms(row.execute_by_ms());
  return statement;
}

std::string RegistrationDigest(const proof::v1::Registration& registration) {
  return crypto::ToString(
      crypto::Sha256({proof::domain::kEnrol,
                      crypto::LengthPrefixed(registration.credential_id()),
                      crypto::LengthPrefixed(registration.public_key()),
                      crypto::LengthPrefixed(registration.attestation())}));
}

absl::StatusOr<std::string> EnrolCommand(
    const CommandRow& row, const VerifyRegistrationResponse& verified) {
  proof::v1::EnrolArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id(verified.token_id());
  arguments.set_registration_digest(
      RegistrationDigest(verified.registration()));
  arguments.set_recovery(row.enrol_recovery());
  arguments.set_lease_site(row.enrol_lease_site());
  proof::v1::Command command;
  command.set_format(1);
  command.set_command_id(row.command_id());
  command.set_device(row.device());
  command.set_operation(row.operation());
  command.set_arguments(proof::Encode(arguments));
  RETURN_IF_ERROR(proof::CheckArguments(command));
  return proof::EncodeCommand(command);
}

// A browser hears of it from whoever follows what waits for the account.
void SendEnrolment(GatewaySender& gateways, const StoredCommand& command,
                   const ListCandidatesResponse& enrolled) {
  if (command.row.slots(0).gateway().empty()) return;
  gateway::v1::MeshMessage message;
  gateway::v1::EnrolmentRequest& request = *message.mutable_enrolment_request();
  request.set_enrolment_id(command.row.command_id());
  request.set_statement(command.row.enrol_statement());
  *request.mutable_exclude() = enrolled.candidates();
  request.add_algorithms(kEs256);
  request.set_label(command.row.enrol_label());
  request.set_requester_label(command.row.account());
  gateways
      .Send(command.tenant, command.row.slots(0).gateway(), std::move(message))
      .IgnoreError();
}

void SendStage(GatewaySender& gateways, const StoredCommand& command,
               const device_registry::v1::Transaction& transaction) {
  gateway::v1::MeshMessage message;
  gateway::v1::Stage& stage = *message.mutable_stage();
  stage.set_transaction(command.row.transaction());
  stage.set_deadline_ms(command.row.execute_by_ms());
  *stage.mutable_evidence() = command.row.evidence();
  for (const auto& device : transaction.devices()) {
    gateway::v1::StagedDevice& staged = *stage.add_devices();
    staged.set_device(device.device());
    staged.set_factory_key(device.factory_key());
    staged.set_nonce(device.nonce());
    staged.set_plain(device.plain());
    staged.set_kind(common::v1::BINDING_KIND_PERMANENT);
    staged.set_command(command.row.command());
  }
  gateways.Send(command.tenant, command.row.gateway(), std::move(message))
      .IgnoreError();
}

}  // namespace

bool Preparation::IsReady(const CommandRow& row) {
  if (IsEnrolment(row)) return !row.command().empty();
  return !NeedsStaging(row) || row.staged();
}

absl::StatusOr<StoredCommand> Preparation::Begin(StoredCommand command) {
  if (IsReady(command.row)) return command;
  return IsEnrolment(command.row) ? BeginEnrolment(std::move(command))
                                  : BeginStaging(std::move(command));
}

absl::StatusOr<StoredCommand> Preparation::BeginEnrolment(
    StoredCommand command) {
  const absl::StatusOr<ListCandidatesResponse> enrolled =
      EnrolledTokens(attestation_, command);
  if (IsReason(enrolled.status(), reason::kNoCredentials)) {
    return Deny(command, reason::kNoCredentials.name);
  }
  RETURN_IF_ERROR(enrolled.status());
  if (command.row.enrol_statement().empty()) {
    challenge::v1::IssueRequest request;
    request.set_tenant(command.tenant);
    *request.mutable_template_() = RegistrationTemplate(command);
    ASSIGN_OR_RETURN(const challenge::v1::IssueResponse issued,
                     challenge_.Issue(request));
    CommandRow next = command.row;
    next.set_enrol_statement(issued.statement());
    MoveEvidence evidence;
    evidence.kind = audit::v1::ROW_KIND_APPROVAL;
    evidence.statement = issued.statement();
    ASSIGN_OR_RETURN(command, mover_.Move(command, std::move(next), evidence,
                                          Durability::kVolatile));
  }
  SendEnrolment(gateways_, command, *enrolled);
  return command;
}

absl::StatusOr<StoredCommand> Preparation::BeginStaging(StoredCommand command) {
  device_registry::v1::ArmRequest request;
  request.set_tenant(command.tenant);
  request.set_account(command.row.account());
  request.set_site(command.row.site());
  request.add_devices(command.row.device());
  request.set_kind(common::v1::BINDING_KIND_PERMANENT);
  request.set_command_id(command.row.command_id());
  *request.mutable_deadline() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          static_cast<int64_t>(command.row.execute_by_ms()));
  const auto armed = registry_.Arm(request);
  if (!armed.ok()) {
    if (armed.status().code() == absl::StatusCode::kUnavailable) {
      return armed.status();
    }
    return Deny(command, ReasonOf(armed.status()));
  }
  if (command.row.transaction().empty()) {
    CommandRow next = command.row;
    next.set_transaction(armed->transaction().name().substr(
        std::string("transactions/").size()));
    ASSIGN_OR_RETURN(command, mover_.Move(command, std::move(next), {},
                                          Durability::kVolatile));
  }
  SendStage(gateways_, command, armed->transaction());
  return command;
}

absl::StatusOr<StoredCommand> Preparation::OnRegistration(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::EnrolmentAnswer& answer) {
  const CommandRow& row = command.row;
  if (!IsEnrolment(row) || row.slots().empty() ||
      row.enrol_statement().empty()) {
    return Error(reason::kAlreadyDecided, "no registration was asked for");
  }
  if (row.slots(0).gateway() != session.gateway ||
      row.slots(0).channel_key() != session.channel_key) {
    return Error(reason::kChannelKeyMismatch,
                 "the question went to another gateway or key");
  }
  if (row.state() != v1::COMMAND_STATE_PREPARING || IsReady(row)) {
    return SameRegistration(command, session, answer);
  }
  if (answer.has_declined()) return Deny(command, reason::kDeclined.name);
  if (answer.has_failed()) return Deny(command, answer.failed().reason());
  ASSIGN_OR_RETURN(const auto verified,
                   Verify(command, session, answer.registration()));
  if (verified.verdict().outcome() != common::v1::OUTCOME_ACCEPTED) {
    return Deny(command, verified.verdict().reason());
  }
  return MakeEnrolCommand(command, verified);
}

absl::StatusOr<StoredCommand> Preparation::SameRegistration(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::EnrolmentAnswer& answer) {
  if (answer.has_registration() && !command.row.command().empty()) {
    ASSIGN_OR_RETURN(const auto verified,
                     Verify(command, session, answer.registration()));
    if (verified.verdict().outcome() == common::v1::OUTCOME_ACCEPTED &&
        verified.registration().SerializeAsString() ==
            command.row.evidence().registration().SerializeAsString()) {
      return command;
    }
  }
  return Error(reason::kAlreadyDecided, "nobody is asked any more");
}

absl::StatusOr<VerifyRegistrationResponse> Preparation::Verify(
    const StoredCommand& command, const GatewaySession& session,
    const common::v1::RegistrationAnswer& answer) {
  const CommandRow& row = command.row;
  attestation::v1::VerifyRegistrationRequest request;
  request.set_tenant(command.tenant);
  request.set_statement(row.enrol_statement());
  *request.mutable_answer() = answer;
  request.mutable_channel()->set_gateway(session.gateway);
  request.mutable_channel()->set_channel_key(session.channel_key);
  request.set_label(row.enrol_label());
  request.set_recovery(row.enrol_recovery());
  request.set_lease_site(row.enrol_lease_site());
  return attestation_.VerifyRegistration(request);
}

absl::StatusOr<StoredCommand> Preparation::MakeEnrolCommand(
    const StoredCommand& command, const VerifyRegistrationResponse& verified) {
  CommandRow next = command.row;
  ASSIGN_OR_RETURN(*next.mutable_command(), EnrolCommand(next, verified));
  *next.mutable_evidence()->mutable_registration() = verified.registration();
  *next.mutable_slots(0)->mutable_candidate() = verified.candidate();
  const absl::StatusOr<ListCandidatesResponse> tokens =
      EnrolledTokens(attestation_, command);
  if (IsReason(tokens.status(), reason::kNoCredentials)) {
    return Deny(command, reason::kNoCredentials.name);
  }
  RETURN_IF_ERROR(tokens.status());
  if (tokens->enrolled() > 0) {
    // The second touch: a token that the account has already.
    Slot& enrolled = *next.add_slots();
    enrolled = command.row.slots(0);
    enrolled.clear_candidate();
  }
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_APPROVAL;
  evidence.outcome = common::v1::OUTCOME_ACCEPTED;
  evidence.statement = command.row.enrol_statement();
  return mover_.Move(command, std::move(next), evidence, Durability::kVolatile);
}

absl::StatusOr<StoredCommand> Preparation::OnDeviceProof(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::DeviceProof& proof) {
  const CommandRow& row = command.row;
  if (row.state() != v1::COMMAND_STATE_PREPARING || IsReady(row) ||
      row.gateway() != session.gateway ||
      row.transaction() != proof.transaction()) {
    return Error(reason::kAlreadyDecided, "this proof was not asked for");
  }
  if (proof.signature().empty()) return Deny(command, proof.reason());
  device_registry::v1::StageRequest request;
  request.set_tenant(command.tenant);
  request.set_transaction(row.transaction());
  request.set_gateway(session.gateway);
  *request.add_proofs() = proof;
  const auto staged = registry_.Stage(request);
  if (!staged.ok()) {
    if (staged.status().code() == absl::StatusCode::kUnavailable) {
      return staged.status();
    }
    return Deny(command, ReasonOf(staged.status()));
  }
  if (staged->transaction().state() !=
      device_registry::v1::TRANSACTION_STATE_STAGED) {
    return command;
  }
  CommandRow next = row;
  next.set_staged(true);
  return mover_.Move(command, std::move(next), {}, Durability::kVolatile);
}

absl::StatusOr<StoredCommand> Preparation::Deny(const StoredCommand& command,
                                                absl::string_view reason) {
  CommandRow next = command.row;
  next.set_state(StateAfterRefusal(reason));
  next.set_reason(std::string(reason));
  return mover_.Move(command, std::move(next), {}, Durability::kReplicated);
}

}  // namespace u2fi::command_gate
