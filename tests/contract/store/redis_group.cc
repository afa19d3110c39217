#include "tests/contract/store/redis_group.h"

#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/ports/free_port.h"

namespace u2fi::store {
namespace {

constexpr char kProgram[] = "/usr/bin/redis-sentinel";
constexpr int kSentinels = 3;
constexpr int kQuorum = 2;
// A Sentinel tries again after twice its failover-timeout, and a busy machine
// makes it try again.
constexpr absl::Duration kPatience = absl::Seconds(90);

// The numbers of the fields `name` in the text of INFO, one for each time that
// it stands there.
std::vector<int64_t> NumbersIn(absl::string_view info, absl::string_view name) {
  std::vector<int64_t> numbers;
  for (absl::string_view field :
       absl::StrSplit(info, absl::ByAnyChar(",\r\n"))) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(field, absl::MaxSplits(absl::ByAnyChar(":="), 1));
    int64_t number = 0;
    if (parts.first == name && absl::SimpleAtoi(parts.second, &number)) {
      numbers.push_back(number);
    }
  }
  return numbers;
}

}  // namespace

RedisGroup::Node::Node(const std::string& nowhere)
    : link(nowhere),
      server(ServerKind::kRedis,
             {"--replica-announce-ip", "127.0.0.1", "--replica-announce-port",
              absl::StrCat(link.port())}) {}

RedisGroup::RedisGroup(int replicas) {
  for (int i = 0; i <= replicas; ++i) {
    nodes_.push_back(std::make_unique<Node>(dir_.Join("nowhere")));
  }
  EXPECT_EQ(access(kProgram, X_OK), 0)
      << kProgram << " is missing: run tools/setup";
}

void RedisGroup::Start() {
  for (const auto& node : nodes_) {
    node->server.Start();
    node->link.SetTarget(node->server.socket());
    if (node != nodes_.front()) Replicate(*node);
  }
  for (int i = 0; i < kSentinels; ++i) {
    sentinels_.push_back({FreePort(), dir_.Join(absl::StrCat(i, ".conf")), {}});
    WriteConfig(sentinels_.back());
  }
  StartSentinels();
  for (const Sentinel& sentinel : sentinels_) {
    ASSERT_TRUE(Until([&] { return KnowsAll(sentinel); }))
        << Ask(sentinel, {"SENTINEL", "MASTER", kName});
  }
  CatchUp();
}

bool RedisGroup::Until(const std::function<bool()>& condition) {
  const absl::Time end = absl::Now() + kPatience;
  while (absl::Now() < end) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(20));
  }
  return condition();
}

void RedisGroup::Replicate(Node& replica) {
  replica.server.Run(
      {"REPLICAOF", "127.0.0.1", absl::StrCat(nodes_[master_]->link.port())});
  replica.server.RunUntil({"INFO", "replication"}, "master_link_status:up");
}

// They take their time before they call a server down, so that one on a busy
// machine is not replaced.
void RedisGroup::WriteConfig(Sentinel& sentinel) {
  std::ofstream(sentinel.config)
      << "port " << sentinel.port << "\nbind 127.0.0.1\n"
      << "dir " << dir_.path() << "\n"
      << "requirepass " << kSentinelPassword << "\n"
      << "sentinel sentinel-pass " << kSentinelPassword << "\n"
      << "sentinel monitor " << kName << " 127.0.0.1 "
      << nodes_[master_]->link.port() << " " << kQuorum << "\n"
      << "sentinel down-after-milliseconds " << kName << " 2000\n"
      << "sentinel failover-timeout " << kName << " 5000\n";
}

std::vector<std::string> RedisGroup::sentinels() const {
  std::vector<std::string> addresses;
  for (const Sentinel& sentinel : sentinels_) {
    addresses.push_back(absl::StrCat("127.0.0.1:", sentinel.port));
  }
  return addresses;
}

std::string RedisGroup::Ask(const Sentinel& sentinel,
                            const std::vector<std::string>& words) const {
  return AskRedis(absl::StrCat("127.0.0.1:", sentinel.port), words,
                  kSentinelPassword);
}

bool RedisGroup::KnowsAll(const Sentinel& sentinel) const {
  const std::string known = Ask(sentinel, {"SENTINEL", "MASTER", kName});
  return absl::StrContains(
             known, absl::StrCat("num-slaves\n", nodes_.size() - 1, "\n")) &&
         absl::StrContains(known, absl::StrCat("num-other-sentinels\n",
                                               kSentinels - 1, "\n"));
}

std::vector<RedisServer*> RedisGroup::Replicas() {
  std::vector<RedisServer*> replicas;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (i != master_ && nodes_[i]->server.running()) {
      replicas.push_back(&nodes_[i]->server);
    }
  }
  return replicas;
}

void RedisGroup::CatchUp() {
  const std::vector<int64_t> written =
      NumbersIn(master().Run({"INFO", "replication"}), "master_repl_offset");
  ASSERT_EQ(written.size(), 1u);
  const size_t replicas = Replicas().size();
  EXPECT_TRUE(Until([&] {
    size_t caught_up = 0;
    for (int64_t offset :
         NumbersIn(master().Run({"INFO", "replication"}), "offset")) {
      if (offset >= written[0]) ++caught_up;
    }
    return caught_up == replicas;
  })) << master().Run({"INFO", "replication"});
}

void RedisGroup::CutOffReplicas() {
  nodes_[master_]->link.SetMode(Proxy::Mode::kSwallowReplication);
}

bool RedisGroup::IsOnlyAtMaster(const std::string& key) {
  const std::string value = master().Run({"GET", key});
  for (RedisServer* replica : Replicas()) {
    if (replica->Run({"GET", key}) == value) return false;
  }
  return value != "(nil)";
}

void RedisGroup::KillMaster() { master().Kill(); }

int RedisGroup::NamedMaster() const {
  std::string named;
  for (const Sentinel& sentinel : sentinels_) {
    const std::string one =
        Ask(sentinel, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kName});
    if (!named.empty() && one != named) return -1;
    named = one;
  }
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (named == absl::StrCat("127.0.0.1\n", nodes_[i]->link.port(), "\n")) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

void RedisGroup::AwaitNewMaster() {
  const int before = static_cast<int>(master_);
  int now = before;
  ASSERT_TRUE(Until([&] {
    now = NamedMaster();
    return now >= 0 && now != before &&
           absl::StartsWith(nodes_[now]->server.Run({"ROLE"}), "master");
  })) << "nobody was promoted";
  master_ = static_cast<size_t>(now);
}

void RedisGroup::FailOver() {
  KillMaster();
  AwaitNewMaster();
}

void RedisGroup::StopSentinels() {
  for (Sentinel& sentinel : sentinels_) sentinel.process.reset();
}

void RedisGroup::StartSentinels() {
  for (Sentinel& sentinel : sentinels_) {
    sentinel.process = std::make_unique<ChildProcess>(
        std::vector<std::string>{kProgram, sentinel.config},
        sentinel.config + ".log");
  }
}

}  // namespace u2fi::store
