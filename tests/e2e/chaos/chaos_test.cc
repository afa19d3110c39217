// Three machines, each with a network of its own and one replica of every
// service, a Redis and a Sentinel; gateways whose people touch at once; clients
// who go on asking. Then everything goes wrong, one thing after the other.
// Afterwards nothing was done twice or without a proof, nothing that was
// acknowledged is lost, and every command has come to an end.
//
// In the environment, for long runs (tools/chaos):
//   U2FI_CHAOS_MINUTES   faults at random for so long; else each once
//   U2FI_CHAOS_GATEWAYS  how many, else 4
//   U2FI_CHAOS_SEED      of the order of the faults, else 1
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/boxes.h"
#include "tests/e2e/chaos/faults.h"
#include "tests/e2e/chaos/redis_boxes.h"
#include "tests/e2e/chaos/steady_stream.h"
#include "tests/e2e/chaos/verdict.h"
#include "tests/e2e/process_site.h"
#include "tests/e2e/site_call.h"

namespace u2fi::e2e {
namespace {

constexpr int kBoxes = 3;
constexpr char kFakeTime[] =
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";
constexpr absl::Duration kUntilAllEnded = absl::Seconds(90);

int Number(const char* name, int otherwise) {
  const char* text = getenv(name);
  int number = 0;
  return text != nullptr && absl::SimpleAtoi(text, &number) ? number
                                                            : otherwise;
}

class ChaosTest : public testing::Test {
 protected:
  void SetUp() override {
    redis_.Start();
    std::ofstream(clock_file_) << "+0\n";
    ProcessSite::Options options;
    options.mesh = true;
    options.gateways = gateways_;
    options.gates = kBoxes;
    options.replicas = kBoxes;
    options.boxes = &boxes_;
    options.redis = redis_.Config();
    options.starters["attestation-1"] = {
        "/usr/bin/env", absl::StrCat("LD_PRELOAD=", kFakeTime),
        absl::StrCat("FAKETIME_TIMESTAMP_FILE=", clock_file_),
        "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1"};
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
  }

  void Say(const std::string& text) const {
    std::cout << absl::StrCat(
                     absl::ToInt64Seconds(SystemClock().Now() - start_),
                     " s: ", text)
              << std::endl;
  }

  std::string Described(const SteadyStream::Acknowledged& command) const {
    return absl::StrCat(command.name, ", acknowledged at ",
                        absl::ToInt64Seconds(command.time - start_),
                        " s by call ", command.calls);
  }

  void Suffer(const Faults::Fault& fault) {
    Say(fault.name);
    fault.run();
    absl::SleepFor(absl::Seconds(1));
  }
  // Each once, or at random for the time that was asked for.
  void SufferAll() {
    Faults faults(*site_, redis_, boxes_, clock_file_);
    const absl::Time end =
        SystemClock().Now() + absl::Minutes(Number("U2FI_CHAOS_MINUTES", 0));
    for (const Faults::Fault& fault : faults.all()) Suffer(fault);
    std::mt19937 random(static_cast<uint32_t>(Number("U2FI_CHAOS_SEED", 1)));
    while (SystemClock().Now() < end) {
      Suffer(faults.all()[random() % faults.all().size()]);
    }
    Say("no more faults");
  }

  // Every device's, with how often each was done.
  std::map<std::string, int> Executions() {
    std::map<std::string, int> times;
    for (int i = 0; i < gateways_; ++i) {
      for (const char* operation : {"camera.on", "device.identify"}) {
        for (const std::string& id : site_->Executions(i, operation)) {
          ++times[id];
        }
      }
    }
    return times;
  }

  void ExpectNothingLost(const Ends& ends, size_t acknowledged) {
    for (const SteadyStream::Acknowledged& lost : ends.lost) {
      ADD_FAILURE() << "lost: " << Described(lost);
    }
    for (const SteadyStream::Acknowledged& open : ends.open) {
      ADD_FAILURE() << "has not ended: " << Described(open);
    }
    // Most of them had no fault to suffer.
    EXPECT_GT(ends.Count(command_gate::v1::COMMAND_STATE_SUCCEEDED),
              acknowledged / 2);
  }
  void ExpectNothingTwice(const Ends& ends,
                          const std::map<std::string, int>& executions) {
    for (const auto& [id, times] : executions) EXPECT_EQ(times, 1) << id;
    for (const auto& [id, state] : ends.states) {
      if (state == command_gate::v1::COMMAND_STATE_SUCCEEDED) {
        EXPECT_EQ(executions.count(id), 1u) << id << " was not done";
      }
    }
  }
  void ExpectNothingWithoutAProof(
      const std::map<std::string, int>& executions) {
    ASSERT_OK_AND_ASSIGN(const AuditVerdict verdict, VerifyAudit(*site_));
    Say(absl::StrCat("audit: ", verdict.report.rows, " rows in ",
                     verdict.report.chains.size(), " chains, ",
                     verdict.report.verified, " with a proof"));
    EXPECT_FALSE(verdict.report.fault.has_value())
        << verdict.report.fault->record << " " << verdict.report.fault->step
        << " " << verdict.report.fault->why;
    EXPECT_EQ(verdict.report.unverifiable, 0u);
    for (const auto& [id, times] : executions) {
      EXPECT_EQ(verdict.allowed.count(id), 1u) << id << " has no proof";
    }
  }
  void ExpectTheSiteWorks() {
    for (int i = 0; i < gateways_; ++i) {
      const auto submitted = site_->Submit(i, "camera.on");
      ASSERT_OK(submitted);
      const auto ended = site_->Wait(submitted->name());
      ASSERT_OK(ended);
      EXPECT_EQ(ended->state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
          << ended->ShortDebugString();
    }
  }

  const absl::Time start_ = SystemClock().Now();
  const int gateways_ = Number("U2FI_CHAOS_GATEWAYS", 4);
  store::TempDir folder_;
  const std::string clock_file_ = folder_.Join("clock");
  Boxes boxes_{kBoxes};
  RedisBoxes redis_{boxes_, kBoxes};
  std::unique_ptr<ProcessSite> site_;
};

TEST_F(ChaosTest, NothingIsLostOrDoneTwiceOrWithoutAProof) {
  Say(absl::StrCat("the site stands: ", gateways_, " gateways"));
  SteadyStream::Options options;
  options.gateways = gateways_;
  options.gates = kBoxes;
  SteadyStream stream(*site_, options);
  SufferAll();
  stream.Stop();
  const auto acknowledged = stream.acknowledged();
  Say(absl::StrCat("acknowledged: ", acknowledged.size()));
  for (const auto& [reason, times] : stream.unanswered()) {
    Say(absl::StrCat("not acknowledged: ", reason, " ", times));
  }
  const Ends ends = EndsOf(*site_, kBoxes, acknowledged,
                           SystemClock().Now() + kUntilAllEnded);
  for (int state = 0; state <= command_gate::v1::CommandState_MAX; ++state) {
    const auto one = static_cast<command_gate::v1::CommandState>(state);
    if (ends.Count(one) == 0) continue;
    Say(absl::StrCat("ended as ", command_gate::v1::CommandState_Name(one),
                     ": ", ends.Count(one)));
  }
  const std::map<std::string, int> executions = Executions();
  Say(absl::StrCat("done by devices: ", executions.size()));
  ExpectNothingLost(ends, acknowledged.size());
  ExpectNothingTwice(ends, executions);
  ExpectNothingWithoutAProof(executions);
  ExpectTheSiteWorks();
}

}  // namespace
}  // namespace u2fi::e2e

int main(int argc, char** argv) {
  const absl::Status apart = u2fi::e2e::Boxes::Enter();
  if (!apart.ok()) {
    std::cerr << apart << "\n";
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
