#include "services/common/rpc/stream_limit.h"

#include <memory>

#include "gtest/gtest.h"

namespace u2fi::rpc {
namespace {

TEST(StreamLimitTest, GivesEachCallerItsPlaces) {
  const auto limit = std::make_shared<StreamLimit>(2);
  const auto first = limit->Take("a");
  const auto second = limit->Take("a");
  EXPECT_NE(first, nullptr);
  EXPECT_NE(second, nullptr);
  EXPECT_EQ(limit->Take("a"), nullptr);
}

TEST(StreamLimitTest, SomeTakeMoreThanOthers) {
  const auto limit = std::make_shared<StreamLimit>(10);
  auto large = limit->Take("a", 8);
  EXPECT_NE(large, nullptr);
  EXPECT_EQ(limit->Take("a", 3), nullptr);
  const auto rest = limit->Take("a", 2);
  EXPECT_NE(rest, nullptr);
  large.reset();
  EXPECT_NE(limit->Take("a", 8), nullptr);
}

TEST(StreamLimitTest, OneCallerDoesNotTakeAnothersPlaces) {
  const auto limit = std::make_shared<StreamLimit>(1);
  const auto place = limit->Take("a");
  EXPECT_NE(limit->Take("b"), nullptr);
}

TEST(StreamLimitTest, APlaceIsFreeAgainWhenItsStreamEnds) {
  const auto limit = std::make_shared<StreamLimit>(1);
  auto place = limit->Take("a");
  place.reset();
  EXPECT_NE(limit->Take("a"), nullptr);
}

TEST(StreamLimitTest, APlaceMayOutliveEverythingElse) {
  auto limit = std::make_shared<StreamLimit>(1);
  auto place = limit->Take("a");
  limit.reset();
  EXPECT_NE(place, nullptr);
  place.reset();
}

}  // namespace
}  // namespace u2fi::rpc
