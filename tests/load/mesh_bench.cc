// What several replicas cost, and what they are worth: a command that comes in
// at a gate which does not have the gateway's stream, requests for a gateway
// that is away, and a restart of every replica while clients go on asking.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "services/common/status/error.h"
#include "services/common/time/clock.h"
#include "tests/e2e/chaos/steady_stream.h"
#include "tests/e2e/chaos/verdict.h"
#include "tests/e2e/process_site.h"
#include "tests/load/bench_line.h"
#include "tests/load/interleaved.h"

namespace u2fi::load {
namespace {

using e2e::ProcessSite;

constexpr int kReplicas = 3;
constexpr int kGateways = 12;
constexpr int kSingle = 300;
constexpr int kSenders = 32;
constexpr double kOfflineSeconds = 5;
// 32 clients that wait so long between two commands ask for 100 a second.
constexpr absl::Duration kPause = absl::Milliseconds(320);

double Quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * (values.size() - 1))];
}

// Milliseconds of one critical command of gateway 0, submitted and waited for
// at this gate; negative if it did not succeed.
double OneAt(ProcessSite& site, int gate) {
  const double start = WallSeconds();
  const auto submitted = site.SubmitAt(gate, 0, "camera.on");
  if (!submitted.ok()) return -1;
  const auto ended = site.WaitAt(gate, submitted->name());
  const bool done =
      ended.ok() && ended->state() == command_gate::v1::COMMAND_STATE_SUCCEEDED;
  return done ? (WallSeconds() - start) * 1e3 : -1;
}

int MeasureForward(ProcessSite& site) {
  const auto holder = site.HolderOf(0, 0);
  if (!holder.ok()) {
    std::cerr << "mesh_bench: " << holder.status() << "\n";
    return 1;
  }
  const int other = (*holder + 1) % kReplicas;
  std::vector<double> here;
  std::vector<double> there;
  for (int i = 0; i < kSingle; ++i) {
    here.push_back(OneAt(site, *holder));
    there.push_back(OneAt(site, other));
    if (here.back() < 0 || there.back() < 0) {
      std::cerr << "mesh_bench: a command did not succeed\n";
      return 1;
    }
  }
  const std::string baseline = "at the gate that has the stream, ";
  PrintBenchLine({"mesh.forward.latency_p50_ms", Quantile(there, 0.5), "ms",
                  baseline + "p50", Quantile(here, 0.5)});
  PrintBenchLine({"mesh.forward.latency_p99_ms", Quantile(there, 0.99), "ms",
                  baseline + "p99", Quantile(here, 0.99)});
  return 0;
}

// Operations of stores that Redis has run so far: each is one script.
double StoreOperations(ProcessSite& site) {
  const std::string stats = site.redis()->Run({"INFO", "commandstats"});
  double count = 0;
  for (absl::string_view line : absl::StrSplit(stats, "\r\n")) {
    if (!absl::ConsumePrefix(&line, "cmdstat_evalsha:calls=")) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    if (absl::SimpleAtod(fields[0], &count)) return count;
  }
  return 0;
}

int MeasureOffline(ProcessSite& site) {
  site.programs().Stop("agent-0");
  // Until every gate has heard of it.
  std::this_thread::sleep_for(std::chrono::seconds(3));
  double idle = -StoreOperations(site);
  std::this_thread::sleep_for(std::chrono::duration<double>(kOfflineSeconds));
  idle += StoreOperations(site);
  const double before = StoreOperations(site);
  const double start = WallSeconds();
  std::atomic<int> refused{0};
  std::atomic<int> other{0};
  std::vector<std::thread> senders;
  senders.reserve(kSenders);
  for (int i = 0; i < kSenders; ++i) {
    senders.emplace_back([&] {
      while (WallSeconds() - start < kOfflineSeconds) {
        const auto answer = site.SubmitAt(0, 0, "camera.on");
        ++(ReasonOf(answer.status()) == reason::kGatewayOffline.name ? refused
                                                                     : other);
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  const double seconds = WallSeconds() - start;
  const double commands = StoreOperations(site) - before;
  if (other > 0) std::cerr << "mesh_bench: " << other << " other answers\n";
  PrintBenchLine({"mesh.offline.rate", refused / seconds, "1/s",
                  "wanted of one client", 3000});
  PrintBenchLine({"mesh.offline.store_operations", commands / seconds, "1/s",
                  "nobody asks", idle / kOfflineSeconds});
  site.programs().Restart("agent-0");
  return 0;
}

// Restarts of the rolling one, in their order: when each began.
struct Phase {
  absl::Time begin;
  std::string program;
};

// Stops and starts every process of the mesh in turn.
std::vector<Phase> RestartAll(ProcessSite& site) {
  std::vector<Phase> phases;
  for (const std::string& program : site.CountedPrograms()) {
    if (absl::StartsWith(program, "agent-")) continue;
    phases.push_back({SystemClock().Now(), program});
    site.programs().Stop(program);
    site.programs().Restart(program);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return phases;
}

// What was being restarted then, and for how long.
std::string PhaseOf(const std::vector<Phase>& phases, absl::Time time) {
  std::string last = "before the first restart";
  for (const Phase& phase : phases) {
    if (phase.begin > time) break;
    last = absl::StrCat(phase.program, " + ",
                        absl::FormatDuration(absl::Trunc(
                            time - phase.begin, absl::Milliseconds(1))));
  }
  return last;
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

// Of each that did not succeed: state, reason, and what was being restarted
// when it was submitted, acknowledged and ended.
void TellOfOthers(ProcessSite& site, const std::vector<Phase>& phases,
                  const std::vector<e2e::SteadyStream::Acknowledged>& asked,
                  const e2e::Ends& ends) {
  for (const e2e::SteadyStream::Acknowledged& one : asked) {
    const auto found =
        ends.states.find(std::string(absl::StripPrefix(one.name, "commands/")));
    if (found != ends.states.end() &&
        found->second == command_gate::v1::COMMAND_STATE_SUCCEEDED) {
      continue;
    }
    std::cerr << "mesh_bench: " << one.name << ", asked " << one.calls
              << " times, acknowledged at " << PhaseOf(phases, one.time);
    const auto record = site.WaitAt(0, one.name);
    if (!record.ok()) {
      std::cerr << ": " << record.status() << "\n";
      continue;
    }
    std::cerr << ", submitted at "
              << PhaseOf(phases, TimeOf(record->submit_time())) << ", ended at "
              << PhaseOf(phases, TimeOf(record->end_time())) << ": "
              << command_gate::v1::CommandState_Name(record->state()) << " "
              << record->reason() << " " << record->operation() << " for "
              << record->device() << "; " << record->ShortDebugString() << "\n";
  }
}

int MeasureRolling(ProcessSite& site) {
  e2e::SteadyStream::Options options;
  options.clients = kSenders;
  options.pause = kPause;
  options.gateways = kGateways;
  options.gates = kReplicas;
  const double start = WallSeconds();
  e2e::SteadyStream stream(site, options);
  const std::vector<Phase> phases = RestartAll(site);
  stream.Stop();
  const double seconds = WallSeconds() - start;
  const auto asked = stream.acknowledged();
  const e2e::Ends ends = e2e::EndsOf(site, kReplicas, asked,
                                     SystemClock().Now() + absl::Minutes(1));
  for (const auto& [reason, times] : stream.unanswered()) {
    std::cerr << "mesh_bench: " << times << " refused: " << reason << "\n";
  }
  TellOfOthers(site, phases, asked, ends);
  const int succeeded = ends.Count(command_gate::v1::COMMAND_STATE_SUCCEEDED);
  PrintBenchLine(
      {"mesh.rolling.rate", asked.size() / seconds, "1/s", "asked for", 100});
  PrintBenchLine({"mesh.rolling.lost",
                  static_cast<double>(asked.size()) - succeeded, "commands",
                  "acknowledged", static_cast<double>(asked.size())});
  if (asked.size() > static_cast<size_t>(succeeded)) std::cerr << site.Logs();
  return 0;
}

int Run(const std::function<bool(const std::string&)>& asked) {
  const bool forward = asked("mesh.forward.latency_p50_ms") ||
                       asked("mesh.forward.latency_p99_ms");
  const bool offline =
      asked("mesh.offline.rate") || asked("mesh.offline.store_operations");
  const bool rolling = asked("mesh.rolling.rate") || asked("mesh.rolling.lost");
  if (!forward && !offline && !rolling) return 0;
  ProcessSite::Options options;
  options.mesh = true;
  options.gateways = kGateways;
  options.gates = kReplicas;
  options.replicas = kReplicas;
  const auto site = ProcessSite::Start(options);
  if (!site.ok()) {
    std::cerr << "mesh_bench: " << site.status() << "\n";
    return 1;
  }
  int failed = 0;
  if (forward) failed += MeasureForward(**site);
  if (rolling) failed += MeasureRolling(**site);
  if (offline) failed += MeasureOffline(**site);
  return failed;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  return u2fi::load::Run([&](const std::string& name) {
    return u2fi::load::IsAskedFor(argc, argv, name);
  });
}
