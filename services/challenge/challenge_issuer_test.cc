#include "services/challenge/challenge_issuer.h"

#include "services/challenge/challenge_test_case.h"
#include "services/common/crypto/hash.h"

namespace u2fi::challenge {
namespace {

using ::u2fi::store::Durability;
using ::u2fi::store::FaultyStore;

class ChallengeIssuerTest : public ChallengeTestCase {
 protected:
  // Expects `request` to be refused with `reason` and nothing to be written.
  void ExpectRefused(const v1::IssueRequest& request, const Reason& reason) {
    EXPECT_THAT(issuer_.Issue(request), HasReason(reason));
    EXPECT_EQ(store_.SuccessfulCommits(Durability::kVolatile), 0);
  }
};

TEST_F(ChallengeIssuerTest, SetsEpochAndNonceAndKeepsTheRest) {
  ASSERT_OK_AND_ASSIGN(const v1::IssueResponse issued,
                       issuer_.Issue(IssueRequest()));
  proof::v1::AuthorizationStatement statement;
  ASSERT_TRUE(statement.ParseFromString(issued.statement()));
  EXPECT_EQ(statement.nonce().size(), 32u);
  EXPECT_EQ(statement.store_epoch(), *challenges_.PresentEpoch("t1"));
  statement.clear_nonce();
  statement.clear_store_epoch();
  EXPECT_EQ(statement.SerializeAsString(),
            IssueRequest().template_().SerializeAsString());
}

TEST_F(ChallengeIssuerTest, TheChallengeIsTheHashOfTheStatement) {
  ASSERT_OK_AND_ASSIGN(const v1::IssueResponse issued,
                       issuer_.Issue(IssueRequest()));
  EXPECT_EQ(
      issued.challenge(),
      crypto::ToString(crypto::Sha256({"u2fi/authz/v1", issued.statement()})));
}

TEST_F(ChallengeIssuerTest, EachCallGivesAnotherChallenge) {
  EXPECT_NE(Issue(), Issue());
}

TEST_F(ChallengeIssuerTest, WaitsForNoDisk) {
  Issue();
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kVolatile), 1);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kDurable), 0);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), 0);
}

TEST_F(ChallengeIssuerTest, RefusesARequestWithoutATemplate) {
  v1::IssueRequest request = IssueRequest();
  request.clear_template_();
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, RefusesATenantThatIsNoId) {
  v1::IssueRequest request = IssueRequest();
  request.set_tenant("T1");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, RefusesAnotherTenantInTheTemplate) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_tenant("t2");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, RefusesAnEpochOfTheCaller) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_store_epoch("mine");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, RefusesANonceOfTheCaller) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_nonce(std::string(32, 'n'));
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, RefusesAnUnknownPurpose) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_purpose(static_cast<proof::v1::Purpose>(99));
  ExpectRefused(request, reason::kStatementFormat);
}

TEST_F(ChallengeIssuerTest, RefusesAnApproveByTooFarAhead) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_approve_by_ms(UnixMillis(clock_) + 120'001);
  request.mutable_template_()->set_execute_by_ms(UnixMillis(clock_) + 130'000);
  ExpectRefused(request, reason::kDeadlineBounds);
}

TEST_F(ChallengeIssuerTest, RefusesAnApproveByInThePast) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_approve_by_ms(UnixMillis(clock_) - 1);
  ExpectRefused(request, reason::kApproveByPassed);
}

TEST_F(ChallengeIssuerTest, RefusesAQuestionThatNobodyMayAnswer) {
  v1::IssueRequest request = IssueRequest();
  request.clear_candidates();
  ExpectRefused(request, reason::kNoCredentials);
}

TEST_F(ChallengeIssuerTest, RefusesMoreThanSixteenCandidates) {
  v1::IssueRequest request = IssueRequest();
  for (int i = 0; i < 16; ++i) request.add_candidates()->set_token_id("k2");
  ExpectRefused(request, reason::kTooManyCandidates);
}

TEST_F(ChallengeIssuerTest, RefusesACandidateThatIsNoId) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_candidates(0)->set_token_id("../k1");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, ARegistrationNeedsNoCandidate) {
  v1::IssueRequest request = IssueRequest();
  request.clear_candidates();
  request.mutable_template_()->set_purpose(proof::v1::PURPOSE_ENROL);
  request.mutable_template_()->clear_site();
  request.mutable_template_()->clear_pins_revision();
  request.mutable_template_()->clear_batch_root();
  request.mutable_template_()->clear_batch_size();
  EXPECT_OK(issuer_.Issue(request));
}

TEST_F(ChallengeIssuerTest, ARegistrationHasNone) {
  v1::IssueRequest request = IssueRequest();
  request.mutable_template_()->set_purpose(proof::v1::PURPOSE_ENROL);
  request.mutable_template_()->clear_site();
  request.mutable_template_()->clear_pins_revision();
  request.mutable_template_()->clear_batch_root();
  request.mutable_template_()->clear_batch_size();
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ChallengeIssuerTest, AnApprovalOfAnEnrolmentNeedsSome) {
  v1::IssueRequest request = IssueRequest();
  request.clear_candidates();
  request.mutable_template_()->set_purpose(proof::v1::PURPOSE_ENROL);
  request.mutable_template_()->clear_site();
  request.mutable_template_()->clear_pins_revision();
  ExpectRefused(request, reason::kNoCredentials);
}

TEST_F(ChallengeIssuerTest, PresenceNeedsSome) {
  v1::IssueRequest request = IssueRequest();
  request.clear_candidates();
  request.mutable_template_()->set_purpose(proof::v1::PURPOSE_PRESENCE);
  request.mutable_template_()->clear_batch_root();
  request.mutable_template_()->clear_batch_size();
  ExpectRefused(request, reason::kNoCredentials);
}

TEST_F(ChallengeIssuerTest, GoesOnUnderTheNewEpochAfterAFailover) {
  Issue();
  memory_.Restart();
  ASSERT_OK_AND_ASSIGN(const v1::IssueResponse issued,
                       issuer_.Issue(IssueRequest()));
  EXPECT_OK(consumer_.Consume(ConsumeRequest(issued.challenge())));
}

TEST_F(ChallengeIssuerTest, AnswersThatTheStoreIsAway) {
  store_.SetAway(true);
  ExpectRefused(IssueRequest(), reason::kStoreUnavailable);
}

TEST_F(ChallengeIssuerTest, AnUnknownOutcomeIsNoChallenge) {
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(issuer_.Issue(IssueRequest()),
              HasReason(reason::kStoreOutcomeUnknown));
}

}  // namespace
}  // namespace u2fi::challenge
