#include "services/common/rpc/stream_limit.h"

#include "gtest/gtest.h"

namespace u2fi::rpc {
namespace {

TEST(StreamLimitTest, GivesEachCallerItsPlaces) {
  StreamLimit limit(2);
  const auto first = limit.Take("a");
  const auto second = limit.Take("a");
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(limit.Take("a"), nullptr);
}

TEST(StreamLimitTest, OneCallerDoesNotTakeAnothersPlaces) {
  StreamLimit limit(1);
  const auto place = limit.Take("a");
  EXPECT_NE(limit.Take("b"), nullptr);
}

TEST(StreamLimitTest, APlaceIsFreeAgainWhenItsStreamEnds) {
  StreamLimit limit(1);
  auto place = limit.Take("a");
  place.reset();
  EXPECT_NE(limit.Take("a"), nullptr);
}

}  // namespace
}  // namespace u2fi::rpc
