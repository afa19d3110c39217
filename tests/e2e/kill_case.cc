#include "tests/e2e/kill_case.h"

#include <chrono>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"

namespace u2fi::e2e {
namespace {

constexpr std::chrono::milliseconds kPause{50};

}  // namespace

void KillCase::SetUp() {
  ProcessSite::Options options;
  options.mesh = GetParam().mesh;
  options.approve_within = 5;
  options.execute_within = 5;
  ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
}

void KillCase::KillAndRestart() {
  const std::string& program = GetParam().program;
  if (program == "redis") {
    site_->redis()->Kill();
    site_->redis()->Start();
    return;
  }
  site_->programs().Restart(program);
}

KillCase::CommandRecord KillCase::SubmitUntilTaken(const Submission& submit) {
  absl::StatusOr<CommandRecord> submitted = submit();
  const absl::Time end = SystemClock().Now() + absl::Seconds(30);
  while (!submitted.ok() && SystemClock().Now() < end) {
    std::this_thread::sleep_for(kPause);
    submitted = submit();
  }
  EXPECT_OK(submitted);
  return submitted.ok() ? *submitted : CommandRecord();
}

KillCase::CommandRecord KillCase::WaitForEnd(const std::string& name) {
  const absl::Time end = SystemClock().Now() + absl::Seconds(60);
  absl::StatusOr<CommandRecord> record = site_->Wait(name);
  while (!(record.ok() && record->has_end_time()) &&
         SystemClock().Now() < end) {
    EXPECT_FALSE(absl::IsNotFound(record.status())) << name << " is gone";
    std::this_thread::sleep_for(kPause);
    record = site_->Wait(name);
  }
  EXPECT_OK(record);
  return record.ok() ? *record : CommandRecord();
}

std::vector<Victim> EveryVictim() {
  return {Victim{false, "standalone"},
          Victim{false, "agent-0"},
          Victim{false, "devices"},
          Victim{false, "token-0"},
          Victim{true, "challenge"},
          Victim{true, "attestation"},
          Victim{true, "device-registry"},
          Victim{true, "command-gate"},
          Victim{true, "redis"}};
}

std::string NameOfVictim(const testing::TestParamInfo<Victim>& info) {
  return absl::StrCat(info.param.mesh ? "Mesh_" : "Standalone_",
                      absl::StrReplaceAll(info.param.program, {{"-", "_"}}));
}

}  // namespace u2fi::e2e
