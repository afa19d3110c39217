// Kill any process at any point of a command (kill -9), start it again: the
// command is done once, or refused, or its outcome is unknown; never done
// twice, and nothing acknowledged is gone.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;

struct Victim {
  bool mesh;
  std::string program;
};

// When to kill after the submission, in milliseconds: before the touch, around
// the approval, around the hand-over, after the result.
constexpr int kMoments[] = {0, 2, 4, 7, 11, 16, 22, 30, 45};

class KillTest : public testing::TestWithParam<Victim> {
 protected:
  void SetUp() override {
    ProcessSite::Options options;
    options.mesh = GetParam().mesh;
    options.approve_within = 5;
    options.execute_within = 5;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
  }

  void KillAndRestart() {
    const std::string& program = GetParam().program;
    if (program == "redis") {
      site_->redis()->Kill();
      site_->redis()->Start();
      return;
    }
    site_->programs().Restart(program);
  }

  // Submits until the mesh is back and takes it.
  CommandRecord Submit() {
    absl::StatusOr<CommandRecord> submitted = site_->Submit(0, "camera.on");
    const absl::Time end = SystemClock().Now() + absl::Seconds(30);
    while (!submitted.ok() && SystemClock().Now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      submitted = site_->Submit(0, "camera.on");
    }
    EXPECT_OK(submitted);
    return submitted.ok() ? *submitted : CommandRecord();
  }

  // The end of an acknowledged command, through restarts of the mesh.
  CommandRecord WaitForEnd(const std::string& name) {
    const absl::Time end = SystemClock().Now() + absl::Seconds(60);
    absl::StatusOr<CommandRecord> record = site_->Wait(name);
    while (!(record.ok() && IsFinal(*record)) && SystemClock().Now() < end) {
      EXPECT_FALSE(absl::IsNotFound(record.status())) << name << " is gone";
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      record = site_->Wait(name);
    }
    EXPECT_OK(record);
    return record.ok() ? *record : CommandRecord();
  }

  static bool IsFinal(const CommandRecord& record) {
    return record.has_end_time();
  }

  std::unique_ptr<ProcessSite> site_;
};

TEST_P(KillTest, NothingIsLostAndNothingIsDoneTwice) {
  std::set<std::string> succeeded;
  for (const int moment : kMoments) {
    const CommandRecord submitted = Submit();
    ASSERT_FALSE(submitted.name().empty());
    std::this_thread::sleep_for(std::chrono::milliseconds(moment));
    KillAndRestart();
    const CommandRecord ended = WaitForEnd(submitted.name());
    std::cout << "killed " << moment << " ms after the submission: "
              << command_gate::v1::CommandState_Name(ended.state()) << " "
              << ended.reason() << std::endl;
    ASSERT_TRUE(IsFinal(ended)) << ended.ShortDebugString() << site_->Logs();
    if (ended.state() == command_gate::v1::COMMAND_STATE_SUCCEEDED) {
      succeeded.insert(
          std::string(absl::StripPrefix(ended.name(), "commands/")));
    }
  }
  const std::vector<std::string> executed = site_->Executions(0, "camera.on");
  const std::set<std::string> distinct(executed.begin(), executed.end());
  EXPECT_EQ(executed.size(), distinct.size()) << "a command was done twice";
  EXPECT_TRUE(std::includes(distinct.begin(), distinct.end(), succeeded.begin(),
                            succeeded.end()))
      << "a command succeeded without being done";
  // And the site still works.
  const CommandRecord after = WaitForEnd(Submit().name());
  EXPECT_EQ(after.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << after.ShortDebugString();
}

INSTANTIATE_TEST_SUITE_P(
    Victims, KillTest,
    testing::Values(Victim{false, "standalone"}, Victim{false, "agent-0"},
                    Victim{false, "devices"}, Victim{false, "token-0"},
                    Victim{true, "challenge"}, Victim{true, "attestation"},
                    Victim{true, "device-registry"},
                    Victim{true, "command-gate"}, Victim{true, "redis"}),
    [](const testing::TestParamInfo<Victim>& info) {
      return absl::StrCat(
          info.param.mesh ? "Mesh_" : "Standalone_",
          absl::StrReplaceAll(info.param.program, {{"-", "_"}}));
    });

}  // namespace
}  // namespace u2fi::e2e
