#include "services/command-gate/lost_touches.h"

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using testing::IsEmpty;
using testing::SizeIs;

// A replica of the store that knows of a command up to the question.
class LostTouchesTest : public GateTestCase {
 protected:
  void AskAndBackUp() {
    asked_ = Asked();
    replica_ = memory_.TakeBackup();
  }
  // The touch is accepted, and the command goes down.
  void TouchIt() {
    gateway::v1::GatewayMessage answer;
    *answer.mutable_approval_answer() = Touch(asked_);
    gate().flow.OnMessage(Session(), answer);
    ASSERT_EQ(State(), v1::COMMAND_STATE_DISPATCHED);
  }
  // The replica is promoted, and the audit is back.
  void FailOver() {
    memory_.FailOverTo(replica_);
    ASSERT_OK(gate().deciders.Follow());
    gateways_.sent.clear();
  }
  absl::Status Apply() {
    return LostTouches(gate().commands, gate().approvals, gate().flow,
                       gate().lost)
        .Apply();
  }
  v1::CommandState State() { return Reread(asked_).row.state(); }
  std::vector<MeshMessage> Sent(MeshMessage::BodyCase kind) {
    return gateways_.Of(kind);
  }

  StoredCommand asked_;
  store::MemoryStore::Backup replica_;
};

TEST_F(LostTouchesTest, ATouchThatTheStoreForgotIsTakenWithoutAnother) {
  AskAndBackUp();
  TouchIt();
  FailOver();
  ASSERT_EQ(State(), v1::COMMAND_STATE_AWAITING_APPROVAL) << "it was to be";
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(Sent(MeshMessage::kApprovalRequest), IsEmpty());
}

TEST_F(LostTouchesTest, TheSameBytesAndProofGoDownAgain) {
  AskAndBackUp();
  TouchIt();
  const std::string first =
      Sent(MeshMessage::kExecuteCommand)[0].SerializeAsString();
  FailOver();
  ASSERT_OK(Apply());
  ASSERT_THAT(Sent(MeshMessage::kExecuteCommand), SizeIs(1));
  EXPECT_EQ(Sent(MeshMessage::kExecuteCommand)[0].SerializeAsString(), first);
}

TEST_F(LostTouchesTest, AttestationIsAskedWhetherTheTokenMayStillAnswer) {
  AskAndBackUp();
  TouchIt();
  FailOver();
  attestation_.list_status = Error(reason::kNoCredentials, "revoked");
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(Sent(MeshMessage::kExecuteCommand), IsEmpty());
}

TEST_F(LostTouchesTest, ARuleThatChangedIsNotApprovedByAnOldTouch) {
  AskAndBackUp();
  TouchIt();
  FailOver();
  registry_.rule.set_approvals(2);
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(Sent(MeshMessage::kExecuteCommand), IsEmpty());
}

TEST_F(LostTouchesTest, ACommandThatIsGoneStaysGone) {
  replica_ = memory_.TakeBackup();
  asked_ = Asked();
  TouchIt();
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_FALSE(Reread(asked_).exists());
  EXPECT_THAT(gateways_.sent, IsEmpty());
}

TEST_F(LostTouchesTest, ATouchForAnotherQuestionIsNotTaken) {
  const StoredCommand submitted = Submit(CameraOn());
  replica_ = memory_.TakeBackup();
  asked_ = Advance(submitted);
  TouchIt();
  FailOver();
  ASSERT_OK(Apply());
  // The question itself was lost: there is a new one.
  EXPECT_EQ(State(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(Sent(MeshMessage::kApprovalRequest), SizeIs(1));
  EXPECT_THAT(Sent(MeshMessage::kExecuteCommand), IsEmpty());
}

TEST_F(LostTouchesTest, ATouchIsTakenForWhoseQuestionItAnswers) {
  StoredCommand command = Submit(CameraOn());
  *command.row.add_slots() = command.row.slots(0);
  command.row.mutable_slots(1)->set_account("bob");
  asked_ = Advance(command);
  replica_ = memory_.TakeBackup();
  ASSERT_OK(Answer(asked_, Touch(asked_, 1)));
  FailOver();
  ASSERT_OK(Apply());
  const StoredCommand after = Reread(asked_);
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_ASKED);
  EXPECT_EQ(after.row.slots(1).state(), v1::APPROVAL_STATE_ACCEPTED);
}

TEST_F(LostTouchesTest, ARefusalThatWasLostHasItsQuestionPutAgain) {
  AskAndBackUp();
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "SIGNATURE";
  ASSERT_OK(Answer(asked_, Touch(asked_)));
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_THAT(Sent(MeshMessage::kApprovalRequest), IsEmpty());
  gate().flow.AskLeftOver();
  EXPECT_THAT(Sent(MeshMessage::kApprovalRequest), SizeIs(1));
}

TEST_F(LostTouchesTest, WhileAServiceIsAwayItIsNotForgotten) {
  AskAndBackUp();
  TouchIt();
  FailOver();
  attestation_.list_status = Away();
  EXPECT_THAT(Apply(), HasReason(reason::kPeerUnavailable));
  attestation_.list_status = absl::OkStatus();
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(LostTouchesTest, WhatWasNotLostIsLeftAlone) {
  AskAndBackUp();
  TouchIt();
  replica_ = memory_.TakeBackup();
  FailOver();
  ASSERT_OK(Apply());
  EXPECT_EQ(State(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(gateways_.sent, IsEmpty());
}

}  // namespace
}  // namespace u2fi::command_gate
