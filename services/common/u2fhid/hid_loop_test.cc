// Host and token against each other: what one sends the other understands.
#include <string>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/hid_host.h"
#include "services/common/u2fhid/loop_transport.h"

namespace u2fi::u2fhid {
namespace {

// Holds every APDU until the test completes it.
class HoldingHandler : public HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view) override {
    return absl::nullopt;
  }
  void OnAbort() override { aborted_ = true; }
  void OnWink() override {}

  bool aborted_ = false;
};

class HidLoopTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(host_.Open(Limit())); }
  WaitLimit Limit() { return {clock_.Uptime() + absl::Seconds(10), cancel_}; }

  FakeClock clock_;
  FakeRandomSource random_;
  CancelFlag cancel_;
  HoldingHandler handler_;
  HidDevice device_{clock_, handler_, {2, 1, 0, 0, kCapabilityWink}};
  LoopTransport transport_{clock_, device_};
  HidHost host_{transport_, clock_, random_, {}};
};

TEST_F(HidLoopTest, PingOfEveryLengthAroundTheBorders) {
  for (const size_t size : {0, 1, 56, 57, 58, 116, 117, 7608, 7609}) {
    EXPECT_OK(host_.Ping(std::string(size, 'x'), Limit())) << size;
  }
}

TEST_F(HidLoopTest, AMissingTouchEndsAtTheDeadlineNotBefore) {
  const absl::Duration start = clock_.Uptime();
  EXPECT_THAT(host_.Msg("apdu", Limit()), HasReason(reason::kTouchTimeout));
  EXPECT_EQ(clock_.Uptime() - start, absl::Seconds(10));
}

TEST_F(HidLoopTest, AMissingTouchMakesTheTokenGiveUp) {
  host_.Msg("apdu", Limit()).IgnoreError();
  EXPECT_TRUE(handler_.aborted_);
}

TEST_F(HidLoopTest, TheChannelWorksAfterATouchTimeout) {
  host_.Msg("apdu", Limit()).IgnoreError();
  EXPECT_OK(host_.Ping("still there?", Limit()));
}

TEST_F(HidLoopTest, ASecondHostFindsTheTokenBusy) {
  LoopTransport other_wire(clock_, device_);
  HidHost other(other_wire, clock_, random_, {});
  ASSERT_OK(other.Open(Limit()));
  const absl::StatusOr<std::vector<Report>> request =
      Fragment({1, Command::kMsg, "held"});
  ASSERT_OK(request);
  device_.OnReport(request->at(0));
  EXPECT_THAT(other.Ping("p", Limit()), HasReason(reason::kTokenBusy));
}

TEST_F(HidLoopTest, UnpluggingIsSeen) {
  transport_.Remove();
  EXPECT_THAT(host_.Ping("p", Limit()), HasReason(reason::kTokenRemoved));
}

}  // namespace
}  // namespace u2fi::u2fhid
