// The main job: a touch on a key turns a camera on. Real services, real TLS,
// real U2FHID frames, a device that verifies by itself.
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using testing::HasSubstr;
using testing::Not;

class MainLineTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled, site_.Enrol());
    ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << enrolled.ShortDebugString();
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << provisioned.ShortDebugString();
  }

  CommandItem CameraOn() {
    CommandItem item;
    item.set_device("cam-1");
    item.set_operation("camera.on");
    return item;
  }

  OneSite site_;
};

TEST_F(MainLineTest, ATouchTurnsTheCameraOn) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.result_source(), command_gate::v1::RESULT_SOURCE_DEVICE);
  EXPECT_EQ(done.proof().approvals_size(), 1);
}

TEST_F(MainLineTest, TheServicesWaitForTheDiskThreeTimes) {
  const int before = site_.DurableCommits();
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  // Submit, approve and audit, the result; the agent's journal is the fourth.
  EXPECT_EQ(site_.DurableCommits() - before, 3);
}

TEST_F(MainLineTest, AFreeOperationNeedsNoTouch) {
  site_.TellToken("unplug");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("device.identify"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.approvals_size(), 0);
}

TEST_F(MainLineTest, OneTouchRunsABatch) {
  CommandItem identify = CameraOn();
  identify.set_operation("device.identify");
  ASSERT_OK_AND_ASSIGN(const auto batch,
                       site_.SubmitBatch({CameraOn(), identify, CameraOn()}));
  ASSERT_EQ(batch.commands_size(), 3);
  ASSERT_OK_AND_ASSIGN(const auto done,
                       site_.WaitForBatch(batch.batch().name()));
  ASSERT_EQ(done.counts_size(), 1) << done.ShortDebugString();
  EXPECT_EQ(done.counts(0).state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(done.counts(0).count(), 3u);
}

TEST_F(MainLineTest, WithoutATouchNothingHappens) {
  site_.TellToken("auto off");
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site_.Submit(CameraOn(), proof::v1::PURPOSE_COMMAND));
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Wait(submitted.name()));
  EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
}

TEST_F(MainLineTest, SayingNoAtTheGatewayEndsIt) {
  site_.TellToken("auto off");
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site_.Submit(CameraOn(), proof::v1::PURPOSE_COMMAND));
  while (!site_.approvals().Decline("", "button")) std::this_thread::yield();
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Wait(submitted.name()));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.reason(), "DECLINED");
}

TEST_F(MainLineTest, ACancelledCommandIsNeverExecuted) {
  site_.TellToken("auto off");
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site_.Submit(CameraOn(), proof::v1::PURPOSE_COMMAND));
  ASSERT_OK_AND_ASSIGN(const CommandRecord cancelled,
                       site_.Cancel(submitted.name()));
  EXPECT_EQ(cancelled.state(), command_gate::v1::COMMAND_STATE_CANCELLED);
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.on")));
}

TEST_F(MainLineTest, TheSameRequestIsOneCommand) {
  ASSERT_OK_AND_ASSIGN(
      const CommandRecord first,
      site_.Submit(CameraOn(), proof::v1::PURPOSE_COMMAND, "", 77777));
  ASSERT_OK_AND_ASSIGN(
      const CommandRecord second,
      site_.Submit(CameraOn(), proof::v1::PURPOSE_COMMAND, "", 77777));
  EXPECT_EQ(first.name(), second.name());
}

TEST_F(MainLineTest, AnUnknownOperationIsRefused) {
  EXPECT_THAT(site_.Run("camera.explode"),
              HasReason(reason::kOperationUnknown));
}

TEST_F(MainLineTest, TwentyCommandsInARowAllRun) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
    ASSERT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << done.ShortDebugString();
  }
}

}  // namespace
}  // namespace u2fi::e2e
