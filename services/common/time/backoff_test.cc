#include "services/common/time/backoff.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi {
namespace {

constexpr absl::Duration kFirst = absl::Milliseconds(500);
constexpr absl::Duration kLongest = absl::Seconds(30);

// Gives the same byte for ever.
class ConstantSource : public RandomSource {
 public:
  explicit ConstantSource(uint8_t value) : value_(value) {}
  void Fill(uint8_t* out, size_t size) override {
    std::fill_n(out, size, value_);
  }

 private:
  const uint8_t value_;
};

// The next wait as a multiple of the first bound.
double Factor(Backoff& backoff) {
  return absl::FDivDuration(backoff.Next(), kFirst);
}

TEST(BackoffTest, CanBeZero) {
  ConstantSource random(0);
  Backoff backoff(random, kFirst, kLongest);
  EXPECT_EQ(backoff.Next(), absl::ZeroDuration());
}

TEST(BackoffTest, StaysBelowTheFirstBoundAtFirst) {
  ConstantSource random(0xff);
  Backoff backoff(random, kFirst, kLongest);
  const absl::Duration wait = backoff.Next();
  EXPECT_LE(wait, kFirst);
  EXPECT_GT(wait, kFirst * 0.99);
}

TEST(BackoffTest, TheBoundDoubles) {
  ConstantSource random(0xff);
  Backoff backoff(random, kFirst, kLongest);
  backoff.Next();
  EXPECT_NEAR(Factor(backoff), 2, 0.01);
  EXPECT_NEAR(Factor(backoff), 4, 0.01);
}

TEST(BackoffTest, TheBoundHasAnEnd) {
  ConstantSource random(0xff);
  Backoff backoff(random, kFirst, kLongest);
  for (int i = 0; i < 100; ++i) EXPECT_LE(backoff.Next(), kLongest);
  EXPECT_GT(backoff.Next(), kLongest * 0.99);
}

TEST(BackoffTest, ASuccessBeginsAnew) {
  ConstantSource random(0xff);
  Backoff backoff(random, kFirst, kLongest);
  for (int i = 0; i < 10; ++i) backoff.Next();
  backoff.Reset();
  EXPECT_LE(backoff.Next(), kFirst);
}

TEST(BackoffTest, EvenTheFirstWaitIsSpreadOverTheWholeRange) {
  FakeRandomSource random;
  absl::Duration shortest = absl::InfiniteDuration(), longest;
  for (int i = 0; i < 100; ++i) {
    const absl::Duration wait = Backoff(random, kFirst, kLongest).Next();
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_LT(shortest, kFirst * 0.2);
  EXPECT_GT(longest, kFirst * 0.8);
}

TEST(BackoffTest, TwoClientsDoNotComeBackTogether) {
  FakeRandomSource random;
  Backoff one(random, kFirst, kLongest);
  Backoff other(random, kFirst, kLongest);
  EXPECT_NE(one.Next(), other.Next());
}

}  // namespace
}  // namespace u2fi
