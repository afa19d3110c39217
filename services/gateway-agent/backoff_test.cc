#include "services/gateway-agent/backoff.h"

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::gateway_agent {
namespace {

class BackoffTest : public testing::Test {
 protected:
  // The longest of many first waits after `tries` earlier ones.
  absl::Duration LongestAfter(int tries) {
    absl::Duration longest;
    for (int i = 0; i < 200; ++i) {
      Backoff backoff(random_, absl::Seconds(1), absl::Seconds(60));
      for (int j = 0; j < tries; ++j) backoff.Next();
      longest = std::max(longest, backoff.Next());
    }
    return longest;
  }

  FakeRandomSource random_;
};

TEST_F(BackoffTest, TheFirstWaitIsAnythingUpToTheFirstBound) {
  const absl::Duration longest = LongestAfter(0);
  EXPECT_LE(longest, absl::Seconds(1));
  EXPECT_GT(longest, absl::Milliseconds(900));
}

TEST_F(BackoffTest, TheBoundDoubles) {
  const absl::Duration longest = LongestAfter(3);
  EXPECT_LE(longest, absl::Seconds(8));
  EXPECT_GT(longest, absl::Seconds(7));
}

TEST_F(BackoffTest, TheBoundHasAnEnd) {
  EXPECT_LE(LongestAfter(40), absl::Seconds(60));
}

TEST_F(BackoffTest, ResetBeginsSmallAgain) {
  Backoff backoff(random_, absl::Seconds(1), absl::Seconds(60));
  for (int i = 0; i < 10; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), absl::Seconds(1));
}

TEST_F(BackoffTest, TwoGatewaysDoNotComeBackTogether) {
  Backoff one(random_, absl::Seconds(1), absl::Seconds(60));
  Backoff other(random_, absl::Seconds(1), absl::Seconds(60));
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace u2fi::gateway_agent
