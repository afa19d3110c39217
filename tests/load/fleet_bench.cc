// mesh.streams.idle_bytes: what one of 10,000 gateways' streams costs the
// replica of the gate that has them all; mesh.streams.connect_s: how long all
// of them took to connect to it. mesh.streams.reconnect_ratio: that replica is
// killed; the time until 99 % are at the other two, in units of the time in
// which 99 % connected first. The gateways are agents' links in four processes,
// and begin at one moment: power is back.
//   fleet_bench [PART OF A NAME [STREAMS]]
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/e2e/process_site.h"
#include "tests/load/bench_line.h"
#include "tests/load/fleet.h"
#include "tests/load/idle_streams.h"
#include "tests/load/interleaved.h"

namespace u2fi::load {
namespace {

constexpr int kStreams = 10'000;
constexpr int kFleets = 4;
constexpr int kReplicas = 3;
constexpr uint32_t kMemoryMib = 4096;
// The services' default.
constexpr uint32_t kAcceptsPerSecond = 200;
constexpr double kLimitSeconds = 600;
constexpr char kBytes[] = "mesh.streams.idle_bytes";
constexpr char kConnect[] = "mesh.streams.connect_s";
constexpr char kReconnect[] = "mesh.streams.reconnect_ratio";

int Connected(const std::vector<Fleet>& fleets) {
  int sum = 0;
  for (const Fleet& fleet : fleets) {
    const int connected = ConnectedOf(fleet);
    if (connected < 0) return -1;
    sum += connected;
  }
  return sum;
}

// Seconds until so many gateways are connected; negative if that takes too
// long.
double Until(const std::vector<Fleet>& fleets,
             const std::function<bool(int)>& done) {
  const double start = WallSeconds();
  while (!done(Connected(fleets))) {
    if (WallSeconds() - start > kLimitSeconds) {
      std::cerr << "fleet_bench: after " << kLimitSeconds << " s "
                << Connected(fleets) << " gateways are connected\n";
      return -1;
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  return WallSeconds() - start;
}

// Keys, certificates and records of all gateways.
absl::Status MakeGateways(e2e::ProcessSite& site, int streams) {
  const std::string& folder = site.ca().folder();
  std::vector<GatewayIdentity> identities;
  identities.reserve(streams);
  for (int i = 0; i < streams; ++i) {
    identities.push_back(MakeGatewayIdentity(site.ca(), absl::StrCat("g", i)));
    std::ofstream(absl::StrCat(folder, "/g", i, ".key")) << identities[i].key;
    std::ofstream(absl::StrCat(folder, "/g", i, ".crt"))
        << identities[i].certificate;
  }
  std::ofstream(folder + "/roots")
      << std::ifstream(site.ca().Files("service/challenge").roots).rdbuf();
  return CreateGateways(site.operators(), identities);
}

std::vector<Fleet> StartFleets(e2e::ProcessSite& site, int streams) {
  std::vector<Fleet> fleets;
  for (int i = 0; i < kFleets; ++i) {
    fleets.push_back(
        {site.ca().folder(), streams / kFleets * i, streams / kFleets});
    std::vector<std::string> words = WordsOf(fleets.back());
    words.insert(words.begin(), "/proc/self/exe");
    site.programs().Start(absl::StrCat("fleet-", i), words);
  }
  return fleets;
}

// The target that has the first `count` replicas.
std::string TargetOf(const e2e::ProcessSite& site, int count) {
  std::string target = "ipv4:";
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&target, i > 0 ? "," : "",
                    site.AddressOf(e2e::GateName(i)));
  }
  return target;
}

// Kills the replica that has all streams.
int MeasureReconnect(e2e::ProcessSite& site, const std::vector<Fleet>& fleets,
                     int streams, double first) {
  // Every agent knows all replicas, also the one that will be gone.
  TellGates(site.ca().folder(), TargetOf(site, kReplicas));
  absl::SleepFor(absl::Seconds(2));
  const double killed = WallSeconds();
  site.programs().Kill("command-gate");
  const auto gone = [&](int connected) { return connected < streams / 2; };
  const auto most = [&](int connected) {
    return connected >= streams / 100 * 99;
  };
  if (Until(fleets, gone) < 0 || Until(fleets, most) < 0) return 1;
  PrintBenchLine({kReconnect, (WallSeconds() - killed) / first,
                  "of the first time", "wanted", 2.5});
  return 0;
}

int Measure(e2e::ProcessSite& site, int streams, bool reconnect) {
  const absl::Status made = MakeGateways(site, streams);
  if (!made.ok()) {
    std::cerr << "fleet_bench: " << made << "\n";
    return 1;
  }
  const std::string& folder = site.ca().folder();
  const std::vector<Fleet> fleets = StartFleets(site, streams);
  const auto most = [&](int connected) {
    return connected >= streams / 100 * 99;
  };
  const auto all = [&](int connected) { return connected == streams; };
  if (Until(fleets, [](int connected) { return connected == 0; }) < 0) return 1;
  const pid_t gate = site.programs().PidOf("command-gate");
  const int64_t before = e2e::ResidentBytesOf(gate);
  TellGates(folder, TargetOf(site, 1));
  const double first = Until(fleets, most);
  const double rest = first < 0 ? -1 : Until(fleets, all);
  if (rest < 0) return 1;
  const auto bytes =
      static_cast<double>(e2e::ResidentBytesOf(gate) - before) / streams;
  PrintBenchLine({kBytes, bytes, "B", "wanted", 100e3});
  PrintBenchLine({kConnect, first + rest, "s", "99 % of them", first});
  return reconnect ? MeasureReconnect(site, fleets, streams, first) : 0;
}

// Files for the one gate that has all streams, and for a fleet that opens the
// next stream of each gateway before it leaves the last.
bool AllowFiles(int streams) {
  const rlim_t wanted = static_cast<rlim_t>(streams) + 4096;
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= wanted) return true;
  const rlimit more = {wanted, std::max(wanted, limit.rlim_max)};
  if (setrlimit(RLIMIT_NOFILE, &more) == 0) return true;
  std::cerr << "fleet_bench: a gate with " << streams << " streams needs "
            << wanted << " open files, and this shell allows " << limit.rlim_max
            << " (" << std::strerror(errno)
            << "); raise `ulimit -Hn`, or run it as root\n";
  return false;
}

int Run(int streams, bool reconnect) {
  if (!AllowFiles(streams)) return 1;
  e2e::ProcessSite::Options options;
  options.mesh = true;
  options.gateways = 0;
  options.gates = kReplicas;
  options.memory_mib = kMemoryMib;
  options.accepts_per_second = kAcceptsPerSecond;
  const auto site = e2e::ProcessSite::Start(options);
  if (!site.ok()) {
    std::cerr << "fleet_bench: " << site.status() << "\n";
    return 1;
  }
  const int failed = Measure(**site, streams, reconnect);
  if (failed != 0) std::cerr << (*site)->Logs();
  return failed;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) {
  if (u2fi::load::RunIfFleet(argc, argv)) return 0;
  const auto asked = [&](const char* name) {
    return u2fi::load::IsAskedFor(argc, argv, name);
  };
  const bool reconnect = asked(u2fi::load::kReconnect);
  const bool connect = asked(u2fi::load::kBytes) || asked(u2fi::load::kConnect);
  int streams = u2fi::load::kStreams;
  if (argc > 2 && !absl::SimpleAtoi(argv[2], &streams)) return 2;
  return connect || reconnect ? u2fi::load::Run(streams, reconnect) : 0;
}
