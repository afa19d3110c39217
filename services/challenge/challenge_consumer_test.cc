#include "services/challenge/challenge_consumer.h"

#include <atomic>
#include <thread>
#include <vector>

#include "services/challenge/challenge_test_case.h"

namespace u2fi::challenge {
namespace {

using ::u2fi::store::FaultyStore;

class ChallengeConsumerTest : public ChallengeTestCase {
 protected:
  const std::string challenge_ = Issue();
};

TEST_F(ChallengeConsumerTest, TheFirstAnswerWinsAndGetsTheFloors) {
  ASSERT_OK_AND_ASSIGN(const v1::ConsumeResponse response,
                       consumer_.Consume(ConsumeRequest(challenge_)));
  EXPECT_FALSE(response.repeated_answer());
  ASSERT_EQ(response.candidates_size(), 1);
  EXPECT_EQ(response.candidates(0).token_id(), "k1");
  EXPECT_EQ(response.candidates(0).counter_floor(), 7u);
}

TEST_F(ChallengeConsumerTest, TheSameAnswerAgainIsToldSo) {
  ASSERT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
  ASSERT_OK_AND_ASSIGN(const v1::ConsumeResponse again,
                       consumer_.Consume(ConsumeRequest(challenge_)));
  EXPECT_TRUE(again.repeated_answer());
}

TEST_F(ChallengeConsumerTest, TheSameAnswerIsToldSoAfterTheDeadlineToo) {
  ASSERT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
  clock_.Advance(absl::Seconds(61));
  EXPECT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
}

TEST_F(ChallengeConsumerTest, AnotherAnswerIsRefused) {
  ASSERT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_, 'e')),
              HasReason(reason::kChallengeReused));
}

TEST_F(ChallengeConsumerTest, AChallengeNeverIssuedIsUnknown) {
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(std::string(32, 'x'))),
              HasReason(reason::kChallengeUnknown));
}

TEST_F(ChallengeConsumerTest, AnotherTenantsChallengeIsUnknown) {
  v1::ConsumeRequest request = ConsumeRequest(challenge_);
  request.set_tenant("t2");
  EXPECT_THAT(consumer_.Consume(request), HasReason(reason::kChallengeUnknown));
}

TEST_F(ChallengeConsumerTest, IsAnsweredInTimeAtTheInstantOfTheDeadline) {
  clock_.Advance(absl::Seconds(60));
  EXPECT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
}

TEST_F(ChallengeConsumerTest, HasExpiredAMillisecondLater) {
  clock_.Advance(absl::Milliseconds(60'001));
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_)),
              HasReason(reason::kChallengeExpired));
}

TEST_F(ChallengeConsumerTest, AnotherPurposeIsOutOfScope) {
  v1::ConsumeRequest request = ConsumeRequest(challenge_);
  request.set_purpose(proof::v1::PURPOSE_UNBIND);
  EXPECT_THAT(consumer_.Consume(request), HasReason(reason::kChallengeScope));
}

TEST_F(ChallengeConsumerTest, AnotherAccountIsOutOfScope) {
  v1::ConsumeRequest request = ConsumeRequest(challenge_);
  request.set_account("bob");
  EXPECT_THAT(consumer_.Consume(request), HasReason(reason::kChallengeScope));
}

TEST_F(ChallengeConsumerTest, AnotherGatewayIsOutOfScope) {
  v1::ConsumeRequest request = ConsumeRequest(challenge_);
  request.set_gateway("g2");
  EXPECT_THAT(consumer_.Consume(request), HasReason(reason::kChallengeScope));
}

TEST_F(ChallengeConsumerTest, AnAnswerOutOfScopeSpendsTheChallenge) {
  v1::ConsumeRequest request = ConsumeRequest(challenge_);
  request.set_gateway("g2");
  ASSERT_THAT(consumer_.Consume(request), HasReason(reason::kChallengeScope));
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_, 'e')),
              HasReason(reason::kChallengeReused));
}

TEST_F(ChallengeConsumerTest, NothingSurvivesAnotherStoreIncarnation) {
  memory_.Restart();
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_)),
              HasReason(reason::kChallengeUnknown));
}

// decisions.md D5: the consumption is lost in a failover, the challenge is not.
TEST_F(ChallengeConsumerTest, AConsumptionLostInAFailoverReopensNothing) {
  const store::MemoryStore::Backup before = memory_.TakeBackup();
  ASSERT_OK(consumer_.Consume(ConsumeRequest(challenge_)));
  memory_.FailOverTo(before);
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_, 'e')),
              HasReason(reason::kChallengeUnknown));
}

TEST_F(ChallengeConsumerTest, AFasterAnswerWins) {
  store_.BeforeNextCommit([this] {
    ASSERT_OK(consumer_.Consume(ConsumeRequest(challenge_, 'e')));
  });
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_)),
              HasReason(reason::kChallengeReused));
}

TEST_F(ChallengeConsumerTest, AnUnknownOutcomeIsNotSpentForTheCaller) {
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(consumer_.Consume(ConsumeRequest(challenge_)),
              HasReason(reason::kStoreOutcomeUnknown));
  // The caller asks again with the same answer and learns that it had won.
  ASSERT_OK_AND_ASSIGN(const v1::ConsumeResponse again,
                       consumer_.Consume(ConsumeRequest(challenge_)));
  EXPECT_TRUE(again.repeated_answer());
}

TEST_F(ChallengeConsumerTest, OfManyRacingAnswersExactlyOneWins) {
  std::atomic<int> winners{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const auto response = consumer_.Consume(
          ConsumeRequest(challenge_, static_cast<char>('A' + i)));
      if (response.ok()) ++winners;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(winners, 1);
}

// Each malformed field is refused before the store is asked.
class MalformedConsumeTest : public ChallengeTestCase {
 protected:
  void ExpectField(const v1::ConsumeRequest& request, const char* field) {
    store_.SetAway(true);
    const absl::Status status = consumer_.Consume(request).status();
    EXPECT_THAT(status, HasReason(reason::kInvalidField));
    EXPECT_EQ(FieldsOf(status).count(field), 1u) << status;
  }
  v1::ConsumeRequest request_ = ConsumeRequest(std::string(32, 'c'));
};

TEST_F(MalformedConsumeTest, Tenant) {
  request_.set_tenant("");
  ExpectField(request_, "tenant");
}

TEST_F(MalformedConsumeTest, Challenge) {
  request_.set_challenge(std::string(31, 'c'));
  ExpectField(request_, "challenge");
}

TEST_F(MalformedConsumeTest, AnswerDigest) {
  request_.set_answer_digest(std::string(33, 'd'));
  ExpectField(request_, "answer_digest");
}

TEST_F(MalformedConsumeTest, Account) {
  request_.set_account("Ann");
  ExpectField(request_, "account");
}

TEST_F(MalformedConsumeTest, Gateway) {
  request_.set_gateway("g 1");
  ExpectField(request_, "gateway");
}

}  // namespace
}  // namespace u2fi::challenge
