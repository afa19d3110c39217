#include "tests/e2e/chaos/faults.h"

#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/time/clock.h"

namespace u2fi::e2e {
namespace {

constexpr absl::Duration kShort = absl::Seconds(2);
constexpr absl::Duration kLong = absl::Seconds(6);
constexpr absl::Duration kPatience = absl::Seconds(90);

bool Until(const std::function<bool()>& condition) {
  const absl::Time end = SystemClock().Now() + kPatience;
  while (SystemClock().Now() < end) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(50));
  }
  return condition();
}

rlim_t OpenDescriptors(pid_t pid) {
  const std::filesystem::directory_iterator all(
      absl::StrCat("/proc/", pid, "/fd"));
  return static_cast<rlim_t>(std::distance(begin(all), end(all)));
}

}  // namespace

Faults::Faults(ProcessSite& site, RedisBoxes& redis, Boxes& boxes,
               std::string clock_file)
    : site_(site),
      redis_(redis),
      boxes_(boxes),
      clock_file_(std::move(clock_file)) {
  for (const char* program :
       {"challenge", "attestation-2", "device-registry-1", "command-gate",
        "command-gate-2", "agent-0", "token-1", "devices"}) {
    all_.push_back({absl::StrCat("kill -9 of ", program),
                    [=] { KillAndRestart(program); }});
  }
  for (const char* program : {"challenge-1", "command-gate-1"}) {
    all_.push_back({absl::StrCat(program, " does not run for a while"),
                    [=] { Freeze(site_.programs(), program, kLong); }});
  }
  all_.push_back(
      {"a machine without the master is cut off", [this] { CutOffReplica(); }});
  all_.push_back({"the clock of attestation-1 jumps", [this] { StepClock(); }});
  all_.push_back({"command-gate has no descriptor left",
                  [this] { UseUpDescriptors("command-gate"); }});
  all_.push_back({"Redis fails over while a replica lags",
                  [this] { FailOverWithALaggingReplica(); }});
  all_.push_back({"the master's disk is full", [this] { FillMastersDisk(); }});
  all_.push_back(
      {"the master's machine is cut off", [this] { CutOffMaster(); }});
}

void Faults::KillAndRestart(const std::string& program) {
  site_.programs().Kill(program);
  absl::SleepFor(kShort);
  site_.programs().Restart(program);
}

void Faults::Freeze(Programs& programs, const std::string& program,
                    absl::Duration duration) {
  const pid_t pid = programs.PidOf(program);
  ASSERT_EQ(kill(pid, SIGSTOP), 0);
  absl::SleepFor(duration);
  ASSERT_EQ(kill(pid, SIGCONT), 0);
}

void Faults::CutOffReplica() {
  const int box = redis_.Replica();
  boxes_.Cut(box);
  absl::SleepFor(kLong);
  boxes_.Mend(box);
  Repair();
}

void Faults::CutOffMaster() {
  const int before = redis_.Master();
  boxes_.Cut(before);
  AwaitNewMaster(before);
  boxes_.Mend(before);
  Repair();
}

void Faults::FailOverWithALaggingReplica() {
  const int before = redis_.Master();
  const pid_t lagging =
      redis_.programs().PidOf(RedisBoxes::ServerName(redis_.Replica()));
  ASSERT_EQ(kill(lagging, SIGSTOP), 0);
  absl::SleepFor(kShort);
  redis_.programs().Kill(RedisBoxes::ServerName(before));
  ASSERT_EQ(kill(lagging, SIGCONT), 0);
  AwaitNewMaster(before);
  Repair();
}

void Faults::FillMastersDisk() {
  const int box = redis_.Master();
  redis_.FillDisk(box);
  absl::SleepFor(kLong);
  redis_.FreeDisk(box);
  Repair();
}

// Ends the process: services/common/rpc/clock_watch.h.
void Faults::StepClock() {
  std::ofstream(clock_file_) << "+10\n";
  EXPECT_TRUE(Until([this] {
    return !site_.programs().IsRunning("attestation-1");
  })) << "it goes on with a wrong clock";
  std::ofstream(clock_file_) << "+0\n";
  Repair();
}

void Faults::UseUpDescriptors(const std::string& program) {
  const pid_t pid = site_.programs().PidOf(program);
  rlimit before = {};
  ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, nullptr, &before), 0);
  rlimit none = before;
  none.rlim_cur = OpenDescriptors(pid);
  ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &none, nullptr), 0);
  absl::SleepFor(kLong);
  ASSERT_EQ(prlimit(pid, RLIMIT_NOFILE, &before, nullptr), 0);
}

void Faults::AwaitNewMaster(int before) {
  EXPECT_TRUE(Until([&] {
    const int now = redis_.Master();
    return now >= 0 && now != before;
  })) << "nobody was promoted";
}

void Faults::Repair() {
  redis_.StartDead();
  for (const std::string& program : site_.CountedPrograms()) {
    if (!site_.programs().IsRunning(program)) site_.programs().Restart(program);
  }
  EXPECT_TRUE(Until([this] { return redis_.IsWhole(); }))
      << "Redis does not find together";
}

}  // namespace u2fi::e2e
