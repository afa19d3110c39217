#include "services/common/audit/row_tail.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace u2fi::audit {
namespace {

TailRow Row(uint64_t sequence, size_t size = 10) {
  return {{{sequence, {}}, sequence * 100}, std::string(size, 'r')};
}

class RowTailTest : public testing::Test {
 protected:
  void SetUp() override {
    for (uint64_t sequence = 5; sequence <= 9; ++sequence) {
      tail_.Append(Row(sequence));
    }
  }
  RowTail tail_;
};

TEST_F(RowTailTest, GivesRowsAfterASequenceInOrder) {
  const std::vector<TailRow> rows = tail_.After(6, 2);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].head.id.sequence, 7u);
  EXPECT_EQ(rows[1].head.id.sequence, 8u);
}

TEST_F(RowTailTest, GivesAllFromBeforeItsBeginningAndNoneFromItsEnd) {
  EXPECT_EQ(tail_.After(0, 100).size(), 5u);
  EXPECT_TRUE(tail_.After(9, 100).empty());
  EXPECT_TRUE(tail_.After(std::numeric_limits<uint64_t>::max(), 100).empty());
}

TEST_F(RowTailTest, StopsAtTheBytesButGivesAtLeastOne) {
  EXPECT_EQ(tail_.After(0, 100, 20).size(), 2u);
  EXPECT_EQ(tail_.After(0, 100, 19).size(), 1u);
  EXPECT_EQ(tail_.After(0, 100, 1).size(), 1u);
}

TEST_F(RowTailTest, TrimForgetsUpToAndIncluding) {
  EXPECT_EQ(tail_.bytes(), 50u);
  tail_.Trim(7);
  EXPECT_EQ(tail_.size(), 2u);
  EXPECT_EQ(tail_.bytes(), 20u);
  EXPECT_EQ(tail_.After(0, 1)[0].head.id.sequence, 8u);
  tail_.Trim(100);
  EXPECT_EQ(tail_.size(), 0u);
  EXPECT_EQ(tail_.bytes(), 0u);
}

}  // namespace
}  // namespace u2fi::audit
