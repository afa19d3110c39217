#include "services/command-gate/preparation.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/assertion.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using store::FaultyStore;
using testing::IsEmpty;
using testing::SizeIs;

class PreparationTest : public GateTestCase {
 protected:
  // Device operations stand in for pin sets where the bytes do not matter.
  StoredCommand Staging() {
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_PROVISION;
    return Advance(Submit(asked));
  }
  StoredCommand Registering() { return Advance(Submit(Enrolment())); }

  std::vector<gateway::v1::EnrolmentRequest> Questions() {
    std::vector<gateway::v1::EnrolmentRequest> questions;
    for (const auto& message : gateways_.Of(MeshMessage::kEnrolmentRequest)) {
      questions.push_back(message.enrolment_request());
    }
    return questions;
  }
  absl::StatusOr<StoredCommand> Register(
      const StoredCommand& command,
      const GatewaySession& session = FakeGateways::SessionOf("g1")) {
    gateway::v1::EnrolmentAnswer answer;
    answer.mutable_registration()->set_client_data("client data");
    return gate().preparation.OnRegistration(command, session, answer);
  }
  static proof::v1::EnrolArguments ArgumentsOf(const StoredCommand& made) {
    proof::v1::Command command;
    proof::v1::EnrolArguments arguments;
    EXPECT_TRUE(command.ParseFromString(made.row.command()));
    EXPECT_TRUE(arguments.ParseFromString(command.arguments()));
    return arguments;
  }
  static gateway::v1::DeviceProof ProofOf(const StoredCommand& command) {
    gateway::v1::DeviceProof proof;
    proof.set_transaction(command.row.transaction());
    proof.set_device("cam-1");
    proof.set_signature("signature");
    return proof;
  }
  absl::StatusOr<StoredCommand> Prove(
      const StoredCommand& command, const gateway::v1::DeviceProof& proof,
      const GatewaySession& session = FakeGateways::SessionOf("g1")) {
    return gate().preparation.OnDeviceProof(command, session, proof);
  }
};

TEST_F(PreparationTest, AnOrdinaryCommandIsReadyAtOnce) {
  EXPECT_TRUE(Preparation::IsReady(Submit(CameraOn()).row));
}

TEST_F(PreparationTest, AnEnrolmentIsNotReadyBeforeItsBytes) {
  EXPECT_FALSE(Preparation::IsReady(Submit(Enrolment()).row));
}

TEST_F(PreparationTest, TheNewKeyIsAskedToRegister) {
  const StoredCommand command = Registering();
  ASSERT_THAT(Questions(), SizeIs(1));
  EXPECT_EQ(Questions()[0].enrolment_id(), command.row.command_id());
  EXPECT_EQ(Questions()[0].statement(), command.row.enrol_statement());
  EXPECT_EQ(Questions()[0].label(), "blue key");
  EXPECT_EQ(Questions()[0].requester_label(), "ann");
  EXPECT_EQ(Questions()[0].algorithms(0), -7);
}

TEST_F(PreparationTest, ItsStatementHasNoBatch) {
  Registering();
  const auto& statement = challenge_.issued.at(0).template_();
  EXPECT_EQ(statement.purpose(), proof::v1::PURPOSE_ENROL);
  EXPECT_EQ(statement.batch_root(), "");
  EXPECT_EQ(statement.batch_size(), 0u);
  EXPECT_EQ(statement.channel_key(), Session().channel_key);
}

TEST_F(PreparationTest, AskedAgainItIsTheSameStatement) {
  const StoredCommand command = Registering();
  Advance(command);
  ASSERT_THAT(Questions(), SizeIs(2));
  EXPECT_EQ(Questions()[1].statement(), Questions()[0].statement());
  EXPECT_THAT(challenge_.issued, SizeIs(1));
}

TEST_F(PreparationTest, NobodyIsAskedBeforeTheStatementIsKept) {
  const StoredCommand command = Submit(Enrolment());
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(gate().flow.Advance(command).ok());
  EXPECT_THAT(Questions(), IsEmpty());
}

TEST_F(PreparationTest, AVerifiedRegistrationMakesTheBytes) {
  attestation_.enrolled = 0;
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  proof::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(made.row.command()));
  EXPECT_EQ(command.operation(), "u2fi.enrol");
  EXPECT_EQ(command.device(), "account:ann");
  proof::v1::EnrolArguments arguments;
  ASSERT_TRUE(arguments.ParseFromString(command.arguments()));
  EXPECT_EQ(arguments.token_id(), "token-new");
  EXPECT_EQ(arguments.registration_digest(),
            crypto::ToString(
                proof::RegistrationDigest(made.row.evidence().registration())));
}

TEST_F(PreparationTest, OnlyTheNewKeyIsAskedForAFirstToken) {
  attestation_.enrolled = 0;
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  ASSERT_EQ(made.row.slots_size(), 1);
  EXPECT_EQ(made.row.slots(0).candidate().token_id(), "token-new");
}

TEST_F(PreparationTest, TokensThatTheAccountHasDoNotRegisterAgain) {
  Registering();
  ASSERT_THAT(Questions(), SizeIs(1));
  ASSERT_EQ(Questions()[0].exclude_size(), 1);
  EXPECT_EQ(Questions()[0].exclude(0).credential_id(), "credential-1");
  EXPECT_EQ(attestation_.listed.purpose(), proof::v1::PURPOSE_ENROL);
}

TEST_F(PreparationTest, AnAccountWithoutTokensExcludesNone) {
  attestation_.list_status =
      Error(reason::kNoCredentials, "none", {{"enrolled", "0"}});
  Registering();
  ASSERT_THAT(Questions(), SizeIs(1));
  EXPECT_EQ(Questions()[0].exclude_size(), 0);
}

TEST_F(PreparationTest, WhereNoTokenMayApproveNobodyIsAsked) {
  attestation_.list_status =
      Error(reason::kNoCredentials, "suspended", {{"enrolled", "1"}});
  const StoredCommand denied = Registering();
  EXPECT_EQ(denied.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(denied.row.reason(), "NO_CREDENTIALS");
  EXPECT_THAT(Questions(), IsEmpty());
  EXPECT_THAT(challenge_.issued, IsEmpty());
}

TEST_F(PreparationTest, ATokenSuspendedMeanwhileDeniesTheEnrolment) {
  const StoredCommand command = Registering();
  attestation_.list_status =
      Error(reason::kNoCredentials, "suspended", {{"enrolled", "1"}});
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Register(command));
  EXPECT_EQ(ended.row.reason(), "NO_CREDENTIALS");
}

TEST_F(PreparationTest, WhileNobodyKnowsTheTokensNobodyIsAsked) {
  attestation_.list_status = Away();
  EXPECT_THAT(gate().flow.Advance(Submit(Enrolment())),
              HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(Questions(), IsEmpty());
}

TEST_F(PreparationTest, ARecoveryTokenIsRegisteredAsOne) {
  Submission asked = Enrolment();
  asked.enrol_recovery = true;
  registry_.account.add_keys()->set_token_id("token-1");
  ASSERT_OK_AND_ASSIGN(const StoredCommand made,
                       Register(Advance(Submit(asked))));
  EXPECT_TRUE(attestation_.registered.recovery());
  EXPECT_TRUE(ArgumentsOf(made).recovery());
}

TEST_F(PreparationTest, AFirstTokenAtAForeignSiteIsForItsLeasesOnly) {
  attestation_.enrolled = 0;
  for (auto& gateway : registry_.gateways) gateway.set_site_owner("hotel");
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  EXPECT_EQ(attestation_.registered.lease_site(), "s1");
  EXPECT_EQ(ArgumentsOf(made).lease_site(), "s1");
}

TEST_F(PreparationTest, AFurtherTokenIsNotLimited) {
  registry_.account.add_keys()->set_token_id("token-1");
  for (auto& gateway : registry_.gateways) gateway.set_site_owner("hotel");
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  EXPECT_EQ(ArgumentsOf(made).lease_site(), "");
}

TEST_F(PreparationTest, AnEnrolledTokenIsAskedTooForAFurtherOne) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  ASSERT_EQ(made.row.slots_size(), 2);
  EXPECT_FALSE(made.row.slots(1).has_candidate());
  EXPECT_EQ(made.row.slots(1).account(), "ann");
}

TEST_F(PreparationTest, AttestationSeesTheStreamOfTheAnswer) {
  const StoredCommand command = Registering();
  ASSERT_OK(Register(command));
  EXPECT_EQ(attestation_.registered.statement(), command.row.enrol_statement());
  EXPECT_EQ(attestation_.registered.channel().gateway(), "g1");
  EXPECT_EQ(attestation_.registered.label(), "blue key");
}

TEST_F(PreparationTest, ARegistrationFromAnotherGatewayIsRefused) {
  const StoredCommand command = Registering();
  EXPECT_THAT(Register(command, Session("g2")),
              HasReason(reason::kChannelKeyMismatch));
}

TEST_F(PreparationTest, ARegistrationUnderAnotherKeyIsRefused) {
  const StoredCommand command = Registering();
  GatewaySession session = Session();
  session.channel_key = std::string(32, 'x');
  EXPECT_THAT(Register(command, session),
              HasReason(reason::kChannelKeyMismatch));
}

TEST_F(PreparationTest, TheSameRegistrationAgainChangesNothing) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  const size_t rows = Rows().size();
  ASSERT_OK_AND_ASSIGN(const StoredCommand again, Register(made));
  EXPECT_EQ(again.row.command(), made.row.command());
  EXPECT_EQ(Rows().size(), rows);
}

TEST_F(PreparationTest, ASecondRegistrationIsRefused) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand made, Register(Registering()));
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  EXPECT_THAT(Register(made), HasReason(reason::kAlreadyDecided));
  EXPECT_EQ(Reread(made).row.state(), made.row.state());
}

TEST_F(PreparationTest, ARegistrationForAnotherCommandIsRefused) {
  EXPECT_THAT(Register(Submit(CameraOn())), HasReason(reason::kAlreadyDecided));
}

TEST_F(PreparationTest, ARefusedRegistrationDeniesTheCommand) {
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "MODEL_NOT_ALLOWED";
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Register(Registering()));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "MODEL_NOT_ALLOWED");
}

TEST_F(PreparationTest, ANoDeniesIt) {
  gateway::v1::EnrolmentAnswer answer;
  answer.mutable_declined();
  ASSERT_OK_AND_ASSIGN(
      const StoredCommand ended,
      gate().preparation.OnRegistration(Registering(), Session(), answer));
  EXPECT_EQ(ended.row.reason(), "DECLINED");
}

TEST_F(PreparationTest, AKeyThatFailedDeniesIt) {
  gateway::v1::EnrolmentAnswer answer;
  answer.mutable_failed()->set_reason("TOKEN_REMOVED");
  ASSERT_OK_AND_ASSIGN(
      const StoredCommand ended,
      gate().preparation.OnRegistration(Registering(), Session(), answer));
  EXPECT_EQ(ended.row.reason(), "TOKEN_REMOVED");
}

TEST_F(PreparationTest, AKeyThatNobodyTouchedLetsItExpire) {
  gateway::v1::EnrolmentAnswer answer;
  answer.mutable_failed()->set_reason("TOUCH_TIMEOUT");
  ASSERT_OK_AND_ASSIGN(
      const StoredCommand ended,
      gate().preparation.OnRegistration(Registering(), Session(), answer));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_EXPIRED);
}

TEST_F(PreparationTest, WhileAttestationIsAwayTheCommandWaits) {
  const StoredCommand command = Registering();
  attestation_.registration_status = Away();
  EXPECT_THAT(Register(command), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(PreparationTest, ProvisioningArmsATransactionAndStagesTheDevice) {
  const StoredCommand command = Staging();
  EXPECT_EQ(command.row.transaction(), "tx-1");
  ASSERT_THAT(registry_.armed, SizeIs(1));
  EXPECT_EQ(registry_.armed[0].command_id(), command.row.command_id());
  EXPECT_EQ(registry_.armed[0].devices(0), "cam-1");
  const auto staged = gateways_.Of(MeshMessage::kStage);
  ASSERT_THAT(staged, SizeIs(1));
  EXPECT_EQ(staged[0].stage().deadline_ms(), command.row.execute_by_ms());
  EXPECT_EQ(staged[0].stage().devices(0).command(), command.row.command());
  EXPECT_EQ(staged[0].stage().devices(0).nonce(), std::string(32, 'n'));
}

TEST_F(PreparationTest, NobodyIsAskedBeforeTheDeviceProvedItself) {
  Staging();
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), IsEmpty());
}

TEST_F(PreparationTest, ADeviceThatCannotBeArmedDenies) {
  registry_.arm_status = Error(reason::kDeviceState, "bound");
  const StoredCommand command = Staging();
  EXPECT_EQ(command.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(command.row.reason(), "DEVICE_STATE");
}

TEST_F(PreparationTest, WhileTheRegistryIsAwayNothingIsArmed) {
  registry_.arm_status = Away();
  Submission asked = CameraOn();
  asked.purpose = proof::v1::PURPOSE_PROVISION;
  const StoredCommand command = Submit(asked);
  EXPECT_THAT(gate().flow.Advance(command),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(PreparationTest, AProofMakesTheCommandReady) {
  const StoredCommand command = Staging();
  ASSERT_OK_AND_ASSIGN(const StoredCommand staged,
                       Prove(command, ProofOf(command)));
  EXPECT_TRUE(Preparation::IsReady(staged.row));
  EXPECT_EQ(registry_.staged.at(0).proofs(0).signature(), "signature");
}

TEST_F(PreparationTest, WhileOtherDevicesLackTheirProofItIsNot) {
  const StoredCommand command = Staging();
  registry_.stage_state = device_registry::v1::TRANSACTION_STATE_ARMED;
  ASSERT_OK_AND_ASSIGN(const StoredCommand same,
                       Prove(command, ProofOf(command)));
  EXPECT_FALSE(Preparation::IsReady(same.row));
}

TEST_F(PreparationTest, AProofFromAnotherGatewayIsRefused) {
  const StoredCommand command = Staging();
  EXPECT_THAT(Prove(command, ProofOf(command), Session("g2")),
              HasReason(reason::kAlreadyDecided));
}

TEST_F(PreparationTest, AProofForAnotherTransactionIsRefused) {
  const StoredCommand command = Staging();
  gateway::v1::DeviceProof proof = ProofOf(command);
  proof.set_transaction("tx-2");
  EXPECT_THAT(Prove(command, proof), HasReason(reason::kAlreadyDecided));
}

TEST_F(PreparationTest, ADeviceThatCannotProveItselfDenies) {
  const StoredCommand command = Staging();
  gateway::v1::DeviceProof proof = ProofOf(command);
  proof.clear_signature();
  proof.set_reason("DEVICE_OFFLINE");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Prove(command, proof));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "DEVICE_OFFLINE");
}

TEST_F(PreparationTest, AProofThatTheRegistryRefusesDenies) {
  const StoredCommand command = Staging();
  registry_.stage_status = Error(reason::kSignatureInvalid, "no");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Prove(command, ProofOf(command)));
  EXPECT_EQ(ended.row.reason(), "SIGNATURE_INVALID");
}

TEST_F(PreparationTest, AProofWaitsForARegistryThatIsAway) {
  const StoredCommand command = Staging();
  registry_.stage_status = Away();
  EXPECT_THAT(Prove(command, ProofOf(command)),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

}  // namespace
}  // namespace u2fi::command_gate
