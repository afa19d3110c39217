#include "services/command-gate/dispatcher.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using records::v1::CommandRow;
using store::Durability;
using testing::IsEmpty;
using testing::SizeIs;

class DispatcherTest : public GateTestCase {
 protected:
  std::vector<MeshMessage> Executed() {
    return gateways_.Of(MeshMessage::kExecuteCommand);
  }
  absl::StatusOr<StoredCommand> Dispatch(const StoredCommand& command) {
    return gate().dispatcher.Dispatch(command);
  }
  absl::StatusOr<StoredCommand> Result(const StoredCommand& command,
                                       const gateway::v1::CommandResult& result,
                                       const std::string& gateway = "g1") {
    return gate().dispatcher.OnResult(command, Session(gateway), result);
  }
  StoredCommand Free() {
    registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
    return Submit(CameraOn());
  }
  // An approved command that Apply carries out.
  StoredCommand ApprovedEnrolment() {
    StoredCommand command = Approved();
    command.row.clear_gateway();
    command.row.set_operation(std::string(proof::kOperationEnrol));
    return command;
  }
  StoredCommand ApprovedPins() {
    StoredCommand command = Approved();
    command.row.set_operation(std::string(proof::kOperationPins));
    command.row.set_transaction("tx-1");
    return command;
  }
  // The device has seen its number, and numbers up to `high`.
  static gateway::v1::CommandResult Stale(const StoredCommand& command,
                                          uint64_t high) {
    gateway::v1::CommandResult result = ResultOf(command);
    result.set_outcome(gateway::v1::EXECUTION_OUTCOME_FAILED);
    result.set_outcome_text("REFUSED SEQUENCE_STALE");
    result.set_sequence_high(high);
    return result;
  }
  // The device's own signature over a result.
  void Sign(gateway::v1::CommandResult& result) {
    registry_.device_point = device_key_.public_key().point();
    result.set_device_signature(device_key_.Sign(crypto::Sha256(
        {proof::domain::kResult, crypto::LengthPrefixed(result.command_id()),
         crypto::LengthPrefixed(result.outcome_text())})));
  }

  const crypto::P256PrivateKey device_key_ = crypto::P256PrivateKey::Generate();
};

TEST_F(DispatcherTest, WhatWasApprovedGoesDownWithItsProof) {
  const StoredCommand approved = Approved();
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(approved));
  EXPECT_EQ(sent.row.state(), v1::COMMAND_STATE_DISPATCHED);
  ASSERT_THAT(Executed(), SizeIs(1));
  const gateway::v1::ExecuteCommand execute = Executed()[0].execute_command();
  EXPECT_EQ(execute.command(), approved.row.command());
  EXPECT_EQ(execute.proof().approvals(0).signature(), "signature");
  EXPECT_EQ(execute.execute_by_ms(), 0u);
}

TEST_F(DispatcherTest, AFreeCommandGoesDownWithItsDeadline) {
  const StoredCommand command = Free();
  ASSERT_OK(Dispatch(command));
  const gateway::v1::ExecuteCommand execute = Executed()[0].execute_command();
  EXPECT_FALSE(execute.has_proof());
  EXPECT_EQ(execute.execute_by_ms(), command.row.execute_by_ms());
}

TEST_F(DispatcherTest, NothingGoesDownBeforeTheMoveIsKept) {
  const StoredCommand approved = Approved();
  store_.SetAway(true);
  EXPECT_FALSE(Dispatch(approved).ok());
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(DispatcherTest, TheMoveIsNotDurable) {
  const StoredCommand approved = Approved();
  const int before = store_.SuccessfulCommits(Durability::kReplicated);
  ASSERT_OK(Dispatch(approved));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), before);
}

TEST_F(DispatcherTest, WhatIsOnItsWayIsSentAgainWithoutAMove) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK_AND_ASSIGN(const StoredCommand again, Dispatch(sent));
  EXPECT_EQ(again.version, sent.version);
  EXPECT_THAT(Executed(), SizeIs(2));
}

TEST_F(DispatcherTest, AtExecuteByItStillGoes) {
  const StoredCommand approved = Approved();
  clock_.Advance(kApproveWithin + kExecuteWithin);
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(approved));
  EXPECT_EQ(sent.row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(DispatcherTest, AMillisecondLaterItIsExpired) {
  const StoredCommand approved = Approved();
  clock_.Advance(kApproveWithin + kExecuteWithin + absl::Milliseconds(1));
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Dispatch(approved));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(ended.row.reason(), "EXECUTE_BY_PASSED");
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(DispatcherTest, WhatIsNotApprovedDoesNotGo) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand same, Dispatch(asked));
  EXPECT_EQ(same.version, asked.version);
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(DispatcherTest, AGatewayThatIsAwayIsNoError) {
  const StoredCommand approved = Approved();
  gateways_.online.clear();
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(approved));
  EXPECT_EQ(sent.row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(DispatcherTest, AResultEndsTheCommand) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, ResultOf(sent)));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(ended.row.result(), "{\"on\":true}");
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_GATEWAY);
  EXPECT_EQ(LastRow().body.reported_by(), "gateway");
  EXPECT_EQ(LastRow().header.kind(), audit::v1::ROW_KIND_EXECUTION);
}

TEST_F(DispatcherTest, AResultIsOneDurableCommit) {
  const StoredCommand sent = Dispatched();
  const int before = store_.SuccessfulCommits(Durability::kReplicated);
  ASSERT_OK(Result(sent, ResultOf(sent)));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), before + 1);
}

TEST_F(DispatcherTest, AResultThatTheDeviceSignedIsTheDevices) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandResult result = ResultOf(sent);
  Sign(result);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, result));
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_DEVICE);
  EXPECT_EQ(LastRow().body.reported_by(), "device");
  EXPECT_EQ(LastRow().body.device_signature().size(),
            32 + result.device_signature().size());
}

TEST_F(DispatcherTest, ASignatureOverAnotherTextIsNot) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandResult result = ResultOf(sent);
  Sign(result);
  result.set_outcome_text("SUCCEEDED {\"on\":false}");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, result));
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_GATEWAY);
}

TEST_F(DispatcherTest, ASignatureOfADeviceWithoutKeyIsNot) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandResult result = ResultOf(sent);
  Sign(result);
  registry_.device_point.clear();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, result));
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_GATEWAY);
}

TEST_F(DispatcherTest, AFailureKeepsTheDevicesReason) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandResult result = ResultOf(sent);
  result.set_outcome(gateway::v1::EXECUTION_OUTCOME_FAILED);
  result.set_outcome_text("FAILED the lens is dirty");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, result));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_EQ(ended.row.reason(), "the lens is dirty");
}

TEST_F(DispatcherTest, AnOutcomeThatNobodyKnowsIsUnknown) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandResult result = ResultOf(sent);
  result.set_outcome(gateway::v1::EXECUTION_OUTCOME_UNKNOWN);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, result));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_UNKNOWN_OUTCOME);
}

TEST_F(DispatcherTest, AResultOfAnotherGatewayIsRefused) {
  const StoredCommand sent = Dispatched();
  EXPECT_THAT(Result(sent, ResultOf(sent), "g2"),
              HasReason(reason::kGatewayMismatch));
  EXPECT_EQ(Reread(sent).row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(DispatcherTest, AResultThatIsKnownChangesNothing) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Result(sent, ResultOf(sent)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand again,
                       Result(ended, ResultOf(sent)));
  EXPECT_EQ(again.version, ended.version);
}

TEST_F(DispatcherTest, AResultForWhatWasNeverSentChangesNothing) {
  const StoredCommand asked = Asked();
  ASSERT_OK(Result(asked, ResultOf(asked)));
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(DispatcherTest, ALateResultIsNotedAndTheStateStays) {
  const StoredCommand sent = Dispatched();
  clock_.Advance(kApproveWithin + kExecuteWithin + absl::Seconds(30));
  ASSERT_OK(gate().flow.OnTimer("t1", sent.row.command_id()));
  ASSERT_OK_AND_ASSIGN(const StoredCommand late,
                       Result(Reread(sent), ResultOf(sent)));
  EXPECT_EQ(late.row.state(), v1::COMMAND_STATE_UNKNOWN_OUTCOME);
  EXPECT_EQ(late.row.late_result(), "SUCCEEDED");
}

TEST_F(DispatcherTest, ASecondLateResultChangesNothing) {
  const StoredCommand sent = Dispatched();
  clock_.Advance(kApproveWithin + kExecuteWithin + absl::Seconds(30));
  ASSERT_OK(gate().flow.OnTimer("t1", sent.row.command_id()));
  ASSERT_OK_AND_ASSIGN(const StoredCommand late,
                       Result(Reread(sent), ResultOf(sent)));
  gateway::v1::CommandResult other = ResultOf(sent);
  other.set_outcome(gateway::v1::EXECUTION_OUTCOME_FAILED);
  ASSERT_OK_AND_ASSIGN(const StoredCommand same, Result(late, other));
  EXPECT_EQ(same.row.late_result(), "SUCCEEDED");
}

TEST_F(DispatcherTest, AnAgentThatRefusesEndsTheCommand) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandAccepted accepted;
  accepted.set_refused_reason("PROOF_REFUSED");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().dispatcher.OnAccepted(sent, Session(), accepted));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_EQ(ended.row.reason(), "PROOF_REFUSED");
}

TEST_F(DispatcherTest, AnAgentThatAcceptsChangesNothing) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK_AND_ASSIGN(const StoredCommand same,
                       gate().dispatcher.OnAccepted(sent, Session(), {}));
  EXPECT_EQ(same.version, sent.version);
}

TEST_F(DispatcherTest, AnotherGatewayCannotRefuse) {
  const StoredCommand sent = Dispatched();
  gateway::v1::CommandAccepted accepted;
  accepted.set_refused_reason("X");
  EXPECT_THAT(gate().dispatcher.OnAccepted(sent, Session("g2"), accepted),
              HasReason(reason::kGatewayMismatch));
}

TEST_F(DispatcherTest, AnAccountActIsAppliedByItsOwners) {
  const StoredCommand command = ApprovedEnrolment();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Dispatch(command));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_APPLY);
  ASSERT_THAT(attestation_.applied, SizeIs(1));
  EXPECT_EQ(attestation_.applied[0].items(0).command(), command.row.command());
  EXPECT_EQ(attestation_.applied[0].approvals_size(), 1);
  EXPECT_THAT(registry_.applied, SizeIs(1));
}

TEST_F(DispatcherTest, AnActThatIsRefusedFails) {
  attestation_.apply_status = Error(reason::kCredentialExists, "taken");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Dispatch(ApprovedEnrolment()));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_EQ(ended.row.reason(), "CREDENTIAL_EXISTS");
  EXPECT_THAT(registry_.applied, IsEmpty());
}

TEST_F(DispatcherTest, AnActWaitsForAnOwnerThatIsAway) {
  registry_.apply_status = Away();
  const StoredCommand command = ApprovedEnrolment();
  EXPECT_THAT(Dispatch(command), HasReason(reason::kPeerUnavailable));
  const StoredCommand waiting = Reread(command);
  EXPECT_EQ(waiting.row.state(), v1::COMMAND_STATE_DISPATCHED);
  registry_.apply_status = absl::OkStatus();
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Dispatch(waiting));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(DispatcherTest, PinsAreAppliedAndThenGoToTheDevice) {
  const StoredCommand command = ApprovedPins();
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(command));
  EXPECT_EQ(sent.row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(registry_.applied.at(0).transaction(), "tx-1");
  const auto commits = gateways_.Of(MeshMessage::kCommitBinding);
  ASSERT_THAT(commits, SizeIs(1));
  const gateway::v1::CommitBinding& commit = commits[0].commit_binding();
  EXPECT_EQ(commit.item().command(), command.row.command());
  EXPECT_EQ(commit.approvals_size(), 1);
  EXPECT_EQ(commit.access_token().device(), "cam-1");
}

TEST_F(DispatcherTest, PinsThatTheRegistryRefusesNeverReachTheDevice) {
  registry_.apply_status = Error(reason::kPinsRevision, "old");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Dispatch(ApprovedPins()));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_THAT(gateways_.Of(MeshMessage::kCommitBinding), IsEmpty());
}

TEST_F(DispatcherTest, PinsWaitForARegistryThatIsAway) {
  registry_.apply_status = Away();
  EXPECT_THAT(Dispatch(ApprovedPins()), HasReason(reason::kPeerUnavailable));
}

TEST_F(DispatcherTest, ADeviceThatTookItsPinsEndsTheCommand) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(ApprovedPins()));
  gateway::v1::BindingResult result;
  result.set_command_id(sent.row.command_id());
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().dispatcher.OnBinding(sent, Session(), result));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_GATEWAY);
}

TEST_F(DispatcherTest, ADeviceThatRefusedThemFailsIt) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(ApprovedPins()));
  gateway::v1::BindingResult result;
  result.set_reason("PROOF_REFUSED");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().dispatcher.OnBinding(sent, Session(), result));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_FAILED);
}

TEST_F(DispatcherTest, ADeviceMayVouchForItsPinsItself) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(ApprovedPins()));
  gateway::v1::CommandResult word;
  word.set_command_id(sent.row.command_id());
  word.set_outcome_text("SUCCEEDED");
  Sign(word);
  gateway::v1::BindingResult result;
  result.set_command_id(sent.row.command_id());
  result.set_device_signature(word.device_signature());
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       gate().dispatcher.OnBinding(sent, Session(), result));
  EXPECT_EQ(ended.row.result_source(), v1::RESULT_SOURCE_DEVICE);
}

TEST_F(DispatcherTest, ALaterPinSetGoesDownAsAnUpdate) {
  StoredCommand command = ApprovedPins();
  command.row.clear_transaction();
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(command));
  EXPECT_EQ(registry_.applied.at(0).transaction(), "");
  const auto updates = gateways_.Of(MeshMessage::kPinsUpdate);
  ASSERT_THAT(updates, SizeIs(1));
  EXPECT_EQ(updates[0].pins_update().item().command(), command.row.command());
  EXPECT_EQ(updates[0].pins_update().approvals_size(), 1);
}

TEST_F(DispatcherTest, ABindingOfAnotherGatewayIsRefused) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(ApprovedPins()));
  EXPECT_THAT(gate().dispatcher.OnBinding(sent, Session("g2"), {}),
              HasReason(reason::kGatewayMismatch));
}

TEST_F(DispatcherTest, ASecondSendingIsNotedOnce) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK(gate().dispatcher.NoteSentAgain(sent));
  const StoredCommand noted = Reread(sent);
  EXPECT_TRUE(noted.row.sent_again());
  ASSERT_OK(gate().dispatcher.NoteSentAgain(noted));
  EXPECT_EQ(Reread(sent).version, noted.version);
}

TEST_F(DispatcherTest, AResultThatCameMeanwhileIsNoError) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK(Result(sent, ResultOf(sent)));
  EXPECT_OK(gate().dispatcher.NoteSentAgain(sent));
}

TEST_F(DispatcherTest, NumbersGoOnAfterTheOnesThatADeviceHasSeen) {
  const StoredCommand first = Dispatched();
  ASSERT_OK(Result(first, Stale(first, 40)));
  EXPECT_EQ(Reread(first).row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_EQ(Reread(first).row.reason(), "SEQUENCE_STALE");
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), 41u);
}

TEST_F(DispatcherTest, NumbersGoOnHoweverFarTheDeviceIs) {
  const StoredCommand first = Dispatched();
  const uint64_t high = uint64_t{1} << 62;
  ASSERT_OK(Result(first, Stale(first, high)));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), high + 1);
}

TEST_F(DispatcherTest, ANumberThatWasUsedDoesNotTakeOthersBack) {
  const StoredCommand first = Dispatched();
  const StoredCommand second = Submit(CameraOn(2));
  ASSERT_OK(Result(first, Stale(first, first.row.sequence())));
  EXPECT_EQ(Submit(CameraOn(3)).row.sequence(), second.row.sequence() + 1);
}

TEST_F(DispatcherTest, NoWordOfAGatewayUsesAllNumbersUp) {
  const StoredCommand first = Dispatched();
  ASSERT_OK(Result(first, Stale(first, UINT64_MAX)));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), first.row.sequence() + 1);
}

// The device refuses what is more than 2^32 ahead.
TEST_F(DispatcherTest, AfterALieNumbersGoBackToWhereTheDeviceIs) {
  const StoredCommand lied = Dispatched();
  ASSERT_OK(Result(lied, Stale(lied, uint64_t{1} << 40)));
  const StoredCommand far = Advance(Submit(CameraOn(2)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand approved, Answer(far, Touch(far)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent,
                       gate().dispatcher.Dispatch(approved));
  ASSERT_OK(Result(sent, Stale(sent, 5)));
  EXPECT_EQ(Submit(CameraOn(3)).row.sequence(), 6u);
}

TEST_F(DispatcherTest, WhatADeviceWouldTakeTakesNoNumbersBack) {
  const StoredCommand first = Dispatched();
  ASSERT_OK(Result(first, Stale(first, 40)));
  const StoredCommand second = Advance(Submit(CameraOn(2)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand approved,
                       Answer(second, Touch(second)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent,
                       gate().dispatcher.Dispatch(approved));
  ASSERT_OK(Result(sent, Stale(sent, 5)));
  EXPECT_EQ(Submit(CameraOn(3)).row.sequence(), 42u);
}

TEST_F(DispatcherTest, OnlyARefusedNumberMovesThem) {
  const StoredCommand first = Dispatched();
  gateway::v1::CommandResult result = ResultOf(first);
  result.set_sequence_high(40);
  ASSERT_OK(Result(first, result));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), first.row.sequence() + 1);
}

}  // namespace
}  // namespace u2fi::command_gate
