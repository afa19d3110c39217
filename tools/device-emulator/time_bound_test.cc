#include "tools/device-emulator/time_bound.h"

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::device {
namespace {

TEST(TimeBoundTest, KnowsNothingAtFirst) {
  FakeClock clock;
  TimeBound bound(clock, 0);
  clock.Advance(absl::Hours(1));
  EXPECT_EQ(bound.now_ms(), 0u);
}

TEST(TimeBoundTest, GoesOnWithTheUptime) {
  FakeClock clock;
  TimeBound bound(clock, 0);
  bound.Raise(1000);
  clock.Advance(absl::Milliseconds(250));
  EXPECT_EQ(bound.now_ms(), 1250u);
}

TEST(TimeBoundTest, NeverGoesBack) {
  FakeClock clock;
  TimeBound bound(clock, 0);
  bound.Raise(1000);
  clock.Advance(absl::Milliseconds(250));
  bound.Raise(1100);
  EXPECT_EQ(bound.now_ms(), 1250u);
}

TEST(TimeBoundTest, BeginsWithWhatWasKnown) {
  FakeClock clock;
  TimeBound bound(clock, 5000);
  EXPECT_EQ(bound.now_ms(), 5000u);
}

TEST(TimeBoundTest, DoesNotBelieveTheTimeOfDay) {
  FakeClock clock;
  TimeBound bound(clock, 5000);
  clock.Jump(absl::Hours(100));
  EXPECT_EQ(bound.now_ms(), 5000u);
}

}  // namespace
}  // namespace u2fi::device
