#include "tools/soft-token/control_desk.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tools/soft-token/in_process_token.h"

namespace u2fi::soft_token {
namespace {

using testing::StartsWith;

class ControlDeskTest : public testing::Test {
 protected:
  FakeClock clock_;
  InProcessToken in_process_{clock_, SoftToken::Options()};
  SoftToken& token_ = in_process_.token();
  ControlDesk desk_{token_};
};

TEST_F(ControlDeskTest, StateNamesEverything) {
  EXPECT_EQ(desk_.Execute("state"),
            "ok plugged=yes touch=manual wanted=no hold=off fault=none "
            "counter=0 pin=none");
}

TEST_F(ControlDeskTest, TouchLetsARegistrationThrough) {
  ASSERT_OK(in_process_.Open());
  EXPECT_EQ(desk_.Execute("touch"), "ok");
  EXPECT_OK(in_process_.client().Register(
      std::string(32, 'c'), std::string(32, 'a'), in_process_.Limit()));
}

TEST_F(ControlDeskTest, ModesOfTouching) {
  EXPECT_EQ(desk_.Execute("auto on"), "ok");
  EXPECT_EQ(token_.touch_mode(), TouchMode::kAuto);
  EXPECT_EQ(desk_.Execute("refuse"), "ok");
  EXPECT_EQ(token_.touch_mode(), TouchMode::kRefuse);
  EXPECT_EQ(desk_.Execute("auto off"), "ok");
  EXPECT_EQ(token_.touch_mode(), TouchMode::kManual);
}

TEST_F(ControlDeskTest, HoldOnAndOff) {
  EXPECT_EQ(desk_.Execute("hold on"), "ok");
  EXPECT_TRUE(token_.hold());
  EXPECT_EQ(desk_.Execute("hold off"), "ok");
  EXPECT_FALSE(token_.hold());
}

TEST_F(ControlDeskTest, FaultsByName) {
  for (const absl::string_view name : FaultNames()) {
    EXPECT_EQ(desk_.Execute("fault " + std::string(name)), "ok");
    EXPECT_EQ(NameOf(token_.fault()), name);
  }
}

TEST_F(ControlDeskTest, UnplugAndPlug) {
  EXPECT_EQ(desk_.Execute("unplug"), "ok");
  EXPECT_FALSE(token_.plugged());
  EXPECT_EQ(desk_.Execute("plug"), "ok");
  EXPECT_TRUE(token_.plugged());
}

// Lines that are no command.
class BadLineTest : public ControlDeskTest,
                    public testing::WithParamInterface<const char*> {};

TEST_P(BadLineTest, IsAnErrorAndChangesNothing) {
  const std::string before = desk_.Execute("state");
  EXPECT_THAT(desk_.Execute(GetParam()), StartsWith("error "));
  EXPECT_EQ(desk_.Execute("state"), before);
}

INSTANTIATE_TEST_SUITE_P(Lines, BadLineTest,
                         testing::Values("", " ", "Touch", "touch ", " touch",
                                         "auto", "auto maybe", "fault",
                                         "fault ", "fault bogus", "hold",
                                         "state please"));

}  // namespace
}  // namespace u2fi::soft_token
