#include "services/common/time/clock.h"

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"

namespace u2fi {
namespace {

TEST(SystemClockTest, UptimeNeverGoesBack) {
  const absl::Duration first = SystemClock().Uptime();
  EXPECT_GE(SystemClock().Uptime(), first);
}

TEST(SystemClockTest, NowIsAfterThisLineWasWritten) {
  EXPECT_GT(SystemClock().Now(), absl::FromUnixSeconds(1'700'000'000));
}

TEST(FakeClockTest, AdvanceMovesBothClocks) {
  FakeClock clock;
  const absl::Time now = clock.Now();
  const absl::Duration uptime = clock.Uptime();
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(clock.Now(), now + absl::Seconds(3));
  EXPECT_EQ(clock.Uptime(), uptime + absl::Seconds(3));
}

TEST(FakeClockTest, JumpLeavesUptimeAlone) {
  FakeClock clock;
  const absl::Duration uptime = clock.Uptime();
  clock.Jump(-absl::Hours(1));
  EXPECT_EQ(clock.Uptime(), uptime);
}

TEST(ClockTest, UnixMillisCountsFrom1970) {
  EXPECT_EQ(UnixMillis(FakeClock(absl::FromUnixSeconds(2))), 2000);
}

}  // namespace
}  // namespace u2fi
