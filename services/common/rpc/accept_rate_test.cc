#include "services/common/rpc/accept_rate.h"

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::rpc {
namespace {

TEST(AcceptRateTest, StartsWithOneSecondsWorth) {
  FakeClock clock;
  AcceptRate rate(3, clock);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rate.Take(), absl::ZeroDuration());
  EXPECT_GT(rate.Take(), absl::ZeroDuration());
}

TEST(AcceptRateTest, TellsHowLongToWait) {
  FakeClock clock;
  AcceptRate rate(2, clock);
  rate.Take();
  rate.Take();
  EXPECT_EQ(rate.Take(), absl::Milliseconds(500));
  clock.Advance(absl::Milliseconds(500));
  EXPECT_EQ(rate.Take(), absl::ZeroDuration());
}

TEST(AcceptRateTest, SavesNoMoreThanOneSecondsWorth) {
  FakeClock clock;
  AcceptRate rate(2, clock);
  clock.Advance(absl::Hours(1));
  rate.Take();
  rate.Take();
  EXPECT_GT(rate.Take(), absl::ZeroDuration());
}

TEST(BacklogTest, IsOneSecondsWorthWithinBounds) {
  EXPECT_EQ(BacklogOf(200), 200);
  EXPECT_EQ(BacklogOf(1), 16);
  EXPECT_EQ(BacklogOf(10'000), 1024);
}

}  // namespace
}  // namespace u2fi::rpc
