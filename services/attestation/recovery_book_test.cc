#include "services/attestation/recovery_book.h"

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::StartsWith;

class RecoveryBookTest : public AttestationTestCase {
 protected:
  RecoveryBookTest() {
    start_.set_request_id(std::string(32, '1'));
    start_.set_account("ann");
    start_.set_reason("she lost it");
  }
  void SetUp() override { ASSERT_OK(Enrol(token_)); }

  absl::StatusOr<v1::StartRecoveryResponse> Start() {
    return core_.recoveries.Start(olga_, start_);
  }
  // A recovery in state WAITING; its name.
  std::string Waiting() {
    const auto started = Start();
    EXPECT_OK(started);
    std::string name = started->recovery().name();
    EXPECT_OK(Approve(otto_, name));
    return name;
  }
  absl::StatusOr<v1::ApproveRecoveryResponse> Approve(const rpc::Caller& caller,
                                                      const std::string& name) {
    v1::ApproveRecoveryRequest request;
    request.set_name(name);
    return core_.recoveries.Approve(caller, request);
  }
  absl::StatusOr<v1::CancelRecoveryResponse> Cancel(const rpc::Caller& caller,
                                                    const std::string& name) {
    v1::CancelRecoveryRequest request;
    request.set_name(name);
    return core_.recoveries.Cancel(caller, request);
  }
  v1::RecoveryState State() {
    v1::ListRecoveriesRequest request;
    request.set_account("ann");
    return core_.recoveries.List(olga_, request)->recoveries(0).state();
  }
  // Ann's new key, as if it were her first.
  absl::StatusOr<v1::ApplyResponse> EnrolAlone() {
    const auto verified =
        core_.registrations.Verify(Registration(other_token_));
    EXPECT_OK(verified);
    return core_.applier.Apply(ApplyOf(*verified, other_token_, 'b'));
  }
  std::string Enrolled(proof::v1::Purpose purpose) {
    v1::ListCandidatesRequest request;
    request.set_tenant("t1");
    request.set_account("ann");
    request.set_purpose(purpose);
    const auto listed = core_.directory.ListCandidates(request);
    return listed.ok() ? std::to_string(listed->enrolled())
                       : MetadataOf(listed.status())["enrolled"];
  }

  const rpc::Caller olga_ = rpc::TestCaller("operator/t1/olga");
  const rpc::Caller otto_ = rpc::TestCaller("operator/t1/otto");
  v1::StartRecoveryRequest start_;
};

TEST_F(RecoveryBookTest, TwoOperatorsAndTimeLetOneNewTokenIn) {
  Waiting();
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_OPEN);
  EXPECT_EQ(Enrolled(proof::v1::PURPOSE_ENROL), "0");
  ASSERT_OK(EnrolAlone());
  EXPECT_EQ(State(), v1::RECOVERY_STATE_DONE);
  EXPECT_EQ(StateOf(other_token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(RecoveryBookTest, ItSaysWhoWantedItWhyAndWhoAgreed) {
  Waiting();
  v1::ListRecoveriesRequest request;
  request.set_account("ann");
  ASSERT_OK_AND_ASSIGN(const auto list, core_.recoveries.List(olga_, request));
  ASSERT_EQ(list.recoveries_size(), 1);
  const v1::Recovery& recovery = list.recoveries(0);
  EXPECT_EQ(recovery.account(), "ann");
  EXPECT_EQ(recovery.reason(), start_.reason());
  EXPECT_THAT(recovery.approvers(),
              testing::ElementsAre(olga_.uri(), otto_.uri()));
  EXPECT_TRUE(recovery.has_open_time());
  EXPECT_GT(recovery.expire_time().seconds(), recovery.open_time().seconds());
}

// Its replica stops within seconds; that is long enough for a thief.
TEST_F(RecoveryBookTest, AClockThatRunsAheadOpensNothing) {
  Waiting();
  FakeClock wrong(clock_.Now() + absl::Hours(25));
  RecoveryBook replica(wrong, core_.tokens, core_.writer, core_.policy,
                       core_.metrics);
  ASSERT_OK_AND_ASSIGN(const AccountView account,
                       core_.tokens.ReadAccount("t1", "ann"));
  EXPECT_THAT(replica.IsOpen("t1", account), IsOkAndHolds(false));
  clock_.Advance(absl::Hours(25));
  EXPECT_THAT(replica.IsOpen("t1", account), IsOkAndHolds(true));
}

TEST_F(RecoveryBookTest, OnlyOneTokenIsLetIn) {
  Waiting();
  clock_.Advance(absl::Hours(25));
  ASSERT_OK(EnrolAlone());
  fido::FakeU2fToken third;
  third.key_handle = "third";
  const auto verified = core_.registrations.Verify(Registration(third));
  EXPECT_THAT(core_.applier.Apply(ApplyOf(*verified, third, 'c')),
              HasReason(reason::kRuleNotSatisfied));
}

// The owner who did not lose it can still act against a false recovery.
TEST_F(RecoveryBookTest, TheOldTokenStaysWhatItWas) {
  Waiting();
  clock_.Advance(absl::Hours(25));
  ASSERT_OK(EnrolAlone());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
  EXPECT_OK(core_.applier.Apply(
      TokenAct("revoke", IdOf(other_token_), {token_}, 'c')));
}

TEST_F(RecoveryBookTest, OtherQuestionsStillGoToTheOldToken) {
  Waiting();
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(Enrolled(proof::v1::PURPOSE_COMMAND), "1");
}

TEST_F(RecoveryBookTest, NobodyApprovesTheirOwnRequest) {
  const std::string name = Start()->recovery().name();
  EXPECT_THAT(Approve(olga_, name), HasReason(reason::kSelfApproval));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_REQUESTED);
}

TEST_F(RecoveryBookTest, OneOperatorAloneOpensNothing) {
  ASSERT_OK(Start());
  clock_.Advance(absl::Hours(30));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_REQUESTED);
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(RecoveryBookTest, AThirdApprovalIsRefused) {
  const std::string name = Waiting();
  EXPECT_THAT(Approve(rpc::TestCaller("operator/t1/oda"), name),
              HasReason(reason::kRecoveryState));
}

TEST_F(RecoveryBookTest, TheOwnerCancelsWhileItWaits) {
  const std::string name = Waiting();
  ASSERT_OK(Cancel(rpc::TestCaller("client/t1/app"), name));
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_CANCELLED);
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
  EXPECT_THAT(Cancel(olga_, name), HasReason(reason::kRecoveryState));
}

TEST_F(RecoveryBookTest, AnOpenOneIsCancelledToo) {
  const std::string name = Waiting();
  clock_.Advance(absl::Hours(25));
  ASSERT_OK(Cancel(olga_, name));
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
}

// The cancellation comes between the enrolment's read and its commit.
TEST_F(RecoveryBookTest, ACancellationWinsTheRaceWithTheEnrolment) {
  const std::string name = Waiting();
  clock_.Advance(absl::Hours(25));
  const auto verified = core_.registrations.Verify(Registration(other_token_));
  const v1::ApplyRequest apply = ApplyOf(*verified, other_token_, 'b');
  v1::CancelRecoveryRequest cancel;
  cancel.set_name(name);
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.recoveries.Cancel(olga_, cancel)); });
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kRuleNotSatisfied));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_CANCELLED);
}

TEST_F(RecoveryBookTest, OneThatNobodyUsesEnds) {
  Waiting();
  clock_.Advance(absl::Hours(24) + kRecoveryLife);
  EXPECT_EQ(State(), v1::RECOVERY_STATE_CANCELLED);
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(RecoveryBookTest, OneThatNobodyApprovesEnds) {
  const std::string name = Start()->recovery().name();
  clock_.Advance(kRecoveryLife);
  EXPECT_THAT(Approve(otto_, name), HasReason(reason::kRecoveryState));
}

TEST_F(RecoveryBookTest, ThereIsOneAtATime) {
  ASSERT_OK(Start());
  start_.set_request_id(std::string(32, '2'));
  EXPECT_THAT(Start(), HasReason(reason::kRecoveryExists));
  clock_.Advance(kRecoveryLife);
  EXPECT_OK(Start());
}

TEST_F(RecoveryBookTest, TheSameRequestGivesTheSameRecovery) {
  const std::string name = Start()->recovery().name();
  EXPECT_EQ(Start()->recovery().name(), name);
  start_.set_reason("another");
  EXPECT_THAT(Start(), HasReason(reason::kRequestIdReused));
}

TEST_F(RecoveryBookTest, RequestsAreChecked) {
  start_.set_request_id("1");
  EXPECT_THAT(Start(), HasReason(reason::kInvalidField));
  start_.set_request_id(std::string(32, '1'));
  start_.set_account("Ann");
  EXPECT_THAT(Start(), HasReason(reason::kInvalidField));
  start_.set_account("ann");
  start_.set_reason("");
  EXPECT_THAT(Start(), HasReason(reason::kInvalidField));
  start_.set_reason(std::string(257, 'x'));
  EXPECT_THAT(Start(), HasReason(reason::kInvalidField));
}

TEST_F(RecoveryBookTest, AnUnknownAccountIsRefused) {
  start_.set_account("bob");
  EXPECT_THAT(Start(), HasReason(reason::kResourceUnknown));
}

TEST_F(RecoveryBookTest, AnUnknownRecoveryIsRefused) {
  EXPECT_THAT(Approve(otto_, "recoveries/none"),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(Cancel(otto_, "recoveries/none"),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(Cancel(otto_, "none"), HasReason(reason::kInvalidField));
}

TEST_F(RecoveryBookTest, AnotherTenantsRecoveryIsUnknown) {
  const rpc::Caller other = rpc::TestCaller("operator/t2/otto");
  const std::string name = Start()->recovery().name();
  EXPECT_THAT(Approve(other, name), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(Cancel(other, name), HasReason(reason::kResourceUnknown));
  EXPECT_THAT(core_.recoveries.Start(other, start_),
              HasReason(reason::kResourceUnknown));
  start_.set_tenant("t1");
  EXPECT_THAT(core_.recoveries.Start(other, start_),
              HasReason(reason::kTenantMismatch));
}

TEST_F(RecoveryBookTest, TheyAreListedNewestFirstInPages) {
  const std::string old = Start()->recovery().name();
  clock_.Advance(kRecoveryLife);
  start_.set_request_id(std::string(32, '2'));
  const std::string young = Start()->recovery().name();
  v1::ListRecoveriesRequest list;
  list.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(auto page, core_.recoveries.List(olga_, list));
  EXPECT_EQ(page.recoveries(0).name(), young);
  list.set_page_token(page.next_page_token());
  ASSERT_OK_AND_ASSIGN(page, core_.recoveries.List(olga_, list));
  EXPECT_EQ(page.recoveries(0).name(), old);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST_F(RecoveryBookTest, ListsAreOfOneAccountOrTenant) {
  ASSERT_OK(Start());
  v1::ListRecoveriesRequest list;
  EXPECT_THAT(core_.recoveries.List(rpc::TestCaller("client/t1/app"), list),
              HasReason(reason::kInvalidField));
  list.set_account("bob");
  EXPECT_EQ(core_.recoveries.List(olga_, list)->recoveries_size(), 0);
  list.set_account("ann");
  const rpc::Caller other = rpc::TestCaller("operator/t2/otto");
  EXPECT_EQ(core_.recoveries.List(other, list)->recoveries_size(), 0);
  list.set_page_token("made up");
  EXPECT_THAT(core_.recoveries.List(olga_, list),
              HasReason(reason::kPageTokenInvalid));
}

TEST_F(RecoveryBookTest, EveryMoveIsAuditedAndTheFirstTwoAreAlarms) {
  const size_t before = AuditRows().size();
  const std::string name = Waiting();
  ASSERT_OK(Cancel(olga_, name));
  std::vector<std::string> rows = AuditRows();
  rows.erase(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(before));
  const std::string about = " " + name + " accounts/ann";
  EXPECT_THAT(
      rows, ElementsAre("RECOVERY" + about, "ALARM" + about, "RECOVERY" + about,
                        "ALARM" + about, "RECOVERY" + about));
}

TEST_F(RecoveryBookTest, TheAccountIsToldAndMovesAreCounted) {
  ASSERT_OK(core_.Start());
  std::vector<std::string> heard;
  const auto watch =
      core_.events.Subscribe("t1", [&](const TokenEvents::Event& event) {
        heard.push_back(event->account() + "/" + event->token_id());
      });
  ASSERT_OK(Start());
  memory_.FlushHints();
  EXPECT_THAT(heard, ElementsAre("ann/"));
  EXPECT_EQ(core_.metrics.Recoveries(v1::RECOVERY_STATE_REQUESTED), 1);
}

TEST_F(RecoveryBookTest, WithTheStoreAwayNothingIsAnswered) {
  store_.SetAway(true);
  EXPECT_THAT(Start(), HasReason(reason::kStoreUnavailable));
}

// A recovery token, enrolled beforehand.
class RecoveryTokenTest : public RecoveryBookTest {
 protected:
  RecoveryTokenTest() { recovery_.key_handle = std::string(64, 'r'); }
  void SetUp() override {
    RecoveryBookTest::SetUp();
    ASSERT_OK(EnrolSecond(token_, recovery_, 'r', /*recovery=*/true));
  }
  absl::StatusOr<v1::ApplyResponse> Recover(const fido::FakeU2fToken& by,
                                            char request = 'd') {
    return core_.applier.Apply(
        TokenAct("recover", IdOf(recovery_), {by}, request));
  }
  fido::FakeU2fToken recovery_;
};

TEST_F(RecoveryTokenTest, ItsTouchBeginsARecovery) {
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Recover(recovery_));
  EXPECT_THAT(applied.results(0).resource(), StartsWith("recoveries/r-"));
  EXPECT_EQ(State(), v1::RECOVERY_STATE_WAITING);
  clock_.Advance(absl::Hours(25));
  EXPECT_OK(EnrolAlone());
}

TEST_F(RecoveryTokenTest, TheOwnerHearsAndCancels) {
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied, Recover(recovery_));
  EXPECT_THAT(AuditRows(), Contains(StartsWith("ALARM recoveries/")));
  ASSERT_OK(
      Cancel(rpc::TestCaller("client/t1/app"), applied.results(0).resource()));
  clock_.Advance(absl::Hours(25));
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
}

// A thief had it: who revokes it means the recovery too.
TEST_F(RecoveryTokenTest, OnceItIsRevokedWhatItBeganLetsNobodyIn) {
  ASSERT_OK(Recover(recovery_));
  ASSERT_OK(
      core_.applier.Apply(TokenAct("revoke", IdOf(recovery_), {token_}, 'e')));
  clock_.Advance(absl::Hours(25));
  EXPECT_EQ(Enrolled(proof::v1::PURPOSE_ENROL), "1");
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(RecoveryTokenTest, WhileItIsSuspendedWhatItBeganWaits) {
  ASSERT_OK(Recover(recovery_));
  v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + IdOf(recovery_));
  ASSERT_OK(core_.admin.Suspend(olga_, suspend));
  clock_.Advance(absl::Hours(25));
  EXPECT_THAT(EnrolAlone(), HasReason(reason::kRuleNotSatisfied));
  ASSERT_OK(
      core_.applier.Apply(TokenAct("resume", IdOf(recovery_), {token_}, 'e')));
  EXPECT_OK(EnrolAlone());
}

TEST_F(RecoveryTokenTest, ItsRevocationWinsTheRaceWithTheEnrolment) {
  ASSERT_OK(Recover(recovery_));
  clock_.Advance(absl::Hours(25));
  const auto verified = core_.registrations.Verify(Registration(other_token_));
  const v1::ApplyRequest apply = ApplyOf(*verified, other_token_, 'b');
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + IdOf(recovery_));
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.admin.Revoke(olga_, revoke)); });
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(RecoveryTokenTest, AnotherTokensTouchDoesNot) {
  EXPECT_THAT(Recover(token_), HasReason(reason::kTokenRole));
}

TEST_F(RecoveryTokenTest, NorThatOfAnotherRecoveryToken) {
  fido::FakeU2fToken another;
  another.key_handle = std::string(64, 's');
  ASSERT_OK(EnrolSecond(token_, another, 's', /*recovery=*/true));
  EXPECT_THAT(Recover(another), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(RecoveryTokenTest, OnceItIsSuspendedItBeginsNone) {
  v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + IdOf(recovery_));
  ASSERT_OK(core_.admin.Suspend(olga_, suspend));
  EXPECT_THAT(Recover(recovery_), HasReason(reason::kTokenNotPinned));
}

TEST_F(RecoveryTokenTest, ThereIsOneAtATime) {
  ASSERT_OK(Recover(recovery_));
  EXPECT_THAT(Recover(recovery_, 'e'), HasReason(reason::kRecoveryExists));
}

TEST_F(RecoveryTokenTest, ItApprovesNothingElse) {
  EXPECT_THAT(
      core_.applier.Apply(TokenAct("suspend", IdOf(token_), {recovery_}, 'd')),
      HasReason(reason::kTokenRole));
  const auto verified = core_.registrations.Verify(Registration(other_token_));
  v1::ApplyRequest apply = ApplyOf(*verified, other_token_, 'b');
  *apply.add_approvals() =
      EnrolApproval(recovery_, apply.items(0).command(), 20);
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kTokenRole));
}

TEST_F(RecoveryTokenTest, ItIsNeverTheFirstOfAnAccount) {
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + IdOf(token_));
  revoke.set_allow_last(true);
  ASSERT_OK(core_.admin.Revoke(olga_, revoke));
  fido::FakeU2fToken another;
  another.key_handle = "another";
  v1::VerifyRegistrationRequest registration = Registration(another);
  registration.set_recovery(true);
  const auto verified = core_.registrations.Verify(registration);
  EXPECT_THAT(core_.applier.Apply(ApplyOf(*verified, another, 'e', true)),
              HasReason(reason::kNoCredentials));
}

TEST_F(RecoveryTokenTest, ACommandThatGivesItOtherRightsIsRefused) {
  v1::VerifyRegistrationRequest registration = Registration(other_token_);
  registration.set_recovery(true);
  const auto verified = core_.registrations.Verify(registration);
  EXPECT_THAT(core_.applier.Apply(ApplyOf(*verified, other_token_, 'e')),
              HasReason(reason::kEnrolmentInvalid));
}

}  // namespace
}  // namespace u2fi::attestation
