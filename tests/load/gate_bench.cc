// What one critical command costs, with every program a process of its own and
// a token that touches itself.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/types/optional.h"
#include "services/common/crypto/bare_ecdsa.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/process_site.h"
#include "tests/load/bench_line.h"
#include "tests/load/disk_sync.h"

namespace u2fi::load {
namespace {

using e2e::ProcessSite;
using SteadyClock = std::chrono::steady_clock;

constexpr int kGateways = 12;
constexpr int kInFlight = 32;
constexpr int kWarmUp = 200;
constexpr int kCommands = 3000;
constexpr int kSingle = 300;
constexpr int kHalfLoad = 1500;
constexpr int kBatch = 1000;
constexpr int kBatchCameras = 20;
constexpr double kBatchLimit = 30;

double Seconds(SteadyClock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Seconds that one bare P-256 verification takes on one core, now.
double BareVerification() {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  const crypto::Digest digest = crypto::Sha256("a command");
  const std::string signature = key.Sign(digest);
  const crypto::BareEcdsa bare(key.public_key().point());
  std::vector<double> taken;
  for (int i = 0; i < 2000; ++i) {
    const auto start = SteadyClock::now();
    if (!bare.Verify(digest, signature)) std::abort();
    taken.push_back(Seconds(SteadyClock::now() - start));
  }
  // The median: others use this machine too.
  std::nth_element(taken.begin(), taken.begin() + 1000, taken.end());
  return taken[1000];
}

// Runs one command to its end; false if it did not succeed.
bool RunOne(ProcessSite& site, int gateway) {
  const auto submitted = site.Submit(gateway, "camera.on");
  if (!submitted.ok()) {
    std::cerr << "gate_bench: " << submitted.status() << "\n";
    return false;
  }
  const auto ended = site.Wait(submitted->name());
  const bool done =
      ended.ok() && ended->state() == command_gate::v1::COMMAND_STATE_SUCCEEDED;
  if (!done) {
    std::cerr << "gate_bench: "
              << (ended.ok() ? ended->ShortDebugString()
                             : ended.status().ToString())
              << "\n";
  }
  return done;
}

// Runs `count` commands, kInFlight at a time; how many failed.
int RunMany(ProcessSite& site, int count) {
  std::atomic<int> left{count};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(kInFlight);
  for (int i = 0; i < kInFlight; ++i) {
    threads.emplace_back([&, i] {
      while (left.fetch_sub(1) > 0) {
        if (!RunOne(site, i % kGateways)) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return failed;
}

// What the counted programs have used so far.
struct Used {
  double services_seconds = 0;
  double agents_seconds = 0;
  double switches = 0;
};

Used UsedBy(ProcessSite& site) {
  Used used;
  for (const std::string& name : site.CountedPrograms()) {
    const pid_t pid = site.programs().PidOf(name);
    const double seconds = absl::ToDoubleSeconds(e2e::CpuOf(pid));
    const bool agent = absl::StartsWith(name, "agent-");
    (agent ? used.agents_seconds : used.services_seconds) += seconds;
    used.switches += static_cast<double>(e2e::SwitchesOf(pid));
  }
  return used;
}

double Quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(part * (values.size() - 1))];
}

void MeasureCpu(ProcessSite& site, const std::string& prefix) {
  const double bare = BareVerification();
  const Used before = UsedBy(site);
  const auto start = SteadyClock::now();
  const int failed = RunMany(site, kCommands);
  const double wall = Seconds(SteadyClock::now() - start);
  const Used after = UsedBy(site);
  const double services = after.services_seconds - before.services_seconds;
  const double agents = after.agents_seconds - before.agents_seconds;
  if (failed > 0) std::cerr << "gate_bench: " << failed << " failed\n";
  PrintBenchLine({prefix + ".rate", kCommands / wall, "1/s",
                  "bare P-256 verifications of one core", 1 / bare});
  const auto print = [&](const char* name, double seconds) {
    PrintBenchLine({prefix + name, seconds / kCommands * 1e6, "us",
                    "one bare P-256 verification", bare * 1e6});
  };
  print(".cpu_us", services + agents);
  print(".services_cpu_us", services);
  print(".agents_cpu_us", agents);
  PrintBenchLine({prefix + ".switches",
                  (after.switches - before.switches) / kCommands, "1",
                  "one command", 1});
}

void MeasureLatency(ProcessSite& site, const std::string& prefix) {
  const store::TempDir folder;
  DiskSync disk(folder.Join("sync"));
  std::vector<double> commands;
  std::vector<double> syncs;
  for (int i = 0; i < kSingle; ++i) {
    const auto start = SteadyClock::now();
    if (!RunOne(site, 0)) continue;
    commands.push_back(Seconds(SteadyClock::now() - start) * 1e3);
    const auto sync_start = SteadyClock::now();
    for (int j = 0; j < 4; ++j) disk.AppendAndSync();
    syncs.push_back(Seconds(SteadyClock::now() - sync_start) * 1e3);
  }
  const std::string baseline = "four fdatasyncs after appending 4 KiB each";
  PrintBenchLine({prefix + ".latency_p50_ms", Quantile(commands, 0.5), "ms",
                  baseline + ", p50", Quantile(syncs, 0.5)});
  PrintBenchLine({prefix + ".latency_p99_ms", Quantile(commands, 0.99), "ms",
                  baseline + ", p99", Quantile(syncs, 0.99)});
}

// Runs `count` commands that begin at `rate` a second, whatever became of those
// before; how long each took in ms, from when it was to begin.
std::vector<double> RunAt(ProcessSite& site, double rate, int count) {
  std::atomic<int> next{0};
  std::vector<double> taken(static_cast<size_t>(count));
  const auto start = SteadyClock::now();
  std::vector<std::thread> threads;
  threads.reserve(kInFlight);
  for (int i = 0; i < kInFlight; ++i) {
    threads.emplace_back([&] {
      for (int k = next++; k < count; k = next++) {
        const auto begin =
            start + std::chrono::duration_cast<SteadyClock::duration>(
                        std::chrono::duration<double>(k / rate));
        std::this_thread::sleep_until(begin);
        if (!RunOne(site, k % kGateways)) continue;
        taken[static_cast<size_t>(k)] =
            Seconds(SteadyClock::now() - begin) * 1e3;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return taken;
}

// What single fdatasyncs take in ms while `work` runs.
std::vector<double> SyncsDuring(const std::function<void()>& work) {
  const store::TempDir folder;
  DiskSync disk(folder.Join("sync"));
  std::atomic<bool> done{false};
  std::vector<double> syncs;
  std::thread syncing([&] {
    while (!done) {
      const auto start = SteadyClock::now();
      disk.AppendAndSync();
      syncs.push_back(Seconds(SteadyClock::now() - start) * 1e3);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  work();
  done = true;
  syncing.join();
  return syncs;
}

// At half of what it can do.
void MeasureHalfLoad(ProcessSite& site, const std::string& prefix) {
  const auto start = SteadyClock::now();
  if (RunMany(site, kHalfLoad) > 0) return;
  const double rate = kHalfLoad / Seconds(SteadyClock::now() - start) / 2;
  std::vector<double> commands;
  const std::vector<double> syncs =
      SyncsDuring([&] { commands = RunAt(site, rate, kHalfLoad); });
  PrintBenchLine({prefix + ".half_load.latency_p50_ms", Quantile(commands, 0.5),
                  "ms", "wanted", 5});
  PrintBenchLine({prefix + ".half_load.latency_p99_ms",
                  Quantile(commands, 0.99), "ms",
                  "5 ms and four times the p99 of one fdatasync",
                  5 + 4 * Quantile(syncs, 0.99)});
}

void MeasureIdleAgent(ProcessSite& site) {
  std::this_thread::sleep_for(std::chrono::seconds(1));
  constexpr double kMiB = 1 << 20;
  PrintBenchLine(
      {"agent.idle_rss",
       e2e::ResidentBytesOf(site.programs().PidOf("agent-0")) / kMiB, "MiB",
       "the soft token's process",
       e2e::ResidentBytesOf(site.programs().PidOf("token-0")) / kMiB});
}

// How many commands of the batch are at least as far as `state`.
int CountFrom(const command_gate::v1::BatchRecord& batch,
              command_gate::v1::CommandState state) {
  int count = 0;
  for (const auto& entry : batch.counts()) {
    if (entry.state() >= state) count += static_cast<int>(entry.count());
  }
  return count;
}

struct BatchTimes {
  // Seconds from the submission, with the touch, until the last device has
  // begun, and until the last command has ended.
  double begun = 0;
  double ended = 0;
};

// A batch of kBatch commands; nothing if it did not succeed as a whole.
absl::optional<BatchTimes> RunBatch(ProcessSite& site) {
  using command_gate::v1::COMMAND_STATE_SUCCEEDED;
  BatchTimes times;
  const auto start = SteadyClock::now();
  const auto submitted = site.SubmitBatch(0, "camera.on", kBatch);
  while (submitted.ok() && Seconds(SteadyClock::now() - start) < kBatchLimit) {
    const bool all_begun = site.Executions(0, "camera.on").size() >= kBatch;
    const auto now = SteadyClock::now();
    if (times.begun == 0 && all_begun) times.begun = Seconds(now - start);
    if (all_begun) {
      // Reads every command of the batch: not before it is needed.
      const auto batch = site.GetBatch(submitted->name());
      times.ended = Seconds(SteadyClock::now() - start);
      if (batch.ok() && batch->counts_size() == 1 &&
          CountFrom(*batch, COMMAND_STATE_SUCCEEDED) == kBatch) {
        return times;
      }
    }
    // Looking costs the cores that are measured.
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::cerr << "gate_bench: the batch did not succeed: " << submitted.status()
            << "\n";
  return {};
}

int MeasureBatch() {
  const auto site =
      ProcessSite::Start({/*mesh=*/false, /*gateways=*/1, kBatchCameras});
  if (!site.ok()) {
    std::cerr << "gate_bench: " << site.status() << "\n";
    return 1;
  }
  const double bare = BareVerification();
  const std::string baseline = "1,000 bare P-256 verifications of one core";
  const auto times = RunBatch(**site);
  if (!times.has_value()) return 1;
  PrintBenchLine({"batch.dispatch_ms", times->begun * 1e3, "ms", baseline,
                  bare * kBatch * 1e3});
  PrintBenchLine({"batch.end_ms", times->ended * 1e3, "ms", baseline,
                  bare * kBatch * 1e3});
  return 0;
}

int Run(bool mesh, const std::function<bool(const std::string&)>& asked) {
  const std::string prefix = mesh ? "gate.mesh" : "gate.standalone";
  const bool load = asked(prefix + ".rate") || asked(prefix + ".cpu_us");
  const bool latency =
      asked(prefix + ".latency_p50_ms") || asked(prefix + ".latency_p99_ms");
  const bool half = asked(prefix + ".half_load.latency_p50_ms") ||
                    asked(prefix + ".half_load.latency_p99_ms");
  const bool idle = !mesh && asked("agent.idle_rss");
  if (!load && !latency && !half && !idle) return 0;
  const auto site = ProcessSite::Start({mesh, kGateways});
  if (!site.ok()) {
    std::cerr << "gate_bench: " << site.status() << "\n";
    return 1;
  }
  if (idle) MeasureIdleAgent(**site);
  if (RunMany(**site, kWarmUp) > 0) return 1;
  if (load) MeasureCpu(**site, prefix);
  if (latency) MeasureLatency(**site, prefix);
  if (half) MeasureHalfLoad(**site, prefix);
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  const auto asked = [&](const std::string& name) {
    return u2fi::load::IsAskedFor(argc, argv, name);
  };
  int failed = 0;
  if (asked("batch.dispatch_ms") || asked("batch.end_ms")) {
    failed += u2fi::load::MeasureBatch();
  }
  failed += u2fi::load::Run(false, asked);
  return failed + u2fi::load::Run(true, asked);
}
