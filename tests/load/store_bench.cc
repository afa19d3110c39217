// store.redis.commit_rate, store.sqlite.commit_rate: durable commits of 32
// callers, each of one new 300-byte record on condition that it does not exist,
// beside redis-benchmark with 32 clients that run the same script with the same
// payload on a server with the same fsync policy (always).
// store.commit_p99_ms: one durable commit of one caller on SQLite, beside one
// fdatasync after an append of 4 KiB, in turn with it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/random/system_random.h"
#include "services/common/store/redis_codec.h"
#include "services/common/store/redis_store.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/redis_server.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/load/bench_line.h"

namespace u2fi::load {
namespace {

using store::CommitRequest;
using store::Durability;
using store::Partition;
using store::RedisServer;
using store::ServerKind;
using store::Store;
using store::TempDir;

constexpr int kCallers = 32;
constexpr int kCommits = 16000;
constexpr int kRounds = 5;
constexpr int kSingles = 2000;
constexpr size_t kValueSize = 300;
constexpr char kCommitId[] = "benchmark-commit";
constexpr char kRateBaseline[] =
    "redis-benchmark, 32 clients, same script, payload and fsync policy";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "store_bench: %s\n", why.c_str());
  std::exit(1);
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

Partition Place() { return Partition::Make("bench", "tenant").value(); }

CommitRequest NewRecord(const store::Epoch& epoch, const std::string& key) {
  return {epoch,
          {{key, store::kAbsent}},
          {{key, std::string(kValueSize, 'v')}},
          {},
          Durability::kDurable};
}

// Commits a second, by kCallers threads.
double CommitRate(Store& engine, int round) {
  const store::Epoch epoch = engine.Get(Place(), {}).value().epoch;
  std::atomic<int> next{0};
  const auto call = [&] {
    for (int i = next++; i < kCommits; i = next++) {
      const auto version = engine.Commit(
          Place(), NewRecord(epoch, absl::StrCat("r", round, "/", i)));
      if (!version.ok()) Die(version.status().ToString());
    }
  };
  return kCommits / Seconds([&] {
           std::vector<std::thread> callers;
           callers.reserve(kCallers);
           for (int i = 0; i < kCallers; ++i) callers.emplace_back(call);
           for (std::thread& caller : callers) caller.join();
         });
}

int Records(RedisServer& server) {
  int records = 0;
  return absl::SimpleAtoi(server.Run({"DBSIZE"}), &records) ? records : 0;
}

// Runs redis-benchmark with the words that our store sends for a commit; its
// random number makes each key new.
double BaselineRate(RedisServer& server) {
  const std::string info = server.Run({"INFO", "replication"});
  const size_t at = info.find("master_replid:");
  const store::ScriptCall call = store::CommitCall(
      store::RedisLayout("u2fi:", Place()),
      NewRecord(info.substr(at + 14, 40), "b__rand_int__"), kCommitId);
  std::vector<std::string> words = {"redis-benchmark",
                                    "-s",
                                    server.socket(),
                                    "-c",
                                    absl::StrCat(kCallers),
                                    "-n",
                                    absl::StrCat(kCommits),
                                    "-r",
                                    "1000000000",
                                    "--csv",
                                    "EVALSHA",
                                    store::ShaOf(call.script),
                                    absl::StrCat(call.keys.size())};
  words.insert(words.end(), call.keys.begin(), call.keys.end());
  words.insert(words.end(), call.arguments.begin(), call.arguments.end());
  // Of the same size, but without the zero bytes that an argument cannot have:
  // the version that it replaces is not known. No expiry is all bits set.
  words.back() = store::RecordTail(store::kReplacedUnknown, kCommitId, 0,
                                   std::string(kValueSize, 'v'));
  const TempDir dir;
  std::string line;
  for (const std::string& word : words) absl::StrAppend(&line, "'", word, "' ");
  absl::StrAppend(&line, ">", dir.Join("out"));
  const int before = Records(server);
  if (std::system(line.c_str()) != 0) Die("redis-benchmark failed");
  // A refused commit is quicker: all but a few doubles must have been written.
  if (Records(server) - before < kCommits * 99 / 100) Die("nothing measured");
  std::ifstream file(dir.Join("out"));
  const std::string out(std::istreambuf_iterator<char>(file), {});
  // The last line ends in seven numbers in quotes; the rate is the first.
  const std::vector<std::string> fields =
      absl::StrSplit(absl::StripSuffix(out, "\n"), ',');
  double rate = 0;
  if (fields.size() < 7 ||
      !absl::SimpleAtod(
          absl::StripSuffix(absl::StripPrefix(fields[fields.size() - 7], "\""),
                            "\""),
          &rate)) {
    Die("redis-benchmark said: " + out);
  }
  return rate;
}

// The two in turn; the figures are those of the median round by ratio.
void MeasureRate(const std::string& name, Store& engine, RedisServer& server) {
  std::vector<std::pair<double, double>> rounds;
  CommitRate(engine, 0);
  for (int i = 1; i <= kRounds; ++i) {
    const double ours = CommitRate(engine, i);
    rounds.emplace_back(ours, BaselineRate(server));
  }
  std::sort(rounds.begin(), rounds.end(), [](const auto& a, const auto& b) {
    return a.first * b.second < b.first * a.second;
  });
  const auto& [ours, baseline] = rounds[kRounds / 2];
  PrintBenchLine({name, ours, "1/s", kRateBaseline, baseline});
}

std::unique_ptr<RedisServer> StartRedis() {
  auto server = std::make_unique<RedisServer>(
      ServerKind::kRedis,
      std::vector<std::string>{"--auto-aof-rewrite-percentage", "0"});
  server->Start();
  return server;
}

std::unique_ptr<Store> OpenRedis(const RedisServer& server) {
  store::RedisOptions options;
  options.address = server.address();
  auto opened = OpenRedisStore(options, SystemClock(), SystemRandom());
  if (!opened.ok()) Die(opened.status().ToString());
  return std::move(opened->store);
}

std::unique_ptr<Store> OpenSqlite(const TempDir& dir) {
  store::SqliteOptions options;
  options.path = dir.Join("store.db");
  auto opened = OpenSqliteStore(options, SystemClock(), SystemRandom());
  if (!opened.ok()) Die(opened.status().ToString());
  return std::move(opened->store);
}

void MeasureRedis() {
  const std::unique_ptr<RedisServer> server = StartRedis();
  const std::unique_ptr<Store> engine = OpenRedis(*server);
  MeasureRate("store.redis.commit_rate", *engine, *server);
}

void MeasureSqlite() {
  const std::unique_ptr<RedisServer> server = StartRedis();
  // Loads the scripts.
  const std::unique_ptr<Store> redis = OpenRedis(*server);
  const TempDir dir;
  const std::unique_ptr<Store> engine = OpenSqlite(dir);
  MeasureRate("store.sqlite.commit_rate", *engine, *server);
}

double P99(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() * 99 / 100] * 1000;
}

void MeasureP99() {
  const TempDir dir;
  const std::unique_ptr<Store> engine = OpenSqlite(dir);
  const store::Epoch epoch = engine->Get(Place(), {}).value().epoch;
  const int fd = open(dir.Join("plain").c_str(), O_WRONLY | O_CREAT, 0600);
  const std::string page(4096, 'p');
  std::vector<double> commits, syncs;
  for (int i = 0; i < kSingles; ++i) {
    commits.push_back(Seconds([&] {
      const auto version =
          engine->Commit(Place(), NewRecord(epoch, absl::StrCat("s/", i)));
      if (!version.ok()) Die(version.status().ToString());
    }));
    syncs.push_back(Seconds([&] {
      if (write(fd, page.data(), page.size()) < 0 || fdatasync(fd) != 0) {
        Die("fdatasync failed");
      }
    }));
  }
  close(fd);
  PrintBenchLine({"store.commit_p99_ms", P99(commits), "ms",
                  "p99 of one fdatasync after appending 4 KiB", P99(syncs)});
}

int Main(int argc, char** argv) {
  if (IsAskedFor(argc, argv, "store.redis.commit_rate")) MeasureRedis();
  if (IsAskedFor(argc, argv, "store.sqlite.commit_rate")) MeasureSqlite();
  if (IsAskedFor(argc, argv, "store.commit_p99_ms")) MeasureP99();
  return 0;
}

}  // namespace
}  // namespace u2fi::load

int main(int argc, char** argv) { return u2fi::load::Main(argc, argv); }
