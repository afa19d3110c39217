// `u2fi backup` and `u2fi restore` with real servers: what holds when all goes
// well. redis_backup_failure_test has the rest.
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "tests/contract/store/backup_fixture.h"
#include "tests/contract/store/redis_tls_server.h"

namespace u2fi::store {
namespace {

class RedisBackupTest : public BackupFixture {
 protected:
  RedisBackupTest() { server_.Start(); }

  RedisServer server_{GetParam()};
};

U2FI_FOR_BOTH_SERVERS(RedisBackupTest);

TEST_P(RedisBackupTest, WhatWasBackedUpIsThereUnderANewEpoch) {
  const std::unique_ptr<Store> before = MustOpen(server_.Options());
  StoreClient client(*before, partition_);
  // More than goes over the wire at once.
  const std::string large(200'000, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_OK(client.Write(absl::StrCat(i), large));
  ASSERT_OK(client.Write("k", "v"));
  const Epoch epoch = client.epoch();
  ASSERT_OK(BackUp(server_));
  ASSERT_OK(client.Write("later", "lost"));

  RedisServer target(GetParam());
  target.Start();
  ASSERT_OK(Restore(target));
  const std::unique_ptr<Store> after = MustOpen(target.Options());
  StoreClient restored(*after, partition_);
  EXPECT_EQ(restored.Value("k"), "v");
  EXPECT_EQ(restored.Value("7"), large);
  EXPECT_FALSE(restored.Read("later").exists());
  EXPECT_NE(restored.epoch(), epoch);
  EXPECT_THAT(restored.Replace(epoch, "k", restored.Read("k").version, "w"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_P(RedisBackupTest, WhatWasRestoredOutlivesAKill) {
  server_.Run({"SET", "k", "v"});
  ASSERT_OK(BackUp(server_));
  RedisServer target(GetParam());
  target.Start();
  ASSERT_OK(Restore(target));
  target.Run({"SET", "new", "kept"});
  target.Kill();
  target.Start();
  EXPECT_EQ(target.Run({"GET", "k"}), "v");
  EXPECT_EQ(target.Run({"GET", "new"}), "kept");
}

TEST_P(RedisBackupTest, OnlyTheFirstBackupChangesTheEpoch) {
  const std::string first = Replid(server_);
  ASSERT_OK(BackUp(server_));
  const std::string second = Replid(server_);
  EXPECT_NE(second, first);
  EXPECT_THAT(said_.str(), testing::HasSubstr("a new epoch"));
  said_.str("");
  std::filesystem::remove(file());
  ASSERT_OK(BackUp(server_));
  EXPECT_EQ(Replid(server_), second);
  EXPECT_THAT(said_.str(), Not(testing::HasSubstr("a new epoch")));
}

TEST_P(RedisBackupTest, TheServerStoresNoCopyItself) {
  ASSERT_OK(BackUp(server_));
  EXPECT_FALSE(std::filesystem::exists(server_.dir().Join("dump.rdb")));
}

TEST_P(RedisBackupTest, AServerThatStoresTheSnapshotFirstWillDo) {
  server_.Run({"CONFIG", "SET", "repl-diskless-sync", "no"});
  server_.Run({"SET", "k", "v"});
  // Long enough for newlines, which say that it is at work.
  server_.Run({"CONFIG", "SET", "rdb-key-save-delay", "2500000"});
  ASSERT_OK(BackUp(server_));
  server_.Run({"CONFIG", "SET", "rdb-key-save-delay", "0"});
  server_.Run({"SET", "k", "after"});
  ASSERT_OK(Restore(server_, /*replace=*/true));
  EXPECT_EQ(server_.Run({"GET", "k"}), "v");
}

TEST_P(RedisBackupTest, TheServerGoesOnMeanwhile) {
  server_.Run({"SET", "k", "v"});
  server_.Run({"CONFIG", "SET", "rdb-key-save-delay", "1000000"});
  absl::Status status;
  std::thread backup([&] { status = BackUp(server_); });
  server_.RunUntil({"INFO", "persistence"}, "rdb_bgsave_in_progress:1");
  EXPECT_EQ(server_.Run({"SET", "k", "after"}), "OK");
  backup.join();
  ASSERT_OK(status);
  RedisServer target(GetParam());
  target.Start();
  ASSERT_OK(Restore(target));
  EXPECT_EQ(target.Run({"GET", "k"}), "v");
}

TEST_P(RedisBackupTest, ReplaceKeepsWhatWasThere) {
  server_.Run({"SET", "k", "old"});
  ASSERT_OK(BackUp(server_));
  server_.Run({"SET", "k", "new"});
  ASSERT_OK(Restore(server_, /*replace=*/true));
  EXPECT_EQ(server_.Run({"GET", "k"}), "old");
  // And that is a backup, too.
  ASSERT_OK(RestoreFile(server_, file() + ".before-restore", true));
  EXPECT_EQ(server_.Run({"GET", "k"}), "new");
}

TEST_P(RedisBackupTest, ReplicasFollow) {
  server_.Run({"SET", "k", "v"});
  ASSERT_OK(BackUp(server_));
  RedisServer target(GetParam());
  RedisServer replica(GetParam());
  target.Start();
  replica.Start();
  replica.Run({"REPLICAOF", "127.0.0.1", absl::StrCat(target.port())});
  replica.RunUntil({"INFO", "replication"}, "master_link_status:up");
  ASSERT_OK(Restore(target));
  replica.RunUntil({"GET", "k"}, "v");
}

TEST_P(RedisBackupTest, APasswordIsGiven) {
  const std::string password = folder_.Join("password");
  ASSERT_OK(WriteFileDurably(password, "secret\n", 0600));
  // The server shows it to its master, too.
  RedisServer closed(GetParam(),
                     {"--requirepass", "secret", "--masterauth", "secret"});
  closed.Start();
  EXPECT_THAT(BackUp(closed), HasReason(reason::kStoreUnavailable));
  access_.password_file = password;
  ASSERT_OK(BackUp(closed));
  ASSERT_OK(Restore(closed));
}

TEST_P(RedisBackupTest, TheseRightsAreEnough) {
  server_.Run({"ACL", "SETUSER", "backup", "on", "nopass", "-@all", "+sync",
               "+replconf", "+info"});
  server_.Run({"ACL", "SETUSER", "restore", "on", "nopass", "-@all", "+sync",
               "+replconf", "+info", "+replicaof"});
  const std::string password = folder_.Join("password");
  ASSERT_OK(WriteFileDurably(password, "any", 0600));
  access_.password_file = password;
  access_.user = "backup";
  ASSERT_OK(BackUp(server_));
  server_.Run({"SET", "k", "v"});
  EXPECT_THAT(Restore(server_, true), HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(server_.Run({"GET", "k"}), "v");
  std::filesystem::remove(file() + ".before-restore");
  access_.user = "restore";
  ASSERT_OK(Restore(server_, true));
}

class RedisTlsBackupTest : public BackupFixture {
 protected:
  void SetUp() override {
    server_.Start();
    access_.url = absl::StrCat("rediss://127.0.0.1:", server_.tls_port());
    access_.ca_file = server_.cert();
    access_.cert_file = server_.cert();
    access_.key_file = server_.key();
    server_.server().Run({"SET", "k", "v"});
    options_ = cli::ToOptions(access_).value();
    ASSERT_OK(cli::BackUpRedis(options_, file(), patience_, output_));
    server_.server().Run({"DEL", "k"});
  }

  absl::Status Restore() {
    return cli::RestoreRedis({file(), options_, false, "", patience_},
                             SystemRandom(), output_);
  }

  RedisTlsServer server_{GetParam()};
  RedisOptions options_;
};

U2FI_FOR_BOTH_SERVERS(RedisTlsBackupTest);

TEST_P(RedisTlsBackupTest, WorksOverTls) {
  ASSERT_OK(Restore());
  EXPECT_EQ(server_.server().Run({"GET", "k"}), "v");
}

TEST_P(RedisTlsBackupTest, AServerThatWantsTlsOfItsMasterIsToldWhatToDo) {
  server_.server().Run({"CONFIG", "SET", "tls-replication", "yes"});
  patience_ = absl::Seconds(5);
  const absl::Status refused = Restore();
  EXPECT_THAT(refused, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(refused.message(),
              testing::HasSubstr("CONFIG SET tls-replication no"));
  server_.server().Run({"CONFIG", "SET", "tls-replication", "no"});
  patience_ = absl::Seconds(30);
  ASSERT_OK(Restore());
}

}  // namespace
}  // namespace u2fi::store
