// A store is backed up while its services run, and goes back to that backup
// later: devices and keys, which have seen more than the store then knows, work
// on, and nothing is done twice. SQLite's of a standalone, and Redis' of the
// mesh.
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"
#include "tools/u2fi/redis_backup.h"
#include "tools/u2fi/redis_restore.h"
#include "tools/u2fi/store_backup.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::COMMAND_STATE_SUCCEEDED;

// Whether it is the mesh.
class BackupTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ProcessSite::Options options;
    options.mesh = GetParam();
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
    if (GetParam()) redis_.address = site_->redis()->address();
    redis_.connect_timeout = absl::Seconds(10);
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
  absl::Status BackUp() {
    const absl::Duration patience = absl::Seconds(30);
    return GetParam() ? cli::BackUpRedis(redis_, copy_, patience, output_)
                      : cli::BackUpStore(store_, copy_, patience, output_);
  }
  absl::Status PutBack() {
    if (!GetParam()) return cli::RestoreStore(copy_, store_, true, output_);
    cli::RedisRestore restore{copy_, redis_};
    restore.replace = true;
    return cli::RestoreRedis(restore, SystemRandom(), output_);
  }
  std::vector<std::string> Services() const {
    if (!GetParam()) return {"standalone"};
    return {"challenge", "attestation", "device-registry", "command-gate"};
  }
  void Restore() {
    for (const std::string& service : Services()) {
      EXPECT_EQ(site_->programs().Stop(service), 0);
    }
    Await(false);
    ASSERT_OK(PutBack());
    for (const std::string& service : Services()) {
      site_->programs().Restart(service);
    }
    Await(true);
  }

  std::unique_ptr<ProcessSite> site_;
  std::string store_;
  std::string copy_;
  store::RedisOptions redis_;
  // Name of the last command.
  std::string last_;
  std::ostringstream said_;
  cli::Output output_{said_, false};
};

INSTANTIATE_TEST_SUITE_P(Modes, BackupTest, testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Mesh" : "Standalone";
                         });

TEST_P(BackupTest, AfterARestoreTheSiteWorksOn) {
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  const std::string known = last_;
  ASSERT_OK(BackUp());
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED);
  const std::string forgotten = last_;
  Restore();
  EXPECT_OK(site_->Wait(known));
  EXPECT_THAT(site_->Wait(forgotten), HasReason(reason::kResourceUnknown));
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 3u);
  // The device has seen numbers that the store forgot; the gate leaves out
  // enough of them where a store began anew.
  EXPECT_EQ(CameraOn(), COMMAND_STATE_SUCCEEDED) << site_->Logs();
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 4u);
}

}  // namespace
}  // namespace u2fi::e2e
