#include "services/command-gate/gate_flow.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using store::FaultyStore;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class GateFlowTest : public GateTestCase {
 protected:
  void Hear(const GatewayMessage& message, const std::string& gateway = "g1") {
    gate().flow.OnMessage(Session(gateway), message);
  }
  void Touched(const StoredCommand& command) {
    GatewayMessage message;
    *message.mutable_approval_answer() = Touch(command);
    Hear(message);
  }
  GatewayMessage ResultMessage(const StoredCommand& command) {
    GatewayMessage message;
    message.set_message_id("m1");
    *message.mutable_command_result() = ResultOf(command);
    return message;
  }
  std::vector<std::string> Acknowledged() {
    std::vector<std::string> ids;
    for (const auto& message : gateways_.Of(MeshMessage::kResultAck)) {
      const auto& acks = message.result_ack().message_ids();
      ids.insert(ids.end(), acks.begin(), acks.end());
    }
    return ids;
  }
  v1::CommandState StateOf(const StoredCommand& command) {
    return Reread(command).row.state();
  }
  common::v1::Verdict Told() {
    const auto told = gateways_.Of(MeshMessage::kApprovalOutcome);
    EXPECT_THAT(told, SizeIs(1));
    return told.empty() ? common::v1::Verdict()
                        : told[0].approval_outcome().verdict();
  }
};

TEST_F(GateFlowTest, ASubmittedCommandIsAskedFor) {
  EXPECT_EQ(Asked().row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(GateFlowTest, AFreeOneGoesStraightDown) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  EXPECT_EQ(Asked().row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(gateways_.Of(MeshMessage::kExecuteCommand), SizeIs(1));
}

TEST_F(GateFlowTest, ATouchSendsItDown) {
  const StoredCommand asked = Asked();
  Touched(asked);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(Told().outcome(), common::v1::OUTCOME_ACCEPTED);
}

// A device waits for the one, and nobody for the other.
TEST_F(GateFlowTest, TheCommandGoesDownBeforeTheWordAboutTheTouch) {
  Touched(Asked());
  std::vector<MeshMessage::BodyCase> order;
  for (const auto& sent : gateways_.sent) {
    order.push_back(sent.message.body_case());
  }
  ASSERT_GE(order.size(), 2u);
  EXPECT_EQ(order[order.size() - 2], MeshMessage::kExecuteCommand);
  EXPECT_EQ(order[order.size() - 1], MeshMessage::kApprovalOutcome);
}

TEST_F(GateFlowTest, AnAnswerToNothingIsRefused) {
  GatewayMessage message;
  message.mutable_approval_answer()->set_approval_id("x");
  Hear(message);
  EXPECT_EQ(Told().outcome(), common::v1::OUTCOME_REFUSED);
  EXPECT_EQ(Told().reason(), "INVALID_FIELD");
}

TEST_F(GateFlowTest, AnAnswerToAnUnknownCommandIsRefused) {
  GatewayMessage message;
  message.mutable_approval_answer()->set_approval_id(
      ApprovalId(std::string(26, 'a'), 0, 1));
  Hear(message);
  EXPECT_EQ(Told().reason(), "RESOURCE_UNKNOWN");
}

TEST_F(GateFlowTest, AnAnswerSurvivesALostRace) {
  const StoredCommand asked = Asked();
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kEpochChanged);
  Touched(asked);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(Told().outcome(), common::v1::OUTCOME_ACCEPTED);
}

TEST_F(GateFlowTest, AnAnswerWhoseCommitAnswerWasLostIsAccepted) {
  const StoredCommand asked = Asked();
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  Touched(asked);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(Told().outcome(), common::v1::OUTCOME_ACCEPTED);
}

TEST_F(GateFlowTest, AnAnswerWhoseCommitWasLostIsTakenAgain) {
  const StoredCommand asked = Asked();
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownNotApplied);
  Touched(asked);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(GateFlowTest, WithTheStoreAwayTheAgentHearsARefusal) {
  const StoredCommand asked = Asked();
  store_.SetAway(true);
  Touched(asked);
  EXPECT_EQ(Told().reason(), "STORE_UNAVAILABLE");
  store_.SetAway(false);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(GateFlowTest, WhatCannotBeSentAfterATouchIsTheSweepers) {
  const StoredCommand asked = Asked();
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable,
              /*nth=*/2);
  Touched(asked);
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_APPROVED);
  clock_.Advance(absl::Seconds(2));
  gate().sweeper.Sweep();
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(GateFlowTest, AResultIsKeptAndAcknowledged) {
  const StoredCommand sent = Dispatched();
  Hear(ResultMessage(sent));
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(Acknowledged(), ElementsAre("m1"));
}

TEST_F(GateFlowTest, AResultThatCouldNotBeKeptIsNot) {
  const StoredCommand sent = Dispatched();
  store_.SetAway(true);
  Hear(ResultMessage(sent));
  EXPECT_THAT(Acknowledged(), IsEmpty());
}

TEST_F(GateFlowTest, AResultWhoseCommitAnswerWasLostIsAcknowledged) {
  const StoredCommand sent = Dispatched();
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  Hear(ResultMessage(sent));
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(Acknowledged(), ElementsAre("m1"));
}

TEST_F(GateFlowTest, AResultThatCanNeverBeTakenIsAcknowledgedToo) {
  const StoredCommand sent = Dispatched();
  gate().flow.OnMessage(Session("g2"), ResultMessage(sent));
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(Acknowledged(), ElementsAre("m1"));
}

TEST_F(GateFlowTest, ATextThatIsTooLongIsNotKept) {
  const StoredCommand sent = Dispatched();
  GatewayMessage message = ResultMessage(sent);
  message.mutable_command_result()->set_outcome_text(std::string(2000, 'x'));
  Hear(message);
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(Acknowledged(), ElementsAre("m1"));
}

TEST_F(GateFlowTest, AnIdThatIsTooLongIsNotSentBack) {
  GatewayMessage message = ResultMessage(Dispatched());
  message.set_message_id(std::string(1 << 20, 'm'));
  Hear(message);
  EXPECT_THAT(Acknowledged(), IsEmpty());
}

TEST_F(GateFlowTest, AMessageWithoutIdIsNotAcknowledged) {
  const StoredCommand sent = Dispatched();
  GatewayMessage message = ResultMessage(sent);
  message.clear_message_id();
  Hear(message);
  EXPECT_THAT(Acknowledged(), IsEmpty());
}

TEST_F(GateFlowTest, AMessageThatIsNotThereYetIsKeptByTheAgent) {
  GatewayMessage message;
  message.set_message_id("m1");
  message.mutable_device_event();
  Hear(message);
  EXPECT_THAT(Acknowledged(), IsEmpty());
}

TEST_F(GateFlowTest, AnAgentsRefusalEndsTheCommand) {
  const StoredCommand sent = Dispatched();
  GatewayMessage message;
  message.mutable_command_accepted()->set_command_id(sent.row.command_id());
  message.mutable_command_accepted()->set_refused_reason("PROOF_REFUSED");
  Hear(message);
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_FAILED);
}

TEST_F(GateFlowTest, AnAgentsAcceptanceIsJustThat) {
  const StoredCommand sent = Dispatched();
  GatewayMessage message;
  message.mutable_command_accepted()->set_command_id(sent.row.command_id());
  Hear(message);
  EXPECT_EQ(StateOf(sent), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(GateFlowTest, ARegistrationLeadsToTheQuestion) {
  attestation_.enrolled = 0;
  const StoredCommand command = Advance(Submit(Enrolment()));
  GatewayMessage message;
  message.mutable_enrolment_answer()->set_enrolment_id(
      command.row.command_id());
  message.mutable_enrolment_answer()->mutable_registration();
  Hear(message);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(GateFlowTest, ADevicesProofLeadsToTheQuestion) {
  Submission asked = CameraOn();
  asked.purpose = proof::v1::PURPOSE_PROVISION;
  const StoredCommand command = Advance(Submit(asked));
  GatewayMessage message;
  message.mutable_device_proof()->set_transaction("tx-1");
  message.mutable_device_proof()->set_signature("signature");
  Hear(message);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(GateFlowTest, AReconnectSendsOpenQuestionsAgain) {
  Asked();
  gate().flow.OnConnected(Session(), {});
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(2));
}

TEST_F(GateFlowTest, AReconnectSendsWhatIsToBeExecutedAgain) {
  Dispatched();
  gate().flow.OnConnected(Session(), {});
  EXPECT_THAT(gateways_.Of(MeshMessage::kExecuteCommand), SizeIs(2));
}

TEST_F(GateFlowTest, AReconnectOfAnotherGatewaySendsNothing) {
  Dispatched();
  gate().flow.OnConnected(Session("g2"), {});
  EXPECT_THAT(gateways_.Of(MeshMessage::kExecuteCommand), SizeIs(1));
}

TEST_F(GateFlowTest, ACommandThatWaitsIsCancelled) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().flow.Cancel(asked, "spiffe://x"));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_CANCELLED);
  EXPECT_EQ(LastRow().body.caller(), "spiffe://x");
  EXPECT_THAT(gateways_.Of(MeshMessage::kCancelApproval), SizeIs(1));
}

TEST_F(GateFlowTest, AnApprovedOneToo) {
  EXPECT_OK(gate().flow.Cancel(Approved(), "x"));
}

TEST_F(GateFlowTest, OneThatIsOnItsWayIsNot) {
  EXPECT_THAT(gate().flow.Cancel(Dispatched(), "x"),
              HasReason(reason::kAlreadyDecided));
}

TEST_F(GateFlowTest, OneThatEndedIsNot) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().flow.Cancel(Asked(), "x"));
  EXPECT_THAT(gate().flow.Cancel(ended, "x"),
              HasReason(reason::kAlreadyDecided));
}

TEST_F(GateFlowTest, ATimerOfAnUnknownCommandIsAnError) {
  EXPECT_THAT(gate().flow.OnTimer("t1", std::string(26, 'a')),
              HasReason(reason::kResourceUnknown));
}

TEST_F(GateFlowTest, ATimerOfAFinishedCommandDoesNothing) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().flow.Cancel(Asked(), "x"));
  EXPECT_OK(gate().flow.OnTimer("t1", ended.row.command_id()));
  EXPECT_EQ(Reread(ended).version, ended.version);
}

TEST_F(GateFlowTest, AReportOfPinsIsConfirmed) {
  GatewayMessage message;
  message.mutable_pins_report()->set_device("cam-1");
  Hear(message);
  EXPECT_EQ(registry_.confirmed.at(0).tenant(), "t1");
  EXPECT_EQ(registry_.confirmed.at(0).gateway(), "g1");
  EXPECT_EQ(registry_.confirmed.at(0).reports(0).device(), "cam-1");
  EXPECT_THAT(gateways_.sent, IsEmpty());
}

// Under the name of the gateway that says it: the registry believes it of the
// devices behind that one.
TEST_F(GateFlowTest, ABindingIsConfirmedAsWhatThatGatewaySays) {
  GatewayMessage message;
  message.mutable_binding_result()->set_device("cam-1");
  message.mutable_binding_result()->set_command_id(CameraOn().command_id);
  Hear(message, "g2");
  ASSERT_THAT(registry_.confirmed, SizeIs(1));
  EXPECT_EQ(registry_.confirmed[0].tenant(), "t1");
  EXPECT_EQ(registry_.confirmed[0].gateway(), "g2");
  ASSERT_EQ(registry_.confirmed[0].results_size(), 1);
  EXPECT_EQ(registry_.confirmed[0].results(0).device(), "cam-1");
  message.mutable_binding_result()->clear_command_id();
  Hear(message);
  EXPECT_THAT(registry_.confirmed, SizeIs(1)) << "of no command";
}

TEST_F(GateFlowTest, ADeviceThatKeptStagedDataIsToldTheCommit) {
  registry_.outcome.add_commits()->set_transaction("tx-1");
  GatewayMessage message;
  message.mutable_pins_report()->set_transaction("tx-1");
  Hear(message);
  EXPECT_THAT(gateways_.Of(MeshMessage::kCommitBinding), SizeIs(1));
}

TEST_F(GateFlowTest, OrTheRollback) {
  registry_.outcome.mutable_transaction()->set_state(
      device_registry::v1::TRANSACTION_STATE_ROLLED_BACK);
  GatewayMessage message;
  message.mutable_pins_report()->set_transaction("tx-1");
  message.mutable_pins_report()->set_device("cam-1");
  Hear(message);
  const auto back = gateways_.Of(MeshMessage::kRollbackBinding);
  ASSERT_THAT(back, SizeIs(1));
  EXPECT_THAT(back[0].rollback_binding().devices(), ElementsAre("cam-1"));
}

TEST_F(GateFlowTest, ARenewalBringsATokenDown) {
  GatewayMessage message;
  message.mutable_token_renewal()->set_device("cam-1");
  message.mutable_token_renewal()->set_renewal_id("r1");
  message.mutable_token_renewal()->set_signature("signed");
  Hear(message);
  EXPECT_EQ(registry_.renewed.at(0).tenant(), "t1");
  EXPECT_EQ(registry_.renewed.at(0).gateway(), "g1");
  EXPECT_EQ(registry_.renewed.at(0).renewal().signature(), "signed");
  const auto sent = gateways_.Of(MeshMessage::kAccessToken);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].access_token().renewal_id(), "r1");
  EXPECT_EQ(sent[0].access_token().device(), "cam-1");
  EXPECT_EQ(sent[0].access_token().reason(), "");
}

TEST_F(GateFlowTest, ARenewalThatIsRefusedIsAnsweredWithTheReason) {
  registry_.renew_status = Error(reason::kDeviceState, "not bound");
  GatewayMessage message;
  message.mutable_token_renewal()->set_device("cam-1");
  message.mutable_token_renewal()->set_renewal_id("r1");
  Hear(message);
  const auto sent = gateways_.Of(MeshMessage::kAccessToken);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].access_token().renewal_id(), "r1");
  EXPECT_EQ(sent[0].access_token().device(), "cam-1");
  EXPECT_EQ(sent[0].access_token().jwt(), "");
  EXPECT_EQ(sent[0].access_token().reason(), "DEVICE_STATE");
}

TEST_F(GateFlowTest, ACriticalCommandIsThreeDurableCommits) {
  const StoredCommand asked = Asked();
  Touched(asked);
  Hear(ResultMessage(asked));
  EXPECT_EQ(StateOf(asked), v1::COMMAND_STATE_SUCCEEDED);
  // The fourth is the agent's journal.
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated) +
                store_.SuccessfulCommits(store::Durability::kDurable),
            3);
}

}  // namespace
}  // namespace u2fi::command_gate
