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

TEST(SiteClockTest, ItCanBeSetBack) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'000);
  EXPECT_EQ(UnixMillis(clock), 1'000);
}

TEST(SiteClockTest, DurationsAreTheMachines) {
  FakeClock machine;
  SiteClock clock(machine);
  clock.Set(1'000);
  EXPECT_EQ(clock.Uptime(), machine.Uptime());
}

}  // namespace
}  // namespace u2fi::gateway_agent
