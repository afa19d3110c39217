// A service on SQLite is backed up while it runs, and goes back to that backup
// later: devices and keys, which have seen more than the store then knows, work
// on, and nothing is done twice.
#include <memory>
#include <sstream>
#include <string>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"
#include "tools/u2fi/store_backup.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::COMMAND_STATE_FAILED;
using command_gate::v1::COMMAND_STATE_SUCCEEDED;

class BackupTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start({}));
    store_ = site_->ca().folder() + "/u2fi.db";
    copy_ = site_->ca().folder() + "/copy.db";
  }

  // The end of `camera.on`, touched.
  command_gate::v1::CommandState CameraOn() {
    const auto submitted = site_->Submit(0, "camera.on");
    EXPECT_OK(submitted);
    if (!submitted.ok()) return command_gate::v1::COMMAND_STATE_UNSPECIFIED;
    last_ = submitted->name();
    const auto ended = site_->Wait(last_);
    EXPECT_OK(ended);
    return ended.ok() ? ended->state()
                      : command_gate::v1::COMMAND_STATE_UNSPECIFIED;
  }
  // Waits until the agent's stream is there, or is not.
  void Await(bool connected) {
    const absl::Time end = SystemClock().Now() + absl::Seconds(20);
    bool now = !connected;
    while (now != connected && SystemClock().Now() < end) {
      const auto status = site_->AgentStatus(0);
      now = status.ok() && status->connected();
      absl::SleepFor(absl::Milliseconds(20));
    }
    ASSERT_EQ(now, connected);
  }
  void Restore() {
    EXPECT_EQ(site_->programs().Stop("standalone"), 0);
    Await(false);
    ASSERT_OK(cli::RestoreStore(copy_, store_, /*replace=*/true, output_));
    site_->programs().Restart("standalone");
    Await(true);
  }

  std::unique_ptr<ProcessSite> site_;
  std::string store_;
  std::string copy_;
  // Name of the last command.
  std::string last_;
  std::ostringstream said_;
  cli::Output output_{said_, false};
};

TEST_F(BackupTest, AfterARestoreTheSiteWorksOn) {
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  const std::string known = last_;
  ASSERT_OK(cli::BackUpStore(store_, copy_, absl::Seconds(30), output_));
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  const std::string forgotten = last_;
  Restore();
  EXPECT_OK(site_->Wait(known));
  EXPECT_THAT(site_->Wait(forgotten), HasReason(reason::kResourceUnknown));
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 3u);
  // The device has seen numbers that the store gives out once more; by its
  // refusal the gate learns from which one to go on.
  EXPECT_EQ(CameraOn(), COMMAND_STATE_FAILED);
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED) << site_->Logs();
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 4u);
}

}  // namespace
}  // namespace u2fi::e2e
