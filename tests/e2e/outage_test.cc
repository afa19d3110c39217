// A key is touched while a service that has to judge the touch is away: nothing
// happens then, and once it is back the command is done without another touch.
// Only a Redis that started anew wants another: a challenge from before its
// start is void (decisions D5).
#include <memory>
#include <string>

#include "absl/strings/str_replace.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {
namespace {

// Longer than the gate and the agent take to find out, and to try again once.
constexpr absl::Duration kOutage = absl::Milliseconds(2500);

class OutageTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ProcessSite::Options options;
    options.mesh = true;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
  }

  void Kill() {
    if (GetParam() == "redis") {
      site_->redis()->Kill();
    } else {
      site_->programs().Kill(GetParam());
    }
  }
  void Return() {
    if (GetParam() == "redis") {
      site_->redis()->Start();
    } else {
      site_->programs().Restart(GetParam());
    }
  }
  // The name of a command that waits for a touch; the key does not touch itself
  // any more.
  std::string Asked() {
    EXPECT_OK(site_->TellToken(0, "auto off"));
    const auto submitted = site_->Submit(0, "camera.on");
    EXPECT_OK(submitted);
    const absl::Time end = SystemClock().Now() + absl::Seconds(20);
    while (!IsAsked() && SystemClock().Now() < end)
      Pause(absl::Milliseconds(20));
    EXPECT_TRUE(IsAsked());
    return submitted.ok() ? submitted->name() : "";
  }
  bool IsAsked() {
    const auto status = site_->AgentStatus(0);
    return status.ok() && status->questions_size() > 0;
  }
  static void Pause(absl::Duration duration) {
    absl::Notification().WaitForNotificationWithTimeout(duration);
  }

  std::unique_ptr<ProcessSite> site_;
};

TEST_P(OutageTest, ATouchIsJudgedOnceAllAreBack) {
  const std::string name = Asked();
  Kill();
  ASSERT_OK(site_->TellToken(0, "touch"));
  Pause(kOutage);
  EXPECT_TRUE(site_->Executions(0, "camera.on").empty());
  Return();
  if (GetParam() == "redis") ASSERT_OK(site_->TellToken(0, "auto on"));
  // Until the gate can read again.
  absl::StatusOr<command_gate::v1::CommandRecord> ended = site_->Wait(name);
  const absl::Time end = SystemClock().Now() + absl::Seconds(20);
  while (!ended.ok() && SystemClock().Now() < end) {
    Pause(absl::Milliseconds(50));
    ended = site_->Wait(name);
  }
  ASSERT_OK(ended);
  EXPECT_EQ(ended->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << ended->ShortDebugString() << site_->Logs();
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Away, OutageTest,
                         testing::Values("attestation", "challenge",
                                         "device-registry", "redis"),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return absl::StrReplaceAll(info.param, {{"-", "_"}});
                         });

}  // namespace
}  // namespace u2fi::e2e
