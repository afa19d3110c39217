#include "services/common/store/engine_rules.h"

#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

TEST(ExpiryMillisTest, NoHintIsZero) {
  EXPECT_EQ(ExpiryMillis(absl::InfiniteFuture()), kNoExpiry);
}

TEST(ExpiryMillisTest, IsNeverEarlierThanTheHint) {
  EXPECT_EQ(ExpiryMillis(absl::FromUnixMillis(5)), 5);
  EXPECT_EQ(ExpiryMillis(absl::FromUnixMillis(5) + absl::Nanoseconds(1)), 6);
  EXPECT_EQ(ExpiryMillis(absl::FromUnixMillis(6) - absl::Nanoseconds(1)), 6);
}

TEST(ExpiryMillisTest, AHintInTheDistantPastIsNotTakenForNone) {
  EXPECT_GT(ExpiryMillis(absl::UnixEpoch()), kNoExpiry);
  EXPECT_GT(ExpiryMillis(absl::InfinitePast()), kNoExpiry);
}

TEST(DropAllowanceTest, IsTwoForEachKeyWithAHint) {
  CommitRequest request;
  request.put = {
      {"a", "", absl::UnixEpoch()}, {"b", ""}, {"c", "", absl::UnixEpoch()}};
  EXPECT_EQ(DropAllowance(request), 4u);
}

TEST(DropAllowanceTest, ACommitWithoutHintsPaysForNothing) {
  CommitRequest request;
  request.put = {{"a", ""}};
  request.remove = {"b"};
  EXPECT_EQ(DropAllowance(request), 0u);
}

TEST(ScanRangeTest, BeginsAtThePrefixItself) {
  EXPECT_EQ(ScanFrom("a/", ""), "a/");
}

TEST(ScanRangeTest, GoesOnBehindTheLastKeyOnly) {
  EXPECT_GT(ScanFrom("a/", "a/b"), "a/b");
  EXPECT_LT(ScanFrom("a/", "a/b"), "a/b+");  // + is the smallest character.
}

TEST(ScanRangeTest, EndsBehindTheLargestKeyOfThePrefix) {
  EXPECT_GT(ScanUntil("a/"), "a/~~~~");
  EXPECT_LT(ScanUntil("a/"), "a0");
}

}  // namespace
}  // namespace u2fi::store
