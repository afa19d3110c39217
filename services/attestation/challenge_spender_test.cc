#include "services/attestation/challenge_spender.h"

#include "gtest/gtest.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

class ChallengeSpenderTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    common::v1::Candidate seen;
    seen.set_token_id("k1");
    seen.set_counter_floor(7);
    common::v1::Candidate fresh;
    fresh.set_token_id("k2");
    proof::v1::AuthorizationStatement asked =
        Template(proof::v1::PURPOSE_COMMAND);
    asked.set_site("s1");
    asked.set_batch_root(std::string(32, 'r'));
    asked.set_batch_size(1);
    bytes_ = Issue(asked, {seen, fresh});
    ASSERT_OK_AND_ASSIGN(asked_, proof::ParseStatement(bytes_));
  }
  absl::StatusOr<Spent> Spend(const std::string& answer = "answer") {
    return SpendChallenge(challenge_client_, asked_,
                          crypto::ToString(proof::ChallengeOf(bytes_)),
                          crypto::Sha256(answer));
  }

  std::string bytes_;
  proof::v1::AuthorizationStatement asked_;
};

TEST_F(ChallengeSpenderTest, ItComesBackWithTheFloorsOfItsIssue) {
  ASSERT_OK_AND_ASSIGN(const Spent spent, Spend());
  EXPECT_TRUE(spent.challenge.known);
  EXPECT_TRUE(spent.challenge.first_use);
  EXPECT_EQ(spent.floors.at("k1"), 7u);
  EXPECT_FALSE(spent.floors.at("k2").has_value());
  EXPECT_EQ(spent.floors.count("k3"), 0u);
}

TEST_F(ChallengeSpenderTest, ItsScopeIsThatOfTheStatement) {
  ASSERT_OK_AND_ASSIGN(const Spent spent, Spend());
  EXPECT_EQ(spent.challenge.scope.purpose, "PURPOSE_COMMAND");
  EXPECT_EQ(spent.challenge.scope.tenant, "t1");
  EXPECT_EQ(spent.challenge.scope.account, "ann");
  EXPECT_EQ(spent.challenge.scope.place, "g1");
}

TEST_F(ChallengeSpenderTest, TheSameAnswerSpendsItAgain) {
  ASSERT_OK(Spend());
  EXPECT_OK(Spend());
}

TEST_F(ChallengeSpenderTest, AnotherAnswerDoesNot) {
  ASSERT_OK(Spend());
  EXPECT_THAT(Spend("another"), HasReason(reason::kChallengeReused));
}

TEST_F(ChallengeSpenderTest, AnotherAccountDoesNot) {
  asked_.set_account("bob");
  EXPECT_THAT(Spend(), HasReason(reason::kChallengeScope));
}

TEST_F(ChallengeSpenderTest, AnotherPlaceDoesNot) {
  asked_.set_approver_gateway("g2");
  EXPECT_THAT(Spend(), HasReason(reason::kChallengeScope));
}

TEST(IsVerdictTest, WhatIsAboutTheAnswerIsOne) {
  EXPECT_TRUE(IsVerdict(Error(reason::kChallengeReused, "x")));
  EXPECT_TRUE(IsVerdict(Error(reason::kSignatureInvalid, "x")));
  EXPECT_TRUE(IsVerdict(Error(reason::kClientDataFormat, "x")));
  EXPECT_TRUE(IsVerdict(Error(reason::kCredentialLimit, "x")));
}

TEST(IsVerdictTest, WhatIsAboutTheMeshIsNone) {
  EXPECT_FALSE(IsVerdict(Error(reason::kStoreUnavailable, "x")));
  EXPECT_FALSE(IsVerdict(Error(reason::kStoreAborted, "x")));
  EXPECT_FALSE(IsVerdict(Error(reason::kCallerNotAllowed, "x")));
  EXPECT_FALSE(IsVerdict(Error(reason::kCallerUnknown, "x")));
  EXPECT_FALSE(IsVerdict(absl::DeadlineExceededError("x")));
  EXPECT_FALSE(IsVerdict(absl::PermissionDeniedError("without a reason")));
}

}  // namespace
}  // namespace u2fi::attestation
