#include "services/command-gate/sweeper.h"

#include <string>

#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using store::FaultyStore;
using testing::SizeIs;

class SweeperTest : public GateTestCase {
 protected:
  int SweepAfter(absl::Duration passed) {
    clock_.Advance(passed);
    return gate().sweeper.Sweep();
  }
  // What came from g1: a touch that nobody can judge now.
  GatewayMessage AnswerWhileAttestationIsAway(const StoredCommand& command) {
    GatewayMessage answer;
    *answer.mutable_approval_answer() = Touch(command);
    attestation_.verify_status = Away();
    attestation_.list_status = Away();
    gate().flow.OnMessage(Session("g1"), answer);
    return answer;
  }
  v1::CommandState StateOf(const StoredCommand& command) {
    return Reread(command).row.state();
  }
};

TEST_F(SweeperTest, WithoutCommandsNothingFires) {
  EXPECT_EQ(SweepAfter(absl::Hours(1)), 0);
}

TEST_F(SweeperTest, ACommandThatACrashLeftLyingIsTakenUp) {
  const StoredCommand command = Submit(CameraOn());
  Crash();
  EXPECT_EQ(SweepAfter(absl::Milliseconds(1'999)), 0);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_PREPARING);
  EXPECT_EQ(SweepAfter(absl::Milliseconds(1)), 1);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(SweeperTest, AtApproveByTheTouchIsStillWaitedFor) {
  const StoredCommand command = Asked();
  EXPECT_EQ(SweepAfter(kApproveWithin), 0);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(SweeperTest, AMillisecondLaterTheCommandIsExpired) {
  const StoredCommand command = Asked();
  EXPECT_EQ(SweepAfter(kApproveWithin + absl::Milliseconds(1)), 1);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(Reread(command).row.reason(), "APPROVE_BY_PASSED");
}

TEST_F(SweeperTest, ThenTheCueGoesOff) {
  Asked();
  SweepAfter(kApproveWithin + absl::Milliseconds(1));
  EXPECT_EQ(gateways_.Of(MeshMessage::kCancelApproval).size(), 1u);
}

TEST_F(SweeperTest, AnAnswerThatNobodyCouldJudgeIsAskedForAgain) {
  const StoredCommand command = Asked();
  const GatewayMessage answer = AnswerWhileAttestationIsAway(command);
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalOutcome), SizeIs(1));
  // It stays away for a while.
  SweepAfter(absl::Seconds(1));
  SweepAfter(absl::Seconds(1));
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(1));
  attestation_.verify_status = absl::OkStatus();
  attestation_.list_status = absl::OkStatus();
  SweepAfter(absl::Seconds(1));
  const auto questions = gateways_.Of(MeshMessage::kApprovalRequest);
  ASSERT_THAT(questions, SizeIs(2));
  EXPECT_EQ(questions[1].approval_request().approval_id(),
            answer.approval_answer().approval_id());
  gate().flow.OnMessage(Session("g1"), answer);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_DISPATCHED);
  SweepAfter(absl::Seconds(1));
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(2));
}

TEST_F(SweeperTest, WithTheStoreAwayAQuestionIsNotForgotten) {
  const StoredCommand command = Asked();
  AnswerWhileAttestationIsAway(command);
  attestation_.list_status = absl::OkStatus();
  store_.Fail(FaultyStore::Method::kGet, FaultyStore::Fault::kUnavailable);
  gate().flow.AskLeftOver();
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(1));
  gate().flow.AskLeftOver();
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(2));
}

TEST_F(SweeperTest, NobodyIsAskedAgainAfterTheEnd) {
  const StoredCommand command = Asked();
  AnswerWhileAttestationIsAway(command);
  attestation_.list_status = absl::OkStatus();
  SweepAfter(kApproveWithin + absl::Milliseconds(1));
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_EXPIRED);
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(1));
}

TEST_F(SweeperTest, AQuestionThatANewStreamCouldNotHearIsPutLater) {
  Asked();
  attestation_.list_status = Away();
  gate().flow.OnConnected(Session("g1"), {});
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(1));
  attestation_.list_status = absl::OkStatus();
  SweepAfter(absl::Seconds(1));
  EXPECT_THAT(gateways_.Of(MeshMessage::kApprovalRequest), SizeIs(2));
}

TEST_F(SweeperTest, WhatWasApprovedIsSent) {
  const StoredCommand command = Approved();
  Crash();
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 1);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(gateways_.Of(MeshMessage::kExecuteCommand).size(), 1u);
}

TEST_F(SweeperTest, WhatWasApprovedTooLongAgoIsExpired) {
  const StoredCommand command = Approved();
  SweepAfter(kApproveWithin + kExecuteWithin + absl::Milliseconds(1));
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(Reread(command).row.reason(), "EXECUTE_BY_PASSED");
}

TEST_F(SweeperTest, WhatWasSentGoesDownOnceMore) {
  Dispatched();
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 1);
  EXPECT_EQ(gateways_.Of(MeshMessage::kExecuteCommand).size(), 2u);
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 0);
  EXPECT_EQ(gateways_.Of(MeshMessage::kExecuteCommand).size(), 2u);
}

TEST_F(SweeperTest, AResultIsWaitedForThirtySecondsAfterExecuteBy) {
  const StoredCommand command = Dispatched();
  SweepAfter(absl::Seconds(2));
  SweepAfter(kApproveWithin + kExecuteWithin + absl::Seconds(28) -
             absl::Milliseconds(1));
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_DISPATCHED);
  SweepAfter(absl::Milliseconds(1));
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_UNKNOWN_OUTCOME);
  EXPECT_EQ(Reread(command).row.reason(), "OUTCOME_UNKNOWN");
}

TEST_F(SweeperTest, AFinishedCommandNeverFires) {
  const StoredCommand command = Dispatched();
  ASSERT_OK(gate().dispatcher.OnResult(command, Session(), ResultOf(command)));
  EXPECT_EQ(SweepAfter(absl::Hours(1)), 0);
}

TEST_F(SweeperTest, WhatCannotFireNowFiresLater) {
  const StoredCommand command = Submit(CameraOn());
  challenge_.status = Away();
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 1);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_PREPARING);
  challenge_.status = absl::OkStatus();
  EXPECT_EQ(SweepAfter(absl::Seconds(1)), 1);
  EXPECT_EQ(StateOf(command), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(SweeperTest, WithTheStoreAwayNothingFires) {
  Submit(CameraOn());
  store_.SetAway(true);
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 0);
}

TEST_F(SweeperTest, OneThatFailsDoesNotKeepTheOthers) {
  const StoredCommand first = Submit(CameraOn(1));
  const StoredCommand second = Submit(CameraOn(2));
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnavailable);
  EXPECT_EQ(SweepAfter(absl::Seconds(2)), 2);
  EXPECT_NE(StateOf(first), StateOf(second));
}

}  // namespace
}  // namespace u2fi::command_gate
