#include "services/command-gate/approvals.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/approval_limits.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using store::Durability;
using store::FaultyStore;
using testing::IsEmpty;
using testing::SizeIs;

class ApprovalsTest : public GateTestCase {
 protected:
  std::vector<gateway::v1::ApprovalRequest> Questions() {
    std::vector<gateway::v1::ApprovalRequest> questions;
    for (const auto& message : gateways_.Of(MeshMessage::kApprovalRequest)) {
      questions.push_back(message.approval_request());
    }
    return questions;
  }
  std::vector<MeshMessage> Cancels() {
    return gateways_.Of(MeshMessage::kCancelApproval);
  }
  proof::v1::AuthorizationStatement Template() {
    return challenge_.issued.back().template_();
  }
  // A command that two approvers have to approve.
  StoredCommand AskedTwo() {
    StoredCommand command = Submit(CameraOn());
    *command.row.add_slots() = command.row.slots(0);
    command.row.mutable_slots(1)->set_account("bob");
    return Advance(command);
  }
  void Refuse(const std::string& why,
              common::v1::Outcome outcome = common::v1::OUTCOME_REFUSED) {
    attestation_.outcome = outcome;
    attestation_.reason = why;
  }
  gateway::v1::ApprovalAnswer Declined(const StoredCommand& command) {
    gateway::v1::ApprovalAnswer answer = AnswerTo(command);
    answer.mutable_declined()->set_source("button");
    return answer;
  }
};

TEST_F(ApprovalsTest, TheStatementSaysWhatIsApproved) {
  const StoredCommand asked = Asked();
  const proof::v1::AuthorizationStatement statement = Template();
  EXPECT_EQ(statement.purpose(), proof::v1::PURPOSE_COMMAND);
  EXPECT_EQ(statement.tenant(), "t1");
  EXPECT_EQ(statement.account(), "ann");
  EXPECT_EQ(statement.approver_gateway(), "g1");
  EXPECT_EQ(statement.channel_key(), Session().channel_key);
  EXPECT_EQ(statement.site(), "s1");
  EXPECT_EQ(statement.batch_size(), 1u);
  EXPECT_EQ(statement.batch_root(),
            crypto::ToString(proof::Leaf(asked.row.command())));
}

TEST_F(ApprovalsTest, AndUntilWhenAndForWhom) {
  const StoredCommand asked = Asked();
  const proof::v1::AuthorizationStatement statement = Template();
  EXPECT_EQ(statement.approve_by_ms(), asked.row.approve_by_ms());
  EXPECT_EQ(statement.execute_by_ms(), asked.row.execute_by_ms());
  EXPECT_EQ(statement.requester(), CameraOn().requester);
  EXPECT_EQ(statement.request_id(), CameraOn().request_id);
  EXPECT_EQ(statement.pins_revision(), 3u);
  EXPECT_FALSE(statement.has_required());
}

TEST_F(ApprovalsTest, ARuleThatWantsMoreOfTheKeySaysSo) {
  registry_.rule.set_uv(true);
  registry_.rule.set_level(2);
  Asked();
  EXPECT_TRUE(Template().required().uv());
  EXPECT_EQ(Template().required().level(), 2u);
  EXPECT_TRUE(attestation_.listed.required().uv());
}

TEST_F(ApprovalsTest, TheChallengeKnowsTheCountersOfTheCandidates) {
  Asked();
  const auto& floors = challenge_.issued.back().candidates();
  ASSERT_EQ(floors.size(), 1);
  EXPECT_EQ(floors[0].token_id(), "token-1");
  EXPECT_EQ(floors[0].counter_floor(), 7u);
  EXPECT_EQ(attestation_.listed.tenant(), "t1");
  EXPECT_EQ(attestation_.listed.account(), "ann");
  EXPECT_EQ(attestation_.listed.site(), "s1");
}

TEST_F(ApprovalsTest, TheGatewayGetsTheBytes) {
  const StoredCommand asked = Asked();
  ASSERT_THAT(Questions(), SizeIs(1));
  const gateway::v1::ApprovalRequest question = Questions()[0];
  EXPECT_EQ(question.statement(), asked.row.slots(0).statement());
  EXPECT_EQ(question.commands(0), asked.row.command());
  EXPECT_EQ(question.candidates(0).candidate().token_id(), "token-1");
  EXPECT_EQ(question.attempt(), 1u);
  EXPECT_EQ(question.requester_label(), "ann");
}

TEST_F(ApprovalsTest, NobodyIsAskedBeforeTheQuestionIsKept) {
  const StoredCommand command = Submit(CameraOn());
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(gate().flow.Advance(command).ok());
  EXPECT_THAT(Questions(), IsEmpty());
}

TEST_F(ApprovalsTest, AskingCostsNoDurableCommit) {
  const StoredCommand command = Submit(CameraOn());
  Advance(command);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), 1);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kVolatile), 1);
}

TEST_F(ApprovalsTest, WithoutAnyTokenTheCommandIsDenied) {
  attestation_.list_status = Error(reason::kNoCredentials, "none");
  const StoredCommand command = Asked();
  EXPECT_EQ(command.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(command.row.reason(), "NO_CREDENTIALS");
}

TEST_F(ApprovalsTest, WhileAttestationIsAwayTheCommandWaits) {
  attestation_.list_status = Away();
  const StoredCommand command = Submit(CameraOn());
  EXPECT_THAT(gate().flow.Advance(command),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(ApprovalsTest, WhileNoChallengeCanBeIssuedTheCommandWaits) {
  challenge_.status = Away();
  const StoredCommand command = Submit(CameraOn());
  EXPECT_THAT(gate().flow.Advance(command),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(ApprovalsTest, AfterAReconnectTheSameQuestionIsSentAgain) {
  const StoredCommand asked = Asked();
  EXPECT_OK(gate().approvals.AskAgain(asked, "g1"));
  ASSERT_THAT(Questions(), SizeIs(2));
  EXPECT_EQ(Questions()[1].statement(), Questions()[0].statement());
  EXPECT_EQ(Questions()[1].approval_id(), Questions()[0].approval_id());
}

TEST_F(ApprovalsTest, AnotherGatewayIsNotAskedThat) {
  const StoredCommand asked = Asked();
  EXPECT_OK(gate().approvals.AskAgain(asked, "g2"));
  EXPECT_THAT(Questions(), SizeIs(1));
}

TEST_F(ApprovalsTest, ATouchApproves) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_APPROVED);
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_EQ(verdict_.outcome(), common::v1::OUTCOME_ACCEPTED);
}

TEST_F(ApprovalsTest, TheTouchIsKeptWholeAsTheProof) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  const proof::v1::Approval& approval = after.row.slots(0).approval();
  EXPECT_EQ(approval.statement(), asked.row.slots(0).statement());
  EXPECT_EQ(approval.client_data(), "client data");
  EXPECT_EQ(approval.authenticator_data(), "authenticator data");
  EXPECT_EQ(approval.signature(), "signature");
  EXPECT_EQ(approval.token_id(), "token-1");
  EXPECT_EQ(approval.touched_at_ms(), 1u);
  EXPECT_EQ(approval.relay_signature(), "relay signature");
}

TEST_F(ApprovalsTest, TheAuditRowHoldsTheTouch) {
  const StoredCommand approved = Approved();
  const audit::ParsedRow row = LastRow();
  EXPECT_EQ(row.header.kind(), audit::v1::ROW_KIND_APPROVAL);
  EXPECT_EQ(row.body.state_after(), "APPROVED");
  EXPECT_EQ(row.body.outcome(), common::v1::OUTCOME_ACCEPTED);
  EXPECT_EQ(row.body.command(), approved.row.command());
  ASSERT_EQ(row.body.approvals_size(), 1);
  EXPECT_EQ(row.body.approvals(0).SerializeAsString(),
            approved.row.slots(0).approval().SerializeAsString());
}

TEST_F(ApprovalsTest, ApprovalIsOneDurableCommit) {
  const StoredCommand asked = Asked();
  const int before = store_.SuccessfulCommits(Durability::kReplicated);
  ASSERT_OK(Answer(asked, Touch(asked)));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), before + 1);
}

TEST_F(ApprovalsTest, AttestationChecksItAgainstTheStreamsChannel) {
  const StoredCommand asked = Asked();
  ASSERT_OK(Answer(asked, Touch(asked)));
  const auto& request = attestation_.asserted.at(0);
  EXPECT_EQ(request.tenant(), "t1");
  EXPECT_EQ(request.statement(), asked.row.slots(0).statement());
  EXPECT_EQ(request.answer().SerializeAsString(),
            Touch(asked).assertion().SerializeAsString());
  EXPECT_EQ(request.channel().gateway(), "g1");
  EXPECT_EQ(request.channel().channel_key(), Session().channel_key);
}

TEST_F(ApprovalsTest, TheRuleIsReadAgainForTheSameRequest) {
  const StoredCommand asked = Asked();
  ASSERT_OK(Answer(asked, Touch(asked)));
  const auto& request = registry_.last_resolve;
  EXPECT_EQ(request.tenant(), "t1");
  EXPECT_EQ(request.on_behalf_of(), "ann");
  EXPECT_EQ(request.purpose(), proof::v1::PURPOSE_COMMAND);
  EXPECT_EQ(request.approver_gateway(), "g1");
  ASSERT_EQ(request.items_size(), 1);
  EXPECT_EQ(request.items(0).device(), "cam-1");
  EXPECT_EQ(request.items(0).operation(), "camera.on");
}

TEST_F(ApprovalsTest, ForbiddingBreakGlassForbidsNothingElse) {
  const StoredCommand asked = Asked();
  registry_.policy.set_forbid_break_glass(true);
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(ApprovalsTest, AnAnswerOnAnotherGatewaysStreamIsRefused) {
  const StoredCommand asked = Asked();
  GatewaySession same_key = Session("g2");
  same_key.channel_key = Session("g1").channel_key;
  EXPECT_THAT(Answer(asked, Touch(asked), same_key),
              HasReason(reason::kChannelKeyMismatch));
  EXPECT_THAT(Answer(asked, Touch(asked), Session("g2")),
              HasReason(reason::kChannelKeyMismatch));
  EXPECT_THAT(attestation_.asserted, IsEmpty());
}

TEST_F(ApprovalsTest, AnAnswerUnderAnotherKeyOfTheGatewayIsRefused) {
  const StoredCommand asked = Asked();
  GatewaySession session = Session();
  session.channel_key = std::string(32, 'x');
  EXPECT_THAT(Answer(asked, Touch(asked), session),
              HasReason(reason::kChannelKeyMismatch));
}

TEST_F(ApprovalsTest, AnAnswerToAnEarlierQuestionIsRefused) {
  const StoredCommand asked = Asked();
  Refuse("SIGNATURE_INVALID");
  ASSERT_OK_AND_ASSIGN(const StoredCommand again, Answer(asked, Touch(asked)));
  EXPECT_THAT(Answer(again, Touch(asked)), HasReason(reason::kAlreadyDecided));
}

TEST_F(ApprovalsTest, AnAnswerForAnApproverWhoIsNoneIsRefused) {
  const StoredCommand asked = Asked();
  gateway::v1::ApprovalAnswer answer = Touch(asked);
  answer.set_approval_id(ApprovalId(asked.row.command_id(), 1, 1));
  EXPECT_THAT(Answer(asked, answer), HasReason(reason::kAlreadyDecided));
}

TEST_F(ApprovalsTest, AnIdThatIsNoneIsRefused) {
  const StoredCommand asked = Asked();
  gateway::v1::ApprovalAnswer answer = Touch(asked);
  answer.set_approval_id("x");
  EXPECT_THAT(Answer(asked, answer), HasReason(reason::kInvalidField));
  EXPECT_EQ(verdict_.outcome(), common::v1::OUTCOME_REFUSED);
}

TEST_F(ApprovalsTest, AnAnswerWithoutAnyIsRefused) {
  const StoredCommand asked = Asked();
  EXPECT_THAT(Answer(asked, AnswerTo(asked)), HasReason(reason::kInvalidField));
}

TEST_F(ApprovalsTest, AnAnswerAfterTheEndIsRefused) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand cancelled,
                       gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(Answer(cancelled, Touch(asked)),
              HasReason(reason::kAlreadyDecided));
}

// Decisions A16: of a touch and the end of its command one wins, and what came
// of the other is written down.
TEST_F(ApprovalsTest, ATouchThatLostToACancellationIsInTheAuditOnce) {
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  const size_t before = Rows().size();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Answer(Reread(asked), Touch(asked)),
                HasReason(reason::kAlreadyDecided));
  }
  const std::vector<audit::ParsedRow> rows = Rows();
  ASSERT_EQ(rows.size(), before + 1);
  const audit::v1::AuditBody& body = rows.back().body;
  EXPECT_EQ(rows.back().header.kind(), audit::v1::ROW_KIND_APPROVAL);
  EXPECT_EQ(body.outcome(), common::v1::OUTCOME_REFUSED);
  EXPECT_EQ(body.reason(), reason::kCancelled.name);
  EXPECT_EQ(body.approvals(0).signature(), "signature");
  EXPECT_EQ(body.approvals(0).statement(), asked.row.slots(0).statement());
  EXPECT_EQ(body.state_after(), "CANCELLED");
}

TEST_F(ApprovalsTest, ATouchThatIsTooLateCountsAsNoSecondNo) {
  const StoredCommand asked = Asked();
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  gate().sweeper.Sweep();
  ASSERT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_EXPIRED);
  EXPECT_FALSE(Answer(Reread(asked), Touch(asked)).ok());
  EXPECT_EQ(Rows().back().body.reason(), reason::kApproveByPassed.name);
  EXPECT_OK(gate().submitter.Submit(CameraOn(2), /*check_only=*/false));
}

TEST_F(ApprovalsTest, WhatAnotherGatewaySaysAboutItIsNot) {
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  const size_t before = Rows().size();
  EXPECT_FALSE(Answer(Reread(asked), Touch(asked), Session("g2")).ok());
  GatewaySession session = Session("g2");
  session.channel_key = Session("g1").channel_key;
  EXPECT_FALSE(Answer(Reread(asked), Touch(asked), session).ok());
  session = Session("g1");
  session.channel_key = Session("g2").channel_key;
  EXPECT_FALSE(Answer(Reread(asked), Touch(asked), session).ok());
  gateway::v1::ApprovalAnswer other = Touch(asked);
  other.set_approval_id(ApprovalId(asked.row.command_id(), 0, 2));
  EXPECT_FALSE(Answer(Reread(asked), other).ok());
  EXPECT_EQ(Rows().size(), before);
}

TEST_F(ApprovalsTest, TheSameAnswerAgainIsAcceptedAgain) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand again, Answer(after, Touch(asked)));
  EXPECT_EQ(again.version, after.version);
  EXPECT_EQ(verdict_.outcome(), common::v1::OUTCOME_ACCEPTED);
}

TEST_F(ApprovalsTest, AnotherAnswerAfterAnAcceptedOneIsRefused) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  gateway::v1::ApprovalAnswer twin = Touch(asked);
  twin.mutable_assertion()->set_signature("twin");
  EXPECT_THAT(Answer(after, twin), HasReason(reason::kAlreadyDecided));
  twin = Touch(asked);
  twin.mutable_assertion()->set_client_data("other");
  EXPECT_THAT(Answer(after, twin), HasReason(reason::kAlreadyDecided));
}

TEST_F(ApprovalsTest, ARefusedTouchIsAskedForAfresh) {
  const StoredCommand asked = Asked();
  Refuse("SIGNATURE_INVALID");
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(after.row.slots(0).attempts(), 2u);
  EXPECT_NE(after.row.slots(0).statement(), asked.row.slots(0).statement());
  EXPECT_EQ(verdict_.reason(), "SIGNATURE_INVALID");
  EXPECT_THAT(Questions(), SizeIs(2));
}

TEST_F(ApprovalsTest, ARefusedTouchIsInTheAudit) {
  const StoredCommand asked = Asked();
  Refuse("COUNTER_REGRESSION", common::v1::OUTCOME_QUARANTINED);
  ASSERT_OK(Answer(asked, Touch(asked)));
  const std::vector<audit::ParsedRow> rows = Rows();
  const audit::v1::AuditBody& body = rows[rows.size() - 2].body;
  EXPECT_EQ(body.outcome(), common::v1::OUTCOME_QUARANTINED);
  EXPECT_EQ(body.reason(), "COUNTER_REGRESSION");
  EXPECT_EQ(body.approvals(0).signature(), "signature");
  EXPECT_EQ(body.statement(), asked.row.slots(0).statement());
}

TEST_F(ApprovalsTest, ARefusedTouchThatIsTooLargeIsLeftOutOfTheRow) {
  const StoredCommand asked = Asked();
  Refuse("SIGNATURE_INVALID");
  gateway::v1::ApprovalAnswer answer = Touch(asked);
  answer.mutable_assertion()->set_client_data(std::string(7000, 'x'));
  ASSERT_OK(Answer(asked, answer));
  const std::vector<audit::ParsedRow> rows = Rows();
  EXPECT_EQ(rows[rows.size() - 2].body.approvals_size(), 0);
}

TEST_F(ApprovalsTest, AFreshQuestionThatCannotBeAskedWaitsForTheSweeper) {
  const StoredCommand asked = Asked();
  Refuse("SIGNATURE_INVALID");
  challenge_.status = Away();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_QUEUED);
  challenge_.status = absl::OkStatus();
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(gate().sweeper.Sweep(), 1);
  EXPECT_EQ(Reread(asked).row.slots(0).attempts(), 2u);
}

TEST_F(ApprovalsTest, TheFifthRefusalIsTheLast) {
  StoredCommand command = Asked();
  Refuse("SIGNATURE_INVALID");
  for (uint32_t i = 1; i < kMaxAttempts; ++i) {
    ASSERT_OK_AND_ASSIGN(command, Answer(command, Touch(command)));
    ASSERT_EQ(command.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  }
  ASSERT_OK_AND_ASSIGN(command, Answer(command, Touch(command)));
  EXPECT_EQ(command.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(command.row.reason(), "SIGNATURE_INVALID");
  EXPECT_EQ(command.row.slots(0).state(), v1::APPROVAL_STATE_REFUSED);
}

TEST_F(ApprovalsTest, ANoEndsTheCommand) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand after,
                       Answer(asked, Declined(asked)));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(after.row.reason(), "DECLINED");
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_DECLINED);
  EXPECT_EQ(LastRow().body.outcome(), common::v1::OUTCOME_REFUSED);
}

TEST_F(ApprovalsTest, AKeyThatFailedEndsTheCommand) {
  const StoredCommand asked = Asked();
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
  answer.mutable_failed()->set_reason("TOKEN_REMOVED");
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, answer));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(after.row.reason(), "TOKEN_REMOVED");
}

TEST_F(ApprovalsTest, AKeyThatNobodyTouchedLetsTheCommandExpire) {
  const StoredCommand asked = Asked();
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
  answer.mutable_failed()->set_reason("TOUCH_TIMEOUT");
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, answer));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_EXPIRED);
  EXPECT_EQ(after.row.reason(), "TOUCH_TIMEOUT");
}

TEST_F(ApprovalsTest, AKeyWhosePinNobodyTypedLetsTheCommandExpire) {
  const StoredCommand asked = Asked();
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
  answer.mutable_failed()->set_reason("PIN_TIMEOUT");
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, answer));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(after.row.slots(0).state(), v1::APPROVAL_STATE_EXPIRED);
  EXPECT_EQ(after.row.reason(), "PIN_TIMEOUT");
}

TEST_F(ApprovalsTest, ARuleThatChangedMeanwhileDenies) {
  const StoredCommand asked = Asked();
  registry_.rule.set_uv(true);
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(after.row.reason(), "POLICY_CHANGED");
  EXPECT_EQ(verdict_.outcome(), common::v1::OUTCOME_REFUSED);
  EXPECT_EQ(LastRow().body.outcome(), common::v1::OUTCOME_REFUSED);
}

TEST_F(ApprovalsTest, TheGatewayOfTheTouchIsLookedAtAgain) {
  const StoredCommand asked = Asked();
  registry_.resolve_status = Error(reason::kGatewayNotActive, "suspended");
  ASSERT_OK_AND_ASSIGN(const StoredCommand after, Answer(asked, Touch(asked)));
  EXPECT_EQ(registry_.last_resolve.approver_gateway(), "g1");
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(after.row.reason(), "GATEWAY_NOT_ACTIVE");
  EXPECT_EQ(verdict_.reason(), "GATEWAY_NOT_ACTIVE");
}

TEST_F(ApprovalsTest, WhatIsForbiddenByNowOrNobodysAnyMoreEnds) {
  int n = 0;
  for (const Reason& why : {reason::kOperationForbidden, reason::kNotAMember,
                            reason::kResourceUnknown}) {
    registry_.resolve_status = absl::OkStatus();
    const StoredCommand asked = Asked(++n);
    registry_.resolve_status = Error(why, "by now");
    ASSERT_OK_AND_ASSIGN(const StoredCommand after,
                         Answer(asked, Touch(asked)));
    EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_DENIED);
    EXPECT_EQ(after.row.reason(), why.name);
  }
}

TEST_F(ApprovalsTest, WhileTheRuleCannotBeReadNothingIsDecided) {
  const StoredCommand asked = Asked();
  registry_.resolve_status = Away();
  EXPECT_THAT(Answer(asked, Touch(asked)), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  registry_.resolve_status = absl::OkStatus();
  EXPECT_OK(Answer(asked, Touch(asked)));
}

TEST_F(ApprovalsTest, WhileAttestationIsAwayNothingIsDecided) {
  const StoredCommand asked = Asked();
  attestation_.verify_status = Away();
  EXPECT_THAT(Answer(asked, Touch(asked)), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(ApprovalsTest, TheFirstOfTwoTouchesDoesNotApprove) {
  const StoredCommand asked = AskedTwo();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Answer(asked, Touch(asked, 0)));
  EXPECT_EQ(one.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(LastRow().body.command(), "");
  EXPECT_EQ(LastRow().body.approvals_size(), 1);
}

TEST_F(ApprovalsTest, TheSecondDoesAndItsRowRefersToTheFirst) {
  const StoredCommand asked = AskedTwo();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Answer(asked, Touch(asked, 1)));
  ASSERT_OK_AND_ASSIGN(const StoredCommand two, Answer(one, Touch(asked, 0)));
  EXPECT_EQ(two.row.state(), v1::COMMAND_STATE_APPROVED);
  const audit::v1::AuditBody body = LastRow().body;
  ASSERT_EQ(body.approvals_size(), 1);
  ASSERT_EQ(body.approval_refs_size(), 1);
  EXPECT_EQ(
      body.approval_refs(0),
      crypto::ToString(audit::ApprovalDigest(two.row.slots(1).approval())));
}

TEST_F(ApprovalsTest, ANoOfOneTurnsTheOthersCueOff) {
  const StoredCommand asked = AskedTwo();
  ASSERT_OK(Answer(asked, Declined(asked)));
  ASSERT_THAT(Cancels(), SizeIs(1));
  EXPECT_EQ(Cancels()[0].cancel_approval().approval_id(),
            ApprovalId(asked.row.command_id(), 1, 1));
}

TEST_F(ApprovalsTest, TheAgentHearsWhatBecameOfItsAnswer) {
  const StoredCommand asked = Asked();
  common::v1::Verdict verdict;
  verdict.set_outcome(common::v1::OUTCOME_REFUSED);
  verdict.set_reason("X");
  gate().approvals.Tell(Session(), Touch(asked), verdict);
  const auto told = gateways_.Of(MeshMessage::kApprovalOutcome);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].approval_outcome().token_id(), "token-1");
  EXPECT_EQ(told[0].approval_outcome().verdict().reason(), "X");
}

TEST_F(ApprovalsTest, AnIdIsReadAsItWasMade) {
  const std::string id(26, 'a');
  std::string command;
  int slot = 0;
  uint32_t attempt = 0;
  ASSERT_TRUE(ParseApprovalId(ApprovalId(id, 3, 4), command, slot, attempt));
  EXPECT_EQ(command, id);
  EXPECT_EQ(slot, 3);
  EXPECT_EQ(attempt, 4u);
}

TEST_F(ApprovalsTest, OtherFormsOfAnIdAreNone) {
  const std::string id(26, 'a');
  std::string command;
  int slot = 0;
  uint32_t attempt = 0;
  for (const std::string& bad :
       {std::string(), id, id + "-1", id + "-1-2-3", id + "-01-2", id + "-1- 2",
        id + "--1-2", id + "-x-2", "A" + id.substr(1) + "-1-2"}) {
    EXPECT_FALSE(ParseApprovalId(bad, command, slot, attempt)) << bad;
  }
}

}  // namespace
}  // namespace u2fi::command_gate
