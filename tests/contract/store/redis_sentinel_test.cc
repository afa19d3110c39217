// One failover as Sentinel makes it: kill -9 of the master, and the store finds
// the new one by itself.
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/contract/store/redis_fixture.h"

namespace u2fi::store {
namespace {

// A Sentinel that watches one master and decides alone.
class Sentinel {
 public:
  Sentinel(int port, int master_port) {
    const std::string config = dir_.Join("sentinel.conf");
    std::ofstream(config) << "port " << port << "\nbind 127.0.0.1\n"
                          << "dir " << dir_.path() << "\n"
                          << "sentinel monitor u2fi 127.0.0.1 " << master_port
                          << " 1\n"
                          << "sentinel down-after-milliseconds u2fi 300\n"
                          << "sentinel failover-timeout u2fi 3000\n";
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{"/usr/bin/redis-sentinel", config},
        dir_.Join("log"));
  }

 private:
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

class RedisSentinelTest : public RedisFixture {};

TEST_F(RedisSentinelTest, FindsTheNewMasterAfterAFailover) {
  RedisServer master(ServerKind::kRedis), replica(ServerKind::kRedis);
  master.Start();
  replica.Start();
  replica.Run({"REPLICAOF", "127.0.0.1", absl::StrCat(master.port())});
  replica.RunUntil({"INFO", "replication"}, "master_link_status:up");
  master.RunUntil({"INFO", "replication"}, "state=online");
  const int port = FreePort();
  const Sentinel sentinel(port, master.port());

  RedisOptions options = master.Options();
  options.address = "";
  // The first one is away: the next is asked.
  options.sentinels = {absl::StrCat("127.0.0.1:", FreePort()),
                       absl::StrCat("127.0.0.1:", port)};
  options.master_name = "u2fi";
  options.replicas = 1;
  options.answer_timeout = absl::Seconds(4);
  ASSERT_TRUE(Eventually([&] { return Open(options).ok(); }));
  const std::unique_ptr<Store> store = MustOpen(options);
  StoreClient client(*store, partition_);
  const Epoch before = client.epoch();
  ASSERT_OK(client.Write("k", "v", Durability::kReplicated));
  // Sentinel learns of replicas every ten seconds.
  ASSERT_TRUE(Eventually([&] {
    return master.Run({"CLIENT", "LIST"}).find("sentinel") !=
               std::string::npos &&
           replica.Run({"CLIENT", "LIST"}).find("sentinel") !=
               std::string::npos;
  }));
  master.Kill();
  ASSERT_TRUE(Eventually([&] { return store->Now().ok(); }));
  EXPECT_EQ(client.Value("k"), "v");
  EXPECT_NE(client.epoch(), before);
  EXPECT_THAT(client.Replace(before, "k", client.Read("k").version, "w"),
              HasReason(reason::kStoreEpochChanged));
}

}  // namespace
}  // namespace u2fi::store
