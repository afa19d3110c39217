// A backup of Redis with its own tools, and the way back, exactly as
// deploy/README.md says it.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "tests/contract/store/child_process.h"
#include "tests/contract/store/redis_fixture.h"

namespace u2fi::store {
namespace {

constexpr char kClient[] = "/usr/bin/redis-cli";
constexpr char kChecker[] = "/usr/bin/redis-check-rdb";

class RedisBackupTest : public RedisFixture {
 protected:
  RedisBackupTest() { server_.Start(); }

  // 0 if all went well.
  int Do(const std::vector<std::string>& words) {
    return ChildProcess(words, folder_.Join("log")).Wait();
  }
  std::string file() const { return folder_.Join("backup.rdb"); }

  // The server that gets the backup, without an append-only file, until it has
  // made one.
  void Load(RedisServer& server) {
    std::filesystem::copy_file(file(), server.dir().Join("dump.rdb"));
    ChildProcess once(
        {BinaryOf(GetParam()), "--port", "0", "--unixsocket", server.socket(),
         "--dir", server.dir().path(), "--appendonly", "no", "--save", ""},
        server.dir().Join("log"));
    server.RunUntil({"PING"}, "PONG");
    server.RunUntil({"CONFIG", "SET", "appendonly", "yes"}, "OK");
    server.RunUntil({"INFO", "persistence"}, "aof_rewrite_in_progress:0");
  }

  TempDir folder_;
  RedisServer server_{GetParam()};
};

U2FI_FOR_BOTH_SERVERS(RedisBackupTest);

TEST_P(RedisBackupTest, WhatWasBackedUpIsThereUnderANewEpoch) {
  const std::unique_ptr<Store> before = MustOpen(server_.Options());
  StoreClient client(*before, partition_);
  ASSERT_OK(client.Write("k", "v"));
  const Epoch epoch = client.epoch();
  ASSERT_EQ(Do({kClient, "-s", server_.socket(), "--rdb", file()}), 0);
  if (GetParam() == ServerKind::kRedis) EXPECT_EQ(Do({kChecker, file()}), 0);
  ASSERT_OK(client.Write("later", "lost"));

  RedisServer target(GetParam());
  Load(target);
  target.Start();
  const std::unique_ptr<Store> after = MustOpen(target.Options());
  StoreClient restored(*after, partition_);
  EXPECT_EQ(restored.Value("k"), "v");
  EXPECT_FALSE(restored.Read("later").exists());
  EXPECT_NE(restored.epoch(), epoch);
  EXPECT_THAT(restored.Replace(epoch, "k", restored.Read("k").version, "w"),
              HasReason(reason::kStoreEpochChanged));
  // It is durable again: a kill loses nothing.
  ASSERT_OK(restored.Write("new", "kept", Durability::kDurable));
  target.Kill();
  target.Start();
  EXPECT_TRUE(Eventually([&] { return after->Now().ok(); }));
  EXPECT_EQ(restored.Value("new"), "kept");
}

TEST_P(RedisBackupTest, TheServerGoesOnMeanwhile) {
  const std::unique_ptr<Store> store = MustOpen(server_.Options());
  StoreClient client(*store, partition_);
  ASSERT_EQ(Do({kClient, "-s", server_.socket(), "--rdb", file()}), 0);
  // A server that never had a replica got a new replication id by it, so a new
  // epoch; one that has had one keeps it.
  const Epoch epoch = client.epoch();
  EXPECT_OK(client.Write("k", "v"));
  ASSERT_EQ(Do({kClient, "-s", server_.socket(), "--rdb", file()}), 0);
  EXPECT_EQ(client.epoch(), epoch);
  EXPECT_EQ(client.Value("k"), "v");
}

}  // namespace
}  // namespace u2fi::store
