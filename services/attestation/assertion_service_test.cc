#include "services/attestation/assertion_service.h"

#include "services/attestation/attestation_test_case.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;
using common::v1::OUTCOME_QUARANTINED;
using common::v1::OUTCOME_REFUSED;

class AssertionServiceTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_EQ(Touch(token_, 10)->verdict().outcome(), OUTCOME_ACCEPTED);
    statement_ = AskForTouch();
    answer_ = Answer(token_, statement_, 11);
  }

  absl::StatusOr<v1::VerifyAssertionResponse> Verify() {
    return core_.assertions.Verify(Assertion(statement_, answer_));
  }
  void ExpectRefused(const Reason& reason) {
    ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse response, Verify());
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_REFUSED);
    EXPECT_EQ(response.verdict().reason(), reason.name);
  }
  v1::TokenState State() {
    v1::GetTokenRequest request;
    request.set_name("tokens/" + TokenIdOf(token_.key_handle));
    return core_.directory.Get(rpc::TestCaller("client/t1/app"), request)
        ->token()
        .state();
  }

  std::string statement_;
  proof::v1::Answer answer_;
};

TEST_F(AssertionServiceTest, ARightAnswerIsAcceptedAndMovesTheCounter) {
  ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse response, Verify());
  EXPECT_EQ(response.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(response.counter(), 11u);
  EXPECT_FALSE(response.uv());
}

TEST_F(AssertionServiceTest, TheSameAnswerGetsTheSameVerdict) {
  ASSERT_OK(Verify());
  ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse again, Verify());
  EXPECT_EQ(again.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(again.counter(), 11u);
}

TEST_F(AssertionServiceTest, AnotherAnswerToASpentChallengeIsRefused) {
  ASSERT_OK(Verify());
  answer_ = Answer(token_, statement_, 12);
  ExpectRefused(reason::kChallengeReused);
}

TEST_F(AssertionServiceTest, AWrongSignatureSpendsTheChallenge) {
  answer_.set_signature(token_.Sign(answer_.authenticator_data(), "other"));
  proof::SignRelay(gateway_key_, proof::ChallengeOf(statement_),
                   answer_.touched_at_ms(), answer_);
  ExpectRefused(reason::kSignatureInvalid);
  answer_ = Answer(token_, statement_, 11);
  ExpectRefused(reason::kChallengeReused);
}

TEST_F(AssertionServiceTest, ACounterAtTheFloorQuarantinesTheToken) {
  answer_ = Answer(token_, statement_, 10);
  ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse response, Verify());
  EXPECT_EQ(response.verdict().outcome(), OUTCOME_QUARANTINED);
  EXPECT_EQ(response.verdict().reason(), reason::kCounterRegression.name);
  EXPECT_EQ(response.counter(), 10u);
  EXPECT_EQ(State(), v1::TOKEN_STATE_QUARANTINED);
}

TEST_F(AssertionServiceTest, AQuarantineIsAuditedAsAnAlarmAndCounted) {
  answer_ = Answer(token_, statement_, 10);
  ASSERT_OK(Verify());
  const std::string about = " tokens/" + IdOf(token_) + " accounts/ann";
  const std::vector<std::string> rows = AuditRows();
  ASSERT_GE(rows.size(), 2u);
  EXPECT_EQ(rows[rows.size() - 2], "ASSERTION" + about);
  EXPECT_EQ(rows.back(), "ALARM" + about);
  EXPECT_EQ(core_.metrics.Quarantined("counter"), 1);
  EXPECT_EQ(TokenNamed(IdOf(token_)).state_reason(),
            reason::kCounterRegression.name);
}

TEST_F(AssertionServiceTest, AQuarantineNeverLowersTheCounter) {
  answer_ = Answer(token_, statement_, 3);
  ASSERT_OK(Verify());
  EXPECT_EQ(TokenNamed(IdOf(token_)).counter(), 10u);
}

TEST_F(AssertionServiceTest, ARefusalNamesItsStep) {
  answer_ = Answer(token_, statement_, 10);
  EXPECT_EQ(Verify()->verdict().step(), "counter");
}

// Presence signatures overtake each other (decisions.md B6).
TEST_F(AssertionServiceTest, APresenceAtTheFloorIsOutOfOrderOnly) {
  proof::v1::AuthorizationStatement presence =
      Template(proof::v1::PURPOSE_PRESENCE);
  presence.set_site("s1");
  presence.set_execute_by_ms(presence.approve_by_ms());
  common::v1::Candidate candidate;
  candidate.set_token_id(IdOf(token_));
  candidate.set_counter_floor(10);
  statement_ = Issue(presence, {candidate});
  answer_ = Answer(token_, statement_, 10);
  ExpectRefused(reason::kCounterOutOfOrder);
  EXPECT_EQ(State(), v1::TOKEN_STATE_ACTIVE);
}

// decisions.md A15: two touches a second apart, verified the other way round.
TEST_F(AssertionServiceTest, AnOvertakenAnswerQuarantinesNobody) {
  const std::string second = AskForTouch();
  ASSERT_EQ(
      core_.assertions.Verify(Assertion(second, Answer(token_, second, 12)))
          ->verdict()
          .outcome(),
      OUTCOME_ACCEPTED);
  ExpectRefused(reason::kCounterOutOfOrder);
  EXPECT_EQ(State(), v1::TOKEN_STATE_ACTIVE);
}

// The same on two replicas: the second touch is stored while the first one is
// being verified, so that its commit loses and it looks again.
TEST_F(AssertionServiceTest, TwoTouchesOnTwoReplicasQuarantineNobody) {
  const std::string second = AskForTouch();
  const v1::VerifyAssertionRequest overtaking =
      Assertion(second, Answer(token_, second, 12));
  const v1::VerifyAssertionRequest overtaken = Assertion(statement_, answer_);
  v1::VerifyAssertionResponse fast;
  // The first commit of a verification spends the challenge.
  store_.BeforeNextCommit([&] {
    const auto verified = other_replica_.assertions.Verify(overtaking);
    ASSERT_OK(verified);
    fast = *verified;
  });
  ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse slow,
                       core_.assertions.Verify(overtaken));
  EXPECT_EQ(fast.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(slow.verdict().reason(), reason::kCounterOutOfOrder.name);
  EXPECT_EQ(State(), v1::TOKEN_STATE_ACTIVE);
  EXPECT_EQ(TokenNamed(IdOf(token_)).counter(), 12u);
  // Asked again, it is good.
  EXPECT_EQ(Touch(token_, 13)->verdict().outcome(), OUTCOME_ACCEPTED);
}

// The same answer comes in on two replicas: one verdict, one counter.
TEST_F(AssertionServiceTest, OneAnswerOnTwoReplicasHasOneVerdict) {
  const v1::VerifyAssertionRequest request = Assertion(statement_, answer_);
  ASSERT_OK_AND_ASSIGN(const auto here, core_.assertions.Verify(request));
  ASSERT_OK_AND_ASSIGN(const auto there,
                       other_replica_.assertions.Verify(request));
  EXPECT_EQ(here.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(there.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(there.counter(), 11u);
}

// A clone that is used at the same moment: whichever is second is refused.
TEST_F(AssertionServiceTest, OfTwoAnswersWithOneCounterOneIsAccepted) {
  const std::string second = AskForTouch();
  const auto twin = other_replica_.assertions.Verify(
      Assertion(second, Answer(token_, second, 11)));
  EXPECT_EQ(twin->verdict().outcome(), OUTCOME_ACCEPTED);
  ExpectRefused(reason::kCounterOutOfOrder);
}

// Registered, but `u2fi.enrol` has not been applied.
TEST_F(AssertionServiceTest, ATokenThatIsNotEnrolledYetAnswersForNothingElse) {
  ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse registered,
                       core_.registrations.Verify(Registration(other_token_)));
  proof::v1::AuthorizationStatement asked =
      Template(proof::v1::PURPOSE_COMMAND);
  asked.set_site("s1");
  asked.set_pins_revision(1);
  asked.set_batch_root(std::string(32, 'r'));
  asked.set_batch_size(1);
  statement_ = Issue(asked, {registered.candidate()});
  answer_ = Answer(other_token_, statement_, 1);
  ExpectRefused(reason::kCredentialUnknown);
  statement_ =
      IssueFor(proof::v1::PURPOSE_ENROL, "command", IdOf(other_token_));
  answer_ = Answer(other_token_, statement_, 1);
  EXPECT_EQ(Verify()->verdict().outcome(), OUTCOME_ACCEPTED);
}

TEST_F(AssertionServiceTest, AQuarantinedTokenIsRefused) {
  answer_ = Answer(token_, statement_, 10);
  ASSERT_OK(Verify());
  proof::v1::AuthorizationStatement next = Template(proof::v1::PURPOSE_COMMAND);
  next.set_site("s1");
  next.set_batch_root(std::string(32, 'r'));
  next.set_batch_size(1);
  common::v1::Candidate candidate;
  candidate.set_token_id(TokenIdOf(token_.key_handle));
  statement_ = Issue(next, {candidate});
  answer_ = Answer(token_, statement_, 20);
  ExpectRefused(reason::kCredentialRevoked);
}

TEST_F(AssertionServiceTest, AnUnknownTokenIsRefused) {
  answer_ = Answer(other_token_, statement_, 11);
  ExpectRefused(reason::kCredentialUnknown);
}

TEST_F(AssertionServiceTest, AChallengeNeverIssuedIsRefused) {
  proof::v1::AuthorizationStatement forged;
  ASSERT_TRUE(forged.ParseFromString(statement_));
  forged.set_nonce(std::string(32, 'f'));
  statement_ = proof::Encode(forged);
  answer_ = Answer(token_, statement_, 11);
  ExpectRefused(reason::kChallengeUnknown);
}

TEST_F(AssertionServiceTest, AfterTheDeadlineItIsRefused) {
  clock_.Advance(absl::Seconds(61));
  ExpectRefused(reason::kChallengeExpired);
}

TEST_F(AssertionServiceTest, AfterAFailoverAnotherTouchIsNeeded) {
  memory_.Restart();
  ExpectRefused(reason::kChallengeUnknown);
}

TEST_F(AssertionServiceTest, AnotherGatewaysStreamIsRefused) {
  v1::VerifyAssertionRequest request = Assertion(statement_, answer_);
  request.mutable_channel()->set_gateway("g2");
  EXPECT_EQ(core_.assertions.Verify(request)->verdict().reason(),
            reason::kGatewayMismatch.name);
}

TEST_F(AssertionServiceTest, AnotherChannelKeyIsRefused) {
  v1::VerifyAssertionRequest request = Assertion(statement_, answer_);
  request.mutable_channel()->set_channel_key(std::string(32, 'k'));
  EXPECT_EQ(core_.assertions.Verify(request)->verdict().reason(),
            reason::kChannelKeyMismatch.name);
}

TEST_F(AssertionServiceTest, AnotherKeyInTheClientDataIsRefused) {
  answer_.set_client_data(proof::U2fClientData(
      proof::kU2fAssertion, proof::ChallengeOf(statement_), {"t1", "s1", "g1"},
      crypto::P256PrivateKey::Generate().public_key().point()));
  ExpectRefused(reason::kChannelIdMismatch);
}

TEST_F(AssertionServiceTest, AnotherTenantsOriginIsRefused) {
  answer_.set_client_data(proof::U2fClientData(
      proof::kU2fAssertion, proof::ChallengeOf(statement_), {"t2", "s1", "g1"},
      gateway_key_.public_key().point()));
  ExpectRefused(reason::kOriginMismatch);
}

TEST_F(AssertionServiceTest, AForgedRelaySignatureIsRefused) {
  proof::SignRelay(crypto::P256PrivateKey::Generate(),
                   proof::ChallengeOf(statement_), answer_.touched_at_ms(),
                   answer_);
  ExpectRefused(reason::kRelayInvalid);
  // It was an answer, and its counter did not count.
  answer_ = Answer(token_, statement_, 11);
  ExpectRefused(reason::kChallengeReused);
  EXPECT_EQ(TokenNamed(IdOf(token_)).counter(), 10u);
}

TEST_F(AssertionServiceTest, WithoutATouchItIsRefused) {
  answer_.set_authenticator_data(token_.AuthenticatorData(kRpId, 0, 11));
  answer_.set_signature(
      token_.Sign(answer_.authenticator_data(), answer_.client_data()));
  proof::SignRelay(gateway_key_, proof::ChallengeOf(statement_),
                   answer_.touched_at_ms(), answer_);
  ExpectRefused(reason::kUserPresence);
}

TEST_F(AssertionServiceTest, AnotherRelyingPartyIsRefused) {
  answer_.set_authenticator_data(token_.AuthenticatorData("evil.test", 1, 11));
  answer_.set_signature(
      token_.Sign(answer_.authenticator_data(), answer_.client_data()));
  proof::SignRelay(gateway_key_, proof::ChallengeOf(statement_),
                   answer_.touched_at_ms(), answer_);
  ExpectRefused(reason::kRpIdHashMismatch);
}

TEST_F(AssertionServiceTest, TheStoreAwayIsNoVerdict) {
  store_.SetAway(true);
  EXPECT_THAT(Verify(), HasReason(reason::kStoreUnavailable));
}

TEST_F(AssertionServiceTest, AStatementOfAnotherTenantIsRefused) {
  v1::VerifyAssertionRequest request = Assertion(statement_, answer_);
  request.set_tenant("t2");
  EXPECT_THAT(core_.assertions.Verify(request),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::attestation
