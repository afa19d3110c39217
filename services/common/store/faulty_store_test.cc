#include "services/common/store/faulty_store.h"

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using Fault = FaultyStore::Fault;
using Method = FaultyStore::Method;

class FaultyStoreTest : public testing::Test {
 protected:
  absl::Status Write(const std::string& value,
                     Durability durability = Durability::kDurable) {
    CommitRequest request;
    request.epoch = inner_.Get(partition_, {}).value().epoch;
    request.expect = {{"other", kAbsent}};
    request.put = {{"k", value}};
    request.durability = durability;
    return store_.Commit(partition_, request).status();
  }
  std::string Value() {
    return inner_.Get(partition_, {"k"}).value().entries[0].value;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  MemoryStore inner_{clock_, random_};
  FaultyStore store_{inner_};
  const Partition partition_ = Partition::Make("gate", "acme").value();
};

TEST_F(FaultyStoreTest, PassesOnWhatNobodyBroke) {
  ASSERT_OK(Write("v"));
  EXPECT_EQ(store_.Get(partition_, {"k"}).value().entries[0].value, "v");
  EXPECT_EQ(store_.Scan(partition_, "", "", 9).value().items.size(), 1u);
  EXPECT_THAT(store_.Now(), IsOkAndHolds(clock_.Now()));
}

TEST_F(FaultyStoreTest, UnknownNotAppliedWritesNothing) {
  store_.Fail(Method::kCommit, Fault::kUnknownNotApplied);
  EXPECT_THAT(Write("v"), HasReason(reason::kStoreOutcomeUnknown));
  EXPECT_EQ(Value(), "");
}

TEST_F(FaultyStoreTest, UnknownAppliedWrites) {
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Write("v"), HasReason(reason::kStoreOutcomeUnknown));
  EXPECT_EQ(Value(), "v");
}

TEST_F(FaultyStoreTest, AbortsAndChangesTheEpochOnDemand) {
  store_.Fail(Method::kCommit, Fault::kAborted, 1);
  store_.Fail(Method::kCommit, Fault::kEpochChanged, 2);
  EXPECT_THAT(Write("v"), HasReason(reason::kStoreAborted));
  EXPECT_THAT(Write("v"), HasReason(reason::kStoreEpochChanged));
  EXPECT_OK(Write("v"));
}

TEST_F(FaultyStoreTest, FailsTheNthCallOnly) {
  store_.Fail(Method::kGet, Fault::kUnavailable, 2);
  EXPECT_OK(store_.Get(partition_, {}));
  EXPECT_THAT(store_.Get(partition_, {}), HasReason(reason::kStoreUnavailable));
  EXPECT_OK(store_.Get(partition_, {}));
}

TEST_F(FaultyStoreTest, AwayMeansEveryMethod) {
  store_.SetAway(true);
  const auto away = HasReason(reason::kStoreUnavailable);
  EXPECT_THAT(store_.Get(partition_, {}), away);
  EXPECT_THAT(Write("v"), away);
  EXPECT_THAT(store_.Scan(partition_, "", "", 1), away);
  EXPECT_THAT(store_.Publish(partition_, "t", ""), away);
  EXPECT_THAT(store_.Subscribe(partition_, "t", [](const Hint&) {}), away);
  EXPECT_THAT(store_.Now(), away);
  store_.SetAway(false);
  EXPECT_OK(Write("v"));
}

TEST_F(FaultyStoreTest, ACompetitorCanBeFaster) {
  store_.BeforeNextCommit([this] {
    CommitRequest first;
    first.epoch = inner_.Get(partition_, {}).value().epoch;
    first.put = {{"other", "mine"}};
    ASSERT_OK(inner_.Commit(partition_, first));
  });
  EXPECT_THAT(Write("v"), HasReason(reason::kStoreAborted));
}

TEST_F(FaultyStoreTest, CountsCommitsThatSucceeded) {
  ASSERT_OK(Write("v", Durability::kDurable));
  ASSERT_OK(Write("v", Durability::kVolatile));
  store_.Fail(Method::kCommit, Fault::kUnavailable);
  EXPECT_FALSE(Write("v", Durability::kDurable).ok());
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kDurable), 1);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kVolatile), 1);
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), 0);
}

}  // namespace
}  // namespace u2fi::store
