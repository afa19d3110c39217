#include "tools/soft-token/touch_sensor.h"

#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::soft_token {
namespace {

class TouchSensorTest : public testing::Test {
 protected:
  FakeClock clock_;
  TouchSensor sensor_{clock_, TouchMode::kManual};
};

TEST_F(TouchSensorTest, NobodyTouches) { EXPECT_FALSE(sensor_.Take()); }

TEST_F(TouchSensorTest, ATouchCountsOnce) {
  sensor_.Touch();
  EXPECT_TRUE(sensor_.Take());
  EXPECT_FALSE(sensor_.Take());
}

TEST_F(TouchSensorTest, ATouchWaitsLessThanTenSeconds) {
  sensor_.Touch();
  clock_.Advance(absl::Milliseconds(9999));
  EXPECT_TRUE(sensor_.Take());
}

TEST_F(TouchSensorTest, AfterTenSecondsATouchIsNoTouch) {
  sensor_.Touch();
  clock_.Advance(absl::Seconds(10));
  EXPECT_FALSE(sensor_.Take());
}

TEST_F(TouchSensorTest, AskingMakesATouchWanted) {
  EXPECT_FALSE(sensor_.wanted());
  sensor_.Take();
  EXPECT_TRUE(sensor_.wanted());
}

TEST_F(TouchSensorTest, ATouchThatWasTakenIsNotWanted) {
  sensor_.Take();
  sensor_.Touch();
  ASSERT_TRUE(sensor_.Take());
  EXPECT_FALSE(sensor_.wanted());
}

TEST_F(TouchSensorTest, WhenNobodyAsksAgainNoTouchIsWanted) {
  sensor_.Take();
  clock_.Advance(absl::Seconds(2));
  EXPECT_FALSE(sensor_.wanted());
}

TEST_F(TouchSensorTest, ClearTakesTheTouchBack) {
  sensor_.Touch();
  sensor_.Clear();
  EXPECT_FALSE(sensor_.Take());
}

TEST_F(TouchSensorTest, AutoAlwaysTouches) {
  sensor_.SetMode(TouchMode::kAuto);
  EXPECT_TRUE(sensor_.Take());
  EXPECT_TRUE(sensor_.Take());
}

TEST_F(TouchSensorTest, RefuseIgnoresTouches) {
  sensor_.SetMode(TouchMode::kRefuse);
  sensor_.Touch();
  EXPECT_FALSE(sensor_.Take());
  EXPECT_FALSE(sensor_.wanted());
}

TEST_F(TouchSensorTest, AnotherModeForgetsTheTouch) {
  sensor_.Touch();
  sensor_.SetMode(TouchMode::kManual);
  EXPECT_FALSE(sensor_.Take());
}

TEST_F(TouchSensorTest, ModesHaveNames) {
  EXPECT_EQ(NameOf(TouchMode::kManual), "manual");
  EXPECT_EQ(NameOf(TouchMode::kAuto), "auto");
  EXPECT_EQ(NameOf(TouchMode::kRefuse), "refuse");
}

}  // namespace
}  // namespace u2fi::soft_token
