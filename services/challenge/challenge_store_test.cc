#include "services/challenge/challenge_store.h"

#include "gmock/gmock.h"
#include "services/challenge/challenge_test_case.h"

namespace u2fi::challenge {
namespace {

using records::v1::ChallengeRecord;

class ChallengeStoreTest : public ChallengeTestCase {
 protected:
  ChallengeRecord Record(const std::string& account = "ann") {
    ChallengeRecord record;
    record.set_schema(1);
    record.set_store_epoch(challenges_.PresentEpoch("t1").value());
    record.set_account(account);
    record.set_approve_by_ms(UnixMillis(clock_) + 1000);
    return record;
  }
  std::string AccountOf(const std::string& challenge,
                        const std::string& tenant = "t1") {
    const auto stored = challenges_.Read(tenant, challenge);
    EXPECT_OK(stored);
    return stored.ok() && stored->exists() ? stored->record.account() : "";
  }
  // Puts these bytes where the challenge "c" is kept.
  void PutRaw(const std::string& value) {
    const auto partition = *store::Partition::Make("challenge", "t1");
    store::CommitRequest commit;
    commit.epoch = memory_.Get(partition, {})->epoch;
    commit.put = {{"c/Yw", value}};
    ASSERT_OK(memory_.Commit(partition, commit));
  }
};

TEST_F(ChallengeStoreTest, GivesBackWhatWasCreated) {
  ASSERT_OK(challenges_.Create("t1", "c", Record()));
  EXPECT_EQ(AccountOf("c"), "ann");
}

TEST_F(ChallengeStoreTest, NothingIsThereBefore) {
  ASSERT_OK_AND_ASSIGN(const auto stored, challenges_.Read("t1", "c"));
  EXPECT_FALSE(stored.exists());
}

TEST_F(ChallengeStoreTest, AnotherTenantsChallengeIsNotThere) {
  ASSERT_OK(challenges_.Create("t1", "c", Record()));
  EXPECT_EQ(AccountOf("c", "t2"), "");
}

TEST_F(ChallengeStoreTest, CreatesNothingTwice) {
  ASSERT_OK(challenges_.Create("t1", "c", Record()));
  EXPECT_THAT(challenges_.Create("t1", "c", Record("bob")),
              HasReason(reason::kStoreAborted));
  EXPECT_EQ(AccountOf("c"), "ann");
}

TEST_F(ChallengeStoreTest, ReplacesWhatWasSeen) {
  ASSERT_OK(challenges_.Create("t1", "c", Record()));
  ASSERT_OK_AND_ASSIGN(const auto seen, challenges_.Read("t1", "c"));
  ASSERT_OK(challenges_.Replace("t1", "c", seen, Record("bob")));
  EXPECT_EQ(AccountOf("c"), "bob");
}

TEST_F(ChallengeStoreTest, OneOfTwoWhoSawTheSameWins) {
  ASSERT_OK(challenges_.Create("t1", "c", Record()));
  ASSERT_OK_AND_ASSIGN(const auto seen, challenges_.Read("t1", "c"));
  ASSERT_OK(challenges_.Replace("t1", "c", seen, Record("bob")));
  EXPECT_THAT(challenges_.Replace("t1", "c", seen, Record("eve")),
              HasReason(reason::kStoreAborted));
  EXPECT_EQ(AccountOf("c"), "bob");
}

TEST_F(ChallengeStoreTest, ARecordOfAnotherEpochIsNotWritten) {
  ChallengeRecord record = Record();
  record.set_store_epoch(std::string(40, '0'));
  EXPECT_THAT(challenges_.Create("t1", "c", record),
              HasReason(reason::kStoreEpochChanged));
}

TEST_F(ChallengeStoreTest, AsksForTheEpochOnceATenant) {
  ASSERT_OK(challenges_.PresentEpoch("t1"));
  const auto before = challenges_.PresentEpoch("t1");
  memory_.Restart();
  EXPECT_EQ(*challenges_.PresentEpoch("t1"), *before);
  challenges_.Forget("t1");
  EXPECT_NE(*challenges_.PresentEpoch("t1"), *before);
}

TEST_F(ChallengeStoreTest, ForgettingOneTenantKeepsTheOthers) {
  ASSERT_OK_AND_ASSIGN(const auto before, challenges_.PresentEpoch("t2"));
  memory_.Restart();
  challenges_.Forget("t1");
  EXPECT_EQ(*challenges_.PresentEpoch("t2"), before);
}

TEST_F(ChallengeStoreTest, RefusesATenantThatIsNoId) {
  EXPECT_THAT(challenges_.Read("T1", "c"),
              HasReason(reason::kStorePartitionInvalid));
  EXPECT_THAT(challenges_.PresentEpoch(""),
              HasReason(reason::kStorePartitionInvalid));
}

TEST_F(ChallengeStoreTest, ARecordThatCannotBeReadIsAnErrorAndNotAbsent) {
  PutRaw("\xff");
  EXPECT_THAT(challenges_.Read("t1", "c"), HasReason(reason::kStoreCorrupt));
}

TEST_F(ChallengeStoreTest, ARecordOfAnotherSchemaIsAnErrorAndNotAbsent) {
  ChallengeRecord record = Record();
  record.set_schema(2);
  PutRaw(record.SerializeAsString());
  EXPECT_THAT(challenges_.Read("t1", "c"), HasReason(reason::kStoreCorrupt));
}

TEST_F(ChallengeStoreTest, AnyBytesAreAChallenge) {
  const std::string odd("\0/\xff{}", 5);
  ASSERT_OK(challenges_.Create("t1", odd, Record()));
  EXPECT_EQ(AccountOf(odd), "ann");
}

}  // namespace
}  // namespace u2fi::challenge
