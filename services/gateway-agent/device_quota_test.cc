#include "services/gateway-agent/device_quota.h"

#include "gtest/gtest.h"

namespace u2fi::gateway_agent {
namespace {

constexpr size_t kHalf = DeviceQuota::kMaxBytes / 2 - DeviceQuota::kOverhead;

TEST(DeviceQuotaTest, ADeviceHasItsShareAndNoMore) {
  DeviceQuota quota;
  EXPECT_TRUE(quota.Take("a", kHalf));
  EXPECT_TRUE(quota.Take("a", kHalf));
  EXPECT_FALSE(quota.Take("a", 0));
  EXPECT_TRUE(quota.Take("b", kHalf)) << "another one's";
  quota.Give("a", kHalf);
  EXPECT_FALSE(quota.Take("a", kHalf + 1));
  EXPECT_TRUE(quota.Take("a", kHalf));
}

TEST(DeviceQuotaTest, ManySmallOnesAreBoundedToo) {
  DeviceQuota quota;
  size_t taken = 0;
  while (quota.Take("a", 0)) ++taken;
  EXPECT_EQ(taken, DeviceQuota::kMaxBytes / DeviceQuota::kOverhead);
  for (; taken > 0; --taken) quota.Give("a", 0);
  EXPECT_TRUE(quota.Take("a", 2 * kHalf));
}

TEST(DeviceQuotaTest, ADeviceOfWhichNothingWaitsTakesNoMemory) {
  DeviceQuota quota;
  EXPECT_FALSE(quota.Take("a", DeviceQuota::kMaxBytes));
  EXPECT_EQ(quota.devices(), 0u);
  ASSERT_TRUE(quota.Take("b", 1));
  EXPECT_EQ(quota.devices(), 1u);
  quota.Give("b", 1);
  EXPECT_EQ(quota.devices(), 0u);
}

}  // namespace
}  // namespace u2fi::gateway_agent
