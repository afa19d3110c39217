#include "services/common/u2fhid/cancel_flag.h"

#include <thread>

#include "gtest/gtest.h"

namespace u2fi::u2fhid {
namespace {

TEST(CancelFlagTest, StartsNotCancelled) {
  EXPECT_FALSE(CancelFlag().cancelled());
}

TEST(CancelFlagTest, StaysCancelled) {
  CancelFlag flag;
  flag.Cancel();
  flag.Cancel();
  EXPECT_TRUE(flag.cancelled());
}

TEST(CancelFlagTest, ACancelledSleepReturnsAtOnce) {
  CancelFlag flag;
  flag.Cancel();
  flag.SleepFor(absl::Hours(1));
  EXPECT_TRUE(flag.cancelled());
}

TEST(CancelFlagTest, CancelWakesASleeper) {
  CancelFlag flag;
  std::thread sleeper([&flag] {
    while (!flag.cancelled()) flag.SleepFor(absl::Hours(1));
  });
  flag.Cancel();
  sleeper.join();
  EXPECT_TRUE(flag.cancelled());
}

}  // namespace
}  // namespace u2fi::u2fhid
