#include "services/attestation/token_operations.h"

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

using ::testing::ElementsAre;

class TokenOperationsTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
  }
  absl::StatusOr<v1::ApplyResponse> Act(
      const std::string& what, const std::vector<fido::FakeU2fToken>& by,
      char request = 'd') {
    return core_.applier.Apply(TokenAct(what, IdOf(token_), by, request));
  }
  void Quarantine() {
    ASSERT_EQ(Touch(token_, 50)->verdict().outcome(),
              common::v1::OUTCOME_ACCEPTED);
    ASSERT_EQ(Touch(token_, 50)->verdict().outcome(),
              common::v1::OUTCOME_QUARANTINED);
  }
};

TEST_F(TokenOperationsTest, AnotherTokenRevokes) {
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse applied,
                       Act("revoke", {other_token_}));
  EXPECT_EQ(applied.results(0).resource(), "tokens/" + IdOf(token_));
  EXPECT_FALSE(applied.results(0).already_applied());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_REVOKED);
}

TEST_F(TokenOperationsTest, ATokenDoesNotRevokeItself) {
  EXPECT_THAT(Act("revoke", {token_}), HasReason(reason::kRuleNotSatisfied));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, ARevokedTokenStaysRevoked) {
  ASSERT_OK(Act("revoke", {other_token_}));
  for (const char* what : {"revoke", "resume", "suspend"}) {
    EXPECT_THAT(Act(what, {other_token_}, 'e'), HasReason(reason::kTokenState))
        << what;
  }
}

TEST_F(TokenOperationsTest, ATokenSuspendsItselfAndAnotherResumesIt) {
  ASSERT_OK(Act("suspend", {token_}));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
  ASSERT_OK(Act("resume", {other_token_}, 'e'));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, ASuspendedTokenDoesNotResumeItself) {
  ASSERT_OK(Act("suspend", {other_token_}));
  EXPECT_THAT(Act("resume", {token_}, 'e'), HasReason(reason::kTokenNotPinned));
}

TEST_F(TokenOperationsTest, AnActiveTokenIsNotResumed) {
  EXPECT_THAT(Act("resume", {other_token_}), HasReason(reason::kTokenState));
}

TEST_F(TokenOperationsTest, AnotherTokenResumesAQuarantinedOne) {
  Quarantine();
  ASSERT_OK(Act("resume", {other_token_}));
  const v1::Token token = TokenNamed(IdOf(token_));
  EXPECT_EQ(token.state(), v1::TOKEN_STATE_ACTIVE);
  EXPECT_EQ(token.state_reason(), "");
  // What was seen stays seen.
  EXPECT_EQ(token.counter(), 50u);
  EXPECT_EQ(Touch(token_, 51)->verdict().outcome(),
            common::v1::OUTCOME_ACCEPTED);
}

TEST_F(TokenOperationsTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest act =
      TokenAct("suspend", IdOf(token_), {other_token_}, 'd');
  ASSERT_OK(core_.applier.Apply(act));
  ASSERT_OK(Act("resume", {other_token_}, 'e'));
  ASSERT_OK_AND_ASSIGN(const v1::ApplyResponse again, core_.applier.Apply(act));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(again.results(0).resource(), "tokens/" + IdOf(token_));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, ATouchOverAnotherCommandIsRefused) {
  v1::ApplyRequest act = TokenAct("suspend", IdOf(token_), {other_token_}, 'd');
  *act.mutable_items(0) = TokenAct("revoke", IdOf(token_), {}, 'd').items(0);
  EXPECT_FALSE(core_.applier.Apply(act).ok());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, ATouchUnderAnotherPurposeIsRefused) {
  v1::ApplyRequest act = TokenAct("revoke", IdOf(token_), {}, 'd');
  *act.add_approvals() =
      TouchOver(proof::v1::PURPOSE_ENROL, act.items(0).command(), other_token_);
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(TokenOperationsTest, WithoutATouchNothingHappens) {
  EXPECT_FALSE(Act("revoke", {}).ok());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, AStrangersTouchIsRefused) {
  fido::FakeU2fToken stranger;
  stranger.key_handle = std::string(64, 's');
  EXPECT_THAT(Act("revoke", {stranger}), HasReason(reason::kTokenNotPinned));
}

TEST_F(TokenOperationsTest, AnUnknownTokenIsRefused) {
  EXPECT_THAT(
      core_.applier.Apply(TokenAct("revoke", "t-none", {other_token_}, 'd')),
      HasReason(reason::kResourceUnknown));
}

TEST_F(TokenOperationsTest, AnotherTenantsAccountHasNoTokens) {
  v1::ApplyRequest act = TokenAct("revoke", IdOf(token_), {other_token_}, 'd');
  act.set_tenant("t2");
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kNoCredentials));
}

TEST_F(TokenOperationsTest, AfterExecuteByItIsRefused) {
  const v1::ApplyRequest act =
      TokenAct("revoke", IdOf(token_), {other_token_}, 'd');
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kExecuteByPassed));
}

// The approving token is suspended between the read and the commit.
TEST_F(TokenOperationsTest, AnApproverThatIsSuspendedMeanwhileDoesNotCount) {
  const v1::ApplyRequest act =
      TokenAct("revoke", IdOf(token_), {other_token_}, 'd');
  v1::SuspendTokenRequest suspend;
  suspend.set_name("tokens/" + IdOf(other_token_));
  store_.BeforeNextCommit([&] {
    ASSERT_OK(other_replica_.admin.Suspend(rpc::TestCaller("operator/t1/olga"),
                                           suspend));
  });
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kTokenNotPinned));
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(TokenOperationsTest, OperationsOfOthersAreUnknownHere) {
  v1::ApplyRequest act;
  act.set_tenant("t1");
  proof::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(
      TokenAct("revoke", IdOf(token_), {}, 'd').items(0).command()));
  command.set_operation("u2fi.account.gateways");
  act.add_items()->set_command(proof::Encode(command));
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kOperationUnknown));
}

TEST_F(TokenOperationsTest, RequestsAreChecked) {
  v1::ApplyRequest act;
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kInvalidField));
  act.set_tenant("t1");
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kInvalidField));
  act.add_items()->set_command("no command");
  EXPECT_FALSE(core_.applier.Apply(act).ok());
  while (act.items_size() < 1001) act.add_items();
  EXPECT_THAT(core_.applier.Apply(act), HasReason(reason::kInvalidField));
}

TEST_F(TokenOperationsTest, EachIsAudited) {
  const size_t before = AuditRows().size();
  ASSERT_OK(Act("revoke", {other_token_}));
  const std::vector<std::string> rows = AuditRows();
  ASSERT_GT(rows.size(), before);
  EXPECT_THAT(rows.back(), testing::StartsWith("TOKEN tokens/" + IdOf(token_) +
                                               " accounts/ann commands/"));
}

}  // namespace
}  // namespace u2fi::attestation
