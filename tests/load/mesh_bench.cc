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
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
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

// What became of those that did not succeed.
void TellOfOthers(ProcessSite& site, const e2e::Ends& ends) {
  for (const auto& [id, state] : ends.states) {
    if (state == command_gate::v1::COMMAND_STATE_SUCCEEDED) continue;
    const auto ended = site.WaitAt(0, "commands/" + id);
    if (ended.ok()) {
      std::cerr << "mesh_bench: " << ended->ShortDebugString() << "\n";
    }
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
  for (const std::string& program : site.CountedPrograms()) {
    if (absl::StartsWith(program, "agent-")) continue;
    site.programs().Stop(program);
    site.programs().Restart(program);
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  stream.Stop();
  const double seconds = WallSeconds() - start;
  const auto asked = stream.acknowledged();
  const e2e::Ends ends = e2e::EndsOf(site, kReplicas, asked,
                                     SystemClock().Now() + absl::Minutes(1));
  for (const auto& [reason, times] : stream.unanswered()) {
    std::cerr << "mesh_bench: " << times << " refused: " << reason << "\n";
  }
  TellOfOthers(site, ends);
  const int succeeded = ends.Count(command_gate::v1::COMMAND_STATE_SUCCEEDED);
  PrintBenchLine(
      {"mesh.rolling.rate", asked.size() / seconds, "1/s", "asked for", 100});
  PrintBenchLine({"mesh.rolling.lost",
                  static_cast<double>(asked.size()) - succeeded, "commands",
                  "acknowledged", static_cast<double>(asked.size())});
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
