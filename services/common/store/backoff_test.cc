#include "services/common/store/backoff.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::store {
namespace {

// Draws the largest number there is.
class Highest : public RandomSource {
 public:
  void Fill(uint8_t* out, size_t size) override {
    std::fill(out, out + size, 0xff);
  }
};

TEST(BackoffTest, TheBoundDoublesUpToTheLongest) {
  Highest random;
  Backoff backoff(random, absl::Milliseconds(10), absl::Milliseconds(35));
  EXPECT_NEAR(absl::ToDoubleMilliseconds(backoff.Next()), 10, 0.1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(backoff.Next()), 20, 0.1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(backoff.Next()), 35, 0.1);
  EXPECT_NEAR(absl::ToDoubleMilliseconds(backoff.Next()), 35, 0.1);
}

TEST(BackoffTest, ASuccessBeginsAnew) {
  Highest random;
  Backoff backoff(random, absl::Milliseconds(10), absl::Seconds(1));
  backoff.Next();
  backoff.Reset();
  EXPECT_NEAR(absl::ToDoubleMilliseconds(backoff.Next()), 10, 0.1);
}

TEST(BackoffTest, EvenTheFirstWaitIsSpreadOverTheWholeRange) {
  FakeRandomSource random;
  Backoff backoff(random, absl::Milliseconds(100), absl::Milliseconds(100));
  absl::Duration shortest = absl::InfiniteDuration(), longest;
  for (int i = 0; i < 100; ++i) {
    const absl::Duration wait = backoff.Next();
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_LT(shortest, absl::Milliseconds(20));
  EXPECT_GT(longest, absl::Milliseconds(80));
  EXPECT_LE(longest, absl::Milliseconds(100));
}

}  // namespace
}  // namespace u2fi::store
