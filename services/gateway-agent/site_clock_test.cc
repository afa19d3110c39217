#include "services/gateway-agent/site_clock.h"

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::gateway_agent {
namespace {

TEST(SiteClockTest, ItIsTheMachinesClockAtFirst) {
  FakeClock machine;
  const SiteClock clock(machine);
  EXPECT_EQ(clock.Now(), machine.Now());
  EXPECT_EQ(clock.Uptime(), machine.Uptime());
}

TEST(SiteClockTest, ItGoesOnFromWhereItWasSet) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'800'000'000'000);
  EXPECT_EQ(UnixMillis(clock), 1'800'000'000'000);
  machine.Advance(absl::Seconds(1));
  EXPECT_EQ(UnixMillis(clock), 1'800'000'001'000);
}

TEST(SiteClockTest, AtFirstItCanBeSetBack) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'000);
  EXPECT_EQ(UnixMillis(clock), 1'000);
}

TEST(SiteClockTest, WhoeverSetsTheMachinesTimeMovesNothing) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'800'000'000'000);
  machine.Jump(absl::Hours(24));
  EXPECT_EQ(UnixMillis(clock), 1'800'000'000'000);
  machine.Jump(-absl::Hours(48));
  EXPECT_EQ(UnixMillis(clock), 1'800'000'000'000);
}

TEST(SiteClockTest, LaterItGoesBackByHalfAMinuteAtMost) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'800'000'000'000);
  machine.Advance(absl::Hours(1));
  clock.Set(1'800'000'000'000);
  EXPECT_EQ(UnixMillis(clock), 1'800'003'600'000 - 30'000);
}

TEST(SiteClockTest, NotAStepForEachTimeThatItIsSet) {
  FakeClock machine;
  SiteClock clock(machine);
  for (int i = 0; i < 5; ++i) clock.Set(1'800'000'000'000 - i * 30'000);
  EXPECT_EQ(UnixMillis(clock), 1'800'000'000'000 - 30'000);
}

TEST(SiteClockTest, ItGoesForwardAsFarAsItIsTold) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'800'000'000'000);
  clock.Set(1'900'000'000'000);
  EXPECT_EQ(UnixMillis(clock), 1'900'000'000'000);
  clock.Set(UINT64_MAX);
  EXPECT_GT(UnixMillis(clock), 1'900'000'000'000);
}

TEST(SiteClockTest, WhereTheMachineAgreesItGoesBackFromALie) {
  FakeClock machine;
  SiteClock clock(machine);
  const int64_t now = UnixMillis(machine);
  clock.Set(static_cast<uint64_t>(now) + 3'600'000);
  clock.Set(static_cast<uint64_t>(now) + 5'000);
  EXPECT_EQ(UnixMillis(clock), now + 5'000);
}

TEST(SiteClockTest, DurationsAreTheMachines) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'000);
  EXPECT_EQ(clock.Uptime(), machine.Uptime());
}

}  // namespace
}  // namespace u2fi::gateway_agent
