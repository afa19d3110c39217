// Quorums through the gate's core: several people, several keys, one command.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_service.h"
#include "services/command-gate/quorum.h"
#include "services/command-gate/quorum_test_case.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class QuorumFlowTest : public QuorumTestCase {
 protected:
  absl::StatusOr<StoredCommand> Try(const Submission& asked) {
    return gate().submitter.Submit(asked, /*check_only=*/false);
  }
  gateway::v1::ApprovalAnswer DeclinedBy(const StoredCommand& command,
                                         const std::string& account) {
    gateway::v1::ApprovalAnswer answer =
        AnswerTo(command, SlotOf(command, account));
    answer.mutable_declined()->set_source("button");
    return answer;
  }
  gateway::v1::ApprovalAnswer FailedBy(const StoredCommand& command,
                                       const std::string& account) {
    gateway::v1::ApprovalAnswer answer =
        AnswerTo(command, SlotOf(command, account));
    answer.mutable_failed()->set_reason("TOKEN_ABSENT");
    return answer;
  }
  // A third person who may approve.
  void AddDora() { Pin("dora", "dora-1", proof::v1::KEY_ROLE_APPROVER, "g1"); }
  StoredCommand ApprovedByTwo() {
    const StoredCommand asked = Asked();
    EXPECT_OK(Approve(asked, "bob"));
    const auto approved = Approve(Reread(asked), "carl");
    EXPECT_OK(approved);
    return approved.ok() ? *approved : StoredCommand();
  }
  std::vector<std::string> Cancelled() {
    std::vector<std::string> ids;
    for (const auto& message : gateways_.Of(MeshMessage::kCancelApproval)) {
      ids.push_back(message.cancel_approval().approval_id());
    }
    return ids;
  }
  std::string QuestionOf(const StoredCommand& command,
                         const std::string& account) {
    return ApprovalId(command.row.command_id(), SlotOf(command, account), 1);
  }
  std::vector<MeshMessage> Executed() {
    return gateways_.Of(MeshMessage::kExecuteCommand);
  }
};

TEST_F(QuorumFlowTest, EachIsAskedAtTheirGatewayWithTheirOwnStatement) {
  const StoredCommand asked = Asked();
  ASSERT_THAT(challenge_.issued, SizeIs(2));
  for (int i = 0; i < 2; ++i) {
    const auto& statement = challenge_.issued[static_cast<size_t>(i)];
    EXPECT_EQ(statement.template_().account(), asked.row.slots(i).account());
    EXPECT_EQ(statement.template_().approver_gateway(),
              asked.row.slots(i).gateway());
    EXPECT_EQ(statement.template_().batch_root(),
              crypto::ToString(proof::Leaf(asked.row.command())));
  }
  EXPECT_EQ(asked.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(QuorumFlowTest, OnlyPinnedTokensAreAsked) {
  attestation_.tokens["bob"].push_back({"bob-not-pinned", "g1"});
  Asked();
  const auto& bobs = challenge_.issued[0].candidates();
  ASSERT_EQ(bobs.size(), 2);
  EXPECT_EQ(bobs[0].token_id(), "bob-1");
  EXPECT_EQ(bobs[1].token_id(), "bob-2");
}

TEST_F(QuorumFlowTest, OneTouchIsNotEnough) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  EXPECT_EQ(one.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  ASSERT_OK(gate().flow.Advance(one));
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(QuorumFlowTest, TheFirstTouchIsOnDiskBeforeItsPersonHearsOfIt) {
  const StoredCommand asked = Asked();
  const int before = store_.SuccessfulCommits(store::Durability::kReplicated);
  ASSERT_OK(Approve(asked, "bob"));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated),
            before + 1);
}

TEST_F(QuorumFlowTest, TheSecondPersonsTouchApproves) {
  const StoredCommand approved = ApprovedByTwo();
  EXPECT_EQ(approved.row.state(), v1::COMMAND_STATE_APPROVED);
  EXPECT_EQ(LastRow().body.approvals_size(), 1);
  EXPECT_EQ(LastRow().body.approval_refs_size(), 1);
}

TEST_F(QuorumFlowTest, TheProofGoesDownWithBothTouches) {
  ASSERT_OK(gate().flow.Advance(ApprovedByTwo()));
  ASSERT_THAT(Executed(), SizeIs(1));
  const proof::v1::Proof proof = Executed()[0].execute_command().proof();
  ASSERT_EQ(proof.approvals_size(), 2);
  EXPECT_EQ(proof.approvals(0).token_id(), "bob-1");
  EXPECT_EQ(proof.approvals(1).token_id(), "carl-1");
}

TEST_F(QuorumFlowTest, BothTokensOfOneAccountCountOnce) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  gateway::v1::ApprovalAnswer second = TouchBy(asked, "bob");
  second.mutable_assertion()->set_token_id("bob-2");
  second.mutable_assertion()->set_signature("signature of the other key");
  EXPECT_THAT(Answer(one, second, Session("g1")),
              HasReason(reason::kAlreadyDecided));
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(QuorumFlowTest, ARequesterCannotBeOneOfThem) {
  const StoredCommand asked = Asked();
  EXPECT_EQ(SlotOf(asked, "ann"), -1);
}

TEST_F(QuorumFlowTest, TooFewApproversStoreNothing) {
  Suspend("carl");
  Suspend("ann");
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kNoCredentials));
  EXPECT_FALSE(Read(CameraOn().command_id).exists());
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(QuorumFlowTest, ANoIsAVetoWhoeverAgreedBefore) {
  AddDora();
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Answer(one, DeclinedBy(one, "carl"), Session("g2")));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "DECLINED");
  EXPECT_EQ(Of(ended, "dora").state(), v1::APPROVAL_STATE_CANCELLED);
  EXPECT_THAT(Cancelled(), ElementsAre(QuestionOf(asked, "dora")));
}

TEST_F(QuorumFlowTest, WhoDropsOutEndsItOnlyIfTheOthersAreTooFew) {
  AddDora();
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand two,
                       Answer(asked, FailedBy(asked, "carl"), Session("g2")));
  EXPECT_EQ(two.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(Of(two, "carl").state(), v1::APPROVAL_STATE_REFUSED);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Answer(two, FailedBy(two, "bob"), Session("g1")));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "TOKEN_ABSENT");
}

TEST_F(QuorumFlowTest, OnceEnoughAgreedTheOthersCueGoesOff) {
  AddDora();
  const StoredCommand approved = ApprovedByTwo();
  EXPECT_EQ(Of(approved, "dora").state(), v1::APPROVAL_STATE_CANCELLED);
  EXPECT_EQ(LastRow().body.approval_refs_size(), 1) << "bob's, not dora's";
  EXPECT_THAT(Cancelled(), ElementsAre(QuestionOf(approved, "dora")));
}

TEST_F(QuorumFlowTest, ATouchAfterItWasDecidedChangesNothing) {
  AddDora();
  const StoredCommand asked = Asked();
  const StoredCommand approved = ApprovedByTwo();
  EXPECT_THAT(Answer(approved, TouchBy(asked, "dora"), Session("g1")),
              HasReason(reason::kAlreadyDecided));
  EXPECT_EQ(Reread(approved).version, approved.version);
}

TEST_F(QuorumFlowTest, TwoTouchesThatRaceAreBothCounted) {
  const StoredCommand asked = Asked();
  ASSERT_OK(Approve(asked, "bob"));
  // Carl's answer was read against the same state as bob's.
  EXPECT_THAT(Approve(asked, "carl"), HasReason(reason::kStoreAborted));
  gateway::v1::GatewayMessage up;
  *up.mutable_approval_answer() = TouchBy(asked, "carl");
  gate().flow.OnMessage(Session("g2"), up);
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(Executed(), SizeIs(1));
}

TEST_F(QuorumFlowTest, TheDeadlineEndsItWithOneOfTwo) {
  const StoredCommand asked = Asked();
  ASSERT_OK(Approve(asked, "bob"));
  clock_.Advance(kApproveWithin + absl::Milliseconds(2));
  EXPECT_EQ(gate().sweeper.Sweep(), 1);
  const StoredCommand ended = Reread(asked);
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(Of(ended, "bob").state(), v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_EQ(Of(ended, "carl").state(), v1::APPROVAL_STATE_EXPIRED);
  EXPECT_THAT(Approve(ended, "carl"), HasReason(reason::kAlreadyDecided));
}

TEST_F(QuorumFlowTest, AnApproverSuspendedBetweenCountsNoMore) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  Suspend("bob");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Approve(one, "carl"));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "TOKEN_REVOKED");
  EXPECT_EQ(Of(ended, "bob").state(), v1::APPROVAL_STATE_REFUSED);
}

// Each of those who agreed before, not only the first.
TEST_F(QuorumFlowTest, EveryEarlierTouchIsLookedAtAgain) {
  registry_.rule.set_approvals(3);
  AddDora();
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  ASSERT_OK_AND_ASSIGN(const StoredCommand two, Approve(one, "carl"));
  Suspend("carl");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Approve(two, "dora"));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(Of(ended, "bob").state(), v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_EQ(Of(ended, "carl").state(), v1::APPROVAL_STATE_REFUSED);
}

TEST_F(QuorumFlowTest, ATokenRevokedBetweenLeavesItToTheOthers) {
  AddDora();
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  attestation_.tokens["bob"].erase(attestation_.tokens["bob"].begin());
  ASSERT_OK_AND_ASSIGN(const StoredCommand two, Approve(one, "carl"));
  EXPECT_EQ(two.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(Of(two, "bob").reason(), "TOKEN_REVOKED");
  ASSERT_OK_AND_ASSIGN(const StoredCommand three, Approve(two, "dora"));
  EXPECT_EQ(three.row.state(), v1::COMMAND_STATE_APPROVED);
  EXPECT_THAT(TouchesOf(three.row), SizeIs(2));
}

TEST_F(QuorumFlowTest, WhileAttestationIsAwayTheLastTouchWaits) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  attestation_.list_status = Away();
  EXPECT_THAT(Approve(one, "carl"), HasReason(reason::kPeerUnavailable));
  attestation_.list_status = absl::OkStatus();
  ASSERT_OK_AND_ASSIGN(const StoredCommand two, Approve(one, "carl"));
  EXPECT_EQ(two.row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(QuorumFlowTest, AnApproverSuspendedBeforeTheDispatchStopsIt) {
  const StoredCommand approved = ApprovedByTwo();
  Suspend("carl");
  clock_.Advance(absl::Seconds(2));
  ASSERT_OK(gate().flow.Advance(approved));
  const StoredCommand ended = Reread(approved);
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "TOKEN_REVOKED");
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(QuorumFlowTest, TheTwinOfAnAcceptedTouchIsNoSecondApproval) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  gateway::v1::ApprovalAnswer twin = TouchBy(asked, "bob");
  twin.mutable_assertion()->set_signature("twin of the signature");
  EXPECT_THAT(Answer(one, twin, Session("g1")),
              HasReason(reason::kAlreadyDecided));
  // Nor is it carl's, whom the same key cannot speak for.
  twin.set_approval_id(QuestionOf(asked, "carl"));
  ASSERT_OK_AND_ASSIGN(const StoredCommand after,
                       Answer(one, twin, Session("g2")));
  EXPECT_EQ(verdict_.reason(), "TOKEN_NOT_PINNED");
  EXPECT_EQ(after.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_EQ(Of(after, "carl").attempts(), 2u);
}

TEST_F(QuorumFlowTest, AnAnswerOnAnotherApproversStreamIsRefused) {
  const StoredCommand asked = Asked();
  EXPECT_THAT(Answer(asked, TouchBy(asked, "carl"), Session("g1")),
              HasReason(reason::kChannelKeyMismatch));
}

TEST_F(QuorumFlowTest, ARuleThatChangedMeanwhileEndsItForAll) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  registry_.rule.set_approvals(3);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Approve(one, "carl"));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.row.reason(), "POLICY_CHANGED");
}

TEST_F(QuorumFlowTest, AnApproverWithoutRoomIsLeftOut) {
  AddDora();
  for (int i = 1; i <= kMaxOpenPerAccount; ++i) {
    attestation_.tokens["dora"].clear();
    Submit(CameraOn(i));
  }
  attestation_.tokens["dora"] = {{"dora-1", "g1"}};
  EXPECT_THAT(Try(CameraOn(4)), HasReason(reason::kAccountLimit));
  Pin("emma", "emma-1", proof::v1::KEY_ROLE_APPROVER, "g2");
  const StoredCommand stored = Submit(CameraOn(4));
  EXPECT_EQ(stored.row.slots_size(), 2);
  EXPECT_EQ(SlotOf(stored, "bob"), -1);
  EXPECT_NE(SlotOf(stored, "dora"), -1);
  EXPECT_EQ(stored.row.places_size(), 4);
}

TEST_F(QuorumFlowTest, PlacesOfAllAreGivenUpAtTheEnd) {
  const StoredCommand approved = ApprovedByTwo();
  EXPECT_EQ(approved.row.places_size(), 0);
  for (int i = 2; i <= 4; ++i) Submit(CameraOn(i));
}

TEST_F(QuorumFlowTest, ARequestThatOnlyTheOwnerMayApproveGoesToTheOwner) {
  registry_.rule.set_approvals(1);
  registry_.rule.set_roles(proof::v1::KEY_ROLE_OWNER);
  Submission asked = CameraOn();
  asked.account = "bob";
  const StoredCommand stored = Submit(asked);
  ASSERT_EQ(stored.row.slots_size(), 1);
  EXPECT_EQ(stored.row.slots(0).account(), "ann");
}

TEST_F(QuorumFlowTest, OneOfSeveralIsEnoughWhereTheRuleWantsOne) {
  registry_.rule.set_approvals(1);
  registry_.rule.set_roles(proof::v1::KEY_ROLE_APPROVER);
  const StoredCommand asked = Asked();
  ASSERT_EQ(asked.row.slots_size(), 2);
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "carl"));
  EXPECT_EQ(one.row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(QuorumFlowTest, ABatchIsUnderItsStrictestRule) {
  registry_.rules["bulb.on"] = registry_.rule;
  registry_.rules["bulb.on"].set_approvals(1);
  std::vector<Submission> items(2, CameraOn());
  items[0].operation = "bulb.on";
  items[1].index = 1;
  items[1].command_id =
      proof::CommandId("t1", items[1].requester, items[1].request_id, 1);
  ASSERT_OK_AND_ASSIGN(const StoredCommand first,
                       gate().submitter.SubmitBatch(items, false));
  EXPECT_EQ(first.row.quorum().approvals(), 2u);
  const StoredCommand asked = Advance(first);
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  ASSERT_OK_AND_ASSIGN(const StoredCommand two, Approve(one, "carl"));
  EXPECT_EQ(two.row.state(), v1::COMMAND_STATE_APPROVED);
  EXPECT_EQ(Read(items[1].command_id).row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(QuorumFlowTest, ABatchWhoseRulesExcludeEachOtherIsRefused) {
  registry_.rules["bulb.on"] = registry_.rule;
  registry_.rules["bulb.on"].set_roles(proof::v1::KEY_ROLE_MEMBER);
  std::vector<Submission> items(2, CameraOn());
  items[0].operation = "bulb.on";
  items[1].index = 1;
  EXPECT_THAT(gate().submitter.SubmitBatch(items, false),
              HasReason(reason::kOperationForbidden));
}

TEST_F(QuorumFlowTest, ApproversAndTheOwnersOfDeviceAndSiteMayCancel) {
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  const rpc::Caller caller = rpc::TestCaller("client/t1/app");
  for (auto& gateway : registry_.gateways) gateway.set_site_owner("hotel");
  int n = 0;
  for (const std::string& who : {"bob", "ann", "hotel"}) {
    Submission asked = CameraOn(++n);
    asked.account = "emma";
    // Or she would cool down.
    asked.requester = proof::Requester(absl::StrCat("spiffe://", n), "emma");
    v1::CancelCommandRequest cancel;
    cancel.set_name("commands/" + Advance(Submit(asked)).row.command_id());
    cancel.set_on_behalf_of("zoe");
    EXPECT_THAT(service.Cancel(caller, cancel), HasReason(reason::kNotAMember));
    cancel.set_on_behalf_of(who);
    EXPECT_OK(service.Cancel(caller, cancel));
  }
}

TEST_F(QuorumFlowTest, WhoseQuestionsAreCancelledByWhomeverCoolsDown) {
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  int n = 0;
  for (const char* who : {"ann", "bob"}) {
    v1::CancelCommandRequest cancel;
    cancel.set_name("commands/" + Asked(++n).row.command_id());
    cancel.set_on_behalf_of(who);
    EXPECT_OK(service.Cancel(rpc::TestCaller("client/t1/app"), cancel));
  }
  EXPECT_THAT(Try(CameraOn(++n)), HasReason(reason::kRequesterCooldown));
}

TEST_F(QuorumFlowTest, WithoutANameOnlyTheRequesterCancels) {
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  const rpc::Caller requester = rpc::TestCaller("client/t1/app");
  Submission asked = CameraOn();
  asked.requester = proof::Requester(requester.uri(), asked.account);
  v1::CancelCommandRequest cancel;
  cancel.set_name("commands/" + Advance(Submit(asked)).row.command_id());
  for (const char* other : {"client/t1/other", "operator/t1/olga"}) {
    EXPECT_THAT(service.Cancel(rpc::TestCaller(other), cancel),
                HasReason(reason::kNotAMember));
  }
  EXPECT_OK(service.Cancel(requester, cancel));
}

TEST_F(QuorumFlowTest, TheTenantsPolicyMayCountTheRequestersOwnTouch) {
  Submission asked = CameraOn();
  asked.account = "bob";
  EXPECT_EQ(Submit(asked).row.slots_size(), 2);
  registry_.policy.set_allow_self_approval(true);
  asked = CameraOn(2);
  asked.account = "bob";
  EXPECT_EQ(Submit(asked).row.slots_size(), 3);
}

}  // namespace
}  // namespace u2fi::command_gate
