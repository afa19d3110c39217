#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/random/system_random.h"

namespace u2fi {
namespace {

TEST(SystemRandomTest, TwoDrawsDiffer) {
  EXPECT_NE(SystemRandom().Bytes(16), SystemRandom().Bytes(16));
}

TEST(SystemRandomTest, GivesTheLengthAskedFor) {
  EXPECT_EQ(SystemRandom().Bytes(33).size(), 33u);
}

TEST(FakeRandomSourceTest, RepeatsItselfFromTheSameSeed) {
  EXPECT_EQ(FakeRandomSource(7).Bytes(32), FakeRandomSource(7).Bytes(32));
}

TEST(FakeRandomSourceTest, NextBytesAreOthers) {
  FakeRandomSource random;
  EXPECT_NE(random.Bytes(32), random.Bytes(32));
}

}  // namespace
}  // namespace u2fi
