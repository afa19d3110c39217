#include "services/common/audit/batch.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Transition Make(std::vector<store::Expect> expect,
                std::vector<std::string> put) {
  Transition transition;
  transition.expect = std::move(expect);
  for (const std::string& key : put) transition.put.push_back({key, "v"});
  transition.durability = store::Durability::kVolatile;
  transition.rows.push_back(TestRow("commands/" + put.front()));
  return transition;
}

class BatchTest : public testing::Test {
 protected:
  std::vector<std::string> Expected() {
    std::vector<std::string> keys;
    for (const auto& expect : request_->expect) keys.push_back(expect.key);
    return keys;
  }
  std::vector<std::string> Written() {
    std::vector<std::string> keys;
    for (const auto& put : request_->put) keys.push_back(put.key);
    return keys;
  }
  void Build() { request_ = &batch_.Build(); }

  FakeRandomSource random_;
  Batch batch_{4};
  store::CommitRequest* request_ = nullptr;
  Transition a_ = Make({{"a", 1}}, {"a"});
  Transition b_ = Make({{"b", 1}}, {"b"});
};

TEST_F(BatchTest, JoinsMembersInOrder) {
  b_.remove = {"timer"};
  EXPECT_TRUE(batch_.Add(a_));
  EXPECT_TRUE(batch_.Add(b_));
  Build();
  EXPECT_THAT(Expected(), ElementsAre("a", "b"));
  EXPECT_THAT(Written(), ElementsAre("a", "b"));
  EXPECT_THAT(request_->remove, ElementsAre("timer"));
  EXPECT_EQ(batch_.rows().size(), 2u);
  EXPECT_EQ(batch_.first_row(1), 1u);
}

TEST_F(BatchTest, HoldsNoMoreThanItsMembers) {
  std::vector<Transition> many;
  many.reserve(5);
  for (int i = 0; i < 5; ++i) many.push_back(Make({}, {std::to_string(i)}));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(batch_.Add(many[i]));
  EXPECT_FALSE(batch_.Add(many[4]));
}

TEST_F(BatchTest, HoldsNoMoreThanACommit) {
  Transition large = Make({}, {"large"});
  for (int i = 0; i < 31; ++i) {
    large.put.push_back({std::to_string(i), std::string(250 << 10, 'v')});
  }
  ASSERT_OK(CheckTransition(large));
  Transition other = Make({}, {"other"});
  other.put.push_back({"other2", std::string(250 << 10, 'v')});
  other.put.push_back({"other3", std::string(250 << 10, 'v')});
  EXPECT_TRUE(batch_.Add(large));
  EXPECT_FALSE(batch_.Add(other));
  EXPECT_TRUE(batch_.Add(a_));
}

TEST_F(BatchTest, KeepsApartWhatWritesTheSameKey) {
  Transition again = Make({}, {"a"});
  EXPECT_TRUE(batch_.Add(a_));
  EXPECT_FALSE(batch_.Add(again));
}

TEST_F(BatchTest, KeepsApartARemovalOfAWrittenKey) {
  Transition again = Make({}, {"c"});
  again.remove = {"a"};
  EXPECT_TRUE(batch_.Add(a_));
  EXPECT_FALSE(batch_.Add(again));
}

TEST_F(BatchTest, KeepsApartWhatReadsAWrittenKey) {
  Transition reader = Make({{"a", 1}}, {"c"});
  EXPECT_TRUE(batch_.Add(a_));
  EXPECT_FALSE(batch_.Add(reader));
}

TEST_F(BatchTest, KeepsApartWhatSawOtherVersions) {
  Transition first = Make({{"rule", 1}}, {"c"});
  Transition second = Make({{"rule", 2}}, {"d"});
  EXPECT_TRUE(batch_.Add(first));
  EXPECT_FALSE(batch_.Add(second));
}

TEST_F(BatchTest, AWriteMayComeAfterARead) {
  Transition reader = Make({{"a", 1}}, {"c"});
  EXPECT_TRUE(batch_.Add(reader));
  EXPECT_TRUE(batch_.Add(a_));
  Build();
  EXPECT_THAT(Expected(), ElementsAre("a"));
  EXPECT_THAT(Written(), ElementsAre("c", "a"));
}

TEST_F(BatchTest, SharedReadsAreComparedOnce) {
  Transition first = Make({{"rule", 1}, {"x", 0}}, {"c"});
  Transition second = Make({{"rule", 1}, {"y", 0}}, {"d"});
  EXPECT_TRUE(batch_.Add(first));
  EXPECT_TRUE(batch_.Add(second));
  Build();
  EXPECT_THAT(Expected(), ElementsAre("rule", "x", "y"));
}

TEST_F(BatchTest, TheHighestDurabilityCounts) {
  b_.durability = store::Durability::kDurable;
  batch_.Add(a_);
  batch_.Add(b_);
  Build();
  EXPECT_EQ(request_->durability, store::Durability::kDurable);
}

TEST_F(BatchTest, ALoserLeavesAndItsRowSaysSo) {
  a_.rows.push_back(TestRow("commands/more"));
  a_.remove = {"timer"};
  a_.durability = store::Durability::kReplicated;
  batch_.Add(a_);
  batch_.Add(b_);
  Build();
  EXPECT_EQ(batch_.rows().size(), 3u);
  ASSERT_TRUE(batch_.Lose("a", random_));
  EXPECT_THAT(Expected(), ElementsAre("b"));
  EXPECT_THAT(Written(), ElementsAre("b"));
  EXPECT_THAT(request_->remove, IsEmpty());
  EXPECT_EQ(request_->durability, store::Durability::kVolatile);
  ASSERT_EQ(batch_.rows().size(), 2u);
  EXPECT_EQ(batch_.rows()[0]->content().kind, v1::ROW_KIND_LOST_RACE);
  EXPECT_EQ(batch_.lost_key(0), "a");
  EXPECT_FALSE(batch_.lost_key(1).has_value());
  EXPECT_EQ(batch_.first_row(1), 1u);
}

TEST_F(BatchTest, AllReadersOfTheKeyLose) {
  Transition first = Make({{"rule", 1}}, {"c"});
  Transition second = Make({{"rule", 1}}, {"d"});
  batch_.Add(first);
  batch_.Add(a_);
  batch_.Add(second);
  Build();
  ASSERT_TRUE(batch_.Lose("rule", random_));
  EXPECT_THAT(Written(), ElementsAre("a"));
  EXPECT_TRUE(batch_.lost_key(0).has_value());
  EXPECT_FALSE(batch_.lost_key(1).has_value());
  EXPECT_TRUE(batch_.lost_key(2).has_value());
}

TEST_F(BatchTest, ALoserStaysOnTheFirstKeyThatItLost) {
  Transition two = Make({{"x", 1}, {"y", 1}}, {"x"});
  batch_.Add(two);
  Build();
  EXPECT_TRUE(batch_.Lose("y", random_));
  EXPECT_TRUE(batch_.Lose("x", random_));
  EXPECT_EQ(batch_.lost_key(0), "y");
  EXPECT_THAT(Expected(), IsEmpty());
}

TEST_F(BatchTest, AKeyThatNobodyExpectsIsNoLoss) {
  batch_.Add(a_);
  Build();
  EXPECT_FALSE(batch_.Lose("other", random_));
  EXPECT_FALSE(batch_.Lose("", random_));
}

TEST_F(BatchTest, IsEmptyAfterClear) {
  batch_.Add(a_);
  Build();
  batch_.Clear();
  EXPECT_TRUE(batch_.empty());
  Transition again = Make({{"a", 2}}, {"a"});
  EXPECT_TRUE(batch_.Add(again));
  Build();
  EXPECT_THAT(Expected(), ElementsAre("a"));
  EXPECT_EQ(batch_.rows().size(), 1u);
}

}  // namespace
}  // namespace u2fi::audit
