#include "services/common/mqtt/reconnect_delay.h"

#include <algorithm>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::mqtt {
namespace {

constexpr absl::Duration kBase = absl::Milliseconds(500);
constexpr absl::Duration kCap = absl::Seconds(30);

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

TEST(ReconnectDelayTest, TheFirstAttemptIsAlreadySpread) {
  FakeRandomSource random;
  ReconnectDelay one(random, kBase, kCap);
  ReconnectDelay other(random, kBase, kCap);
  EXPECT_NE(one.Next(), other.Next());
}

TEST(ReconnectDelayTest, CanBeZero) {
  ConstantSource random(0);
  ReconnectDelay delay(random, kBase, kCap);
  EXPECT_EQ(delay.Next(), absl::ZeroDuration());
}

TEST(ReconnectDelayTest, StaysBelowTheBaseAtFirst) {
  ConstantSource random(0xff);
  ReconnectDelay delay(random, kBase, kCap);
  const absl::Duration first = delay.Next();
  EXPECT_LE(first, kBase);
  EXPECT_GT(first, kBase * 0.99);
}

TEST(ReconnectDelayTest, DoublesUpToTheCap) {
  ConstantSource random(0xff);
  ReconnectDelay delay(random, kBase, kCap);
  delay.Next();
  EXPECT_GT(delay.Next(), kBase * 1.99);
  for (int i = 0; i < 100; ++i) delay.Next();
  const absl::Duration late = delay.Next();
  EXPECT_LE(late, kCap);
  EXPECT_GT(late, kCap * 0.99);
}

TEST(ReconnectDelayTest, BeginsAgainAfterASuccess) {
  ConstantSource random(0xff);
  ReconnectDelay delay(random, kBase, kCap);
  for (int i = 0; i < 10; ++i) delay.Next();
  delay.Reset();
  EXPECT_LE(delay.Next(), kBase);
}

}  // namespace
}  // namespace u2fi::mqtt
