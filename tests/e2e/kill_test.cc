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

#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "tests/e2e/kill_case.h"

namespace u2fi::e2e {
namespace {

// When to kill after the submission, in milliseconds: before the touch, around
// the approval, around the hand-over, after the result.
constexpr int kMoments[] = {0, 2, 4, 7, 11, 16, 22, 30, 45};

class KillTest : public KillCase {
 protected:
  CommandRecord Submit() {
    return SubmitUntilTaken([this] { return site_->Submit(0, "camera.on"); });
  }
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
    ASSERT_TRUE(ended.has_end_time())
        << ended.ShortDebugString() << site_->Logs();
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

INSTANTIATE_TEST_SUITE_P(Victims, KillTest, testing::ValuesIn(EveryVictim()),
                         NameOfVictim);

}  // namespace
}  // namespace u2fi::e2e
