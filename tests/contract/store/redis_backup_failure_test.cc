// `u2fi backup` and `u2fi restore` when something is wrong: no file that only
// looks like a backup, and a server that is a master and has what it had.
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "tests/contract/store/backup_fixture.h"
#include "tests/contract/store/hostile_server.h"
#include "tools/u2fi/rdb_check.h"

namespace u2fi::store {
namespace {

using testing::HasSubstr;

constexpr size_t kMaxFile = 1 << 20;

class RedisBackupFailureTest : public BackupFixture {
 protected:
  RedisBackupFailureTest() {
    server_.Start();
    server_.Run({"SET", "k", "v"});
  }

  // What is in the folder of backups.
  size_t Files() const {
    const std::filesystem::directory_iterator files(folder_.path());
    return static_cast<size_t>(std::distance(begin(files), end(files)));
  }
  // Nobody has touched the server since it had this epoch.
  void ExpectUnchanged(const std::string& replid) {
    EXPECT_EQ(Replid(server_), replid);
    EXPECT_EQ(server_.Run({"GET", "k"}), "v");
  }
  // A file of the newest format there will ever be.
  void WriteFromTheFuture() {
    std::string bytes = "REDIS9999\xff";
    const uint64_t crc = cli::Crc64(0, bytes);
    for (int i = 0; i < 8; ++i) bytes += static_cast<char>(crc >> (8 * i));
    ASSERT_OK(WriteFileDurably(file(), bytes, 0600));
  }

  RedisServer server_{GetParam()};
};

U2FI_FOR_BOTH_SERVERS(RedisBackupFailureTest);

TEST_P(RedisBackupFailureTest, ABackupReplacesNoFile) {
  ASSERT_OK(WriteFileDurably(file(), "mine", 0600));
  EXPECT_THAT(BackUp(server_), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(ReadFile(file(), kMaxFile).value(), "mine");
}

TEST_P(RedisBackupFailureTest, AReplicaIsNotBackedUp) {
  server_.Run({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(BackUp(server_), HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(Files(), 0u);
}

TEST_P(RedisBackupFailureTest, AServerThatDiesLeavesNoFile) {
  server_.Run({"CONFIG", "SET", "rdb-key-save-delay", "3000000"});
  absl::Status status;
  std::thread backup([&] { status = BackUp(server_); });
  server_.RunUntil({"INFO", "persistence"}, "rdb_bgsave_in_progress:1");
  server_.Kill();
  backup.join();
  EXPECT_THAT(status, HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(Files(), 0u);
}

TEST_P(RedisBackupFailureTest, AFileThatIsNotWholeIsRefused) {
  ASSERT_OK(BackUp(server_));
  const std::string replid = Replid(server_);
  std::filesystem::resize_file(file(), std::filesystem::file_size(file()) - 1);
  EXPECT_THAT(Restore(server_, true), HasReason(reason::kStoreCorrupt));
  ExpectUnchanged(replid);
}

TEST_P(RedisBackupFailureTest, AFileThatWasChangedIsRefused) {
  ASSERT_OK(BackUp(server_));
  const std::string replid = Replid(server_);
  std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(20);
  bytes.put('?');
  bytes.close();
  EXPECT_THAT(Restore(server_, true), HasReason(reason::kStoreCorrupt));
  ExpectUnchanged(replid);
}

TEST_P(RedisBackupFailureTest, AServerThatHoldsSomethingIsRefused) {
  ASSERT_OK(BackUp(server_));
  const std::string replid = Replid(server_);
  EXPECT_THAT(Restore(server_), HasReason(reason::kStoreInUse));
  ExpectUnchanged(replid);
}

TEST_P(RedisBackupFailureTest, WhatWasKeptOnceIsNotReplaced) {
  ASSERT_OK(BackUp(server_));
  const std::string replid = Replid(server_);
  ASSERT_OK(WriteFileDurably(file() + ".before-restore", "mine", 0600));
  EXPECT_THAT(Restore(server_, true), HasReason(reason::kFileUnavailable));
  ExpectUnchanged(replid);
}

TEST_P(RedisBackupFailureTest, AReplicaIsNotRestored) {
  ASSERT_OK(BackUp(server_));
  server_.Run({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(Restore(server_, true), HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(server_.Run({"INFO", "replication"}), HasSubstr("role:slave"));
}

TEST_P(RedisBackupFailureTest, ANewerFormatReplacesNothing) {
  WriteFromTheFuture();
  const absl::Status refused = Restore(server_, true);
  EXPECT_THAT(refused, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(refused.message(), HasSubstr("cannot read"));
  EXPECT_EQ(server_.Run({"GET", "k"}), "v");
}

TEST_P(RedisBackupFailureTest, AServerThatRefusesTheFileIsAMasterAgain) {
  server_.Run({"FLUSHALL"});
  WriteFromTheFuture();
  const absl::Status refused = Restore(server_);
  EXPECT_THAT(refused, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(refused.message(), HasSubstr("a master of its own"));
  EXPECT_EQ(server_.Run({"SET", "k", "v"}), "OK");
}

TEST_P(RedisBackupFailureTest, AServerThatDiesWhileItLoads) {
  ASSERT_OK(BackUp(server_));
  patience_ = absl::Seconds(2);
  RedisServer target(GetParam());
  target.Start();
  target.Run({"CONFIG", "SET", "key-load-delay", "30000000"});
  absl::Status status;
  std::thread restore([&] { status = Restore(target); });
  // It answers nothing meanwhile.
  EXPECT_TRUE(Eventually([&] {
    const auto log = ReadFile(target.dir().Join("log"), kMaxFile);
    return absl::StrContains(log.value_or(""), "Loading RDB");
  }));
  target.Kill();
  restore.join();
  EXPECT_THAT(status, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(status.message(), HasSubstr("say REPLICAOF NO ONE"));
  // What it had, which is nothing, and it is its own master.
  target.Start();
  ASSERT_OK(Restore(target));
  EXPECT_EQ(target.Run({"GET", "k"}), "v");
}

// What no real server says.
class HostileBackupTest : public BackupFixture {
 protected:
  absl::Status BackUpFrom(const std::string& answer) {
    HostileServer server;
    server.Set("SYNC", [&answer](const auto&) { return answer; });
    RedisOptions options;
    options.address = server.address();
    return cli::BackUpRedis(options, file(), absl::Milliseconds(100), output_);
  }
};

U2FI_FOR_BOTH_SERVERS(HostileBackupTest);

TEST_P(HostileBackupTest, NothingIsKeptOfWhatIsNoSnapshot) {
  for (const std::string answer :
       {"-NOPERM no\r\n", "\n\n", "$100\r\nREDIS0010", "$9x\r\n", "$-1\r\n",
        "$99999999999999999\r\n", "+FULLRESYNC\r\n", "$EOF:short\r\n",
        "$EOF:0123456789012345678901234567890123456789\r\nREDIS0010"}) {
    EXPECT_THAT(BackUpFrom(answer), HasReason(reason::kStoreUnavailable))
        << answer;
  }
  const std::string mark(40, 'm');
  EXPECT_THAT(BackUpFrom(absl::StrCat("$EOF:", mark, "\r\nREDIS", mark)),
              HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(BackUpFrom("$0\r\n"), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(BackUpFrom("$5\r\nREDIS"), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(BackUpFrom(std::string(600, 'x')),
              HasReason(reason::kStoreUnavailable));
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_P(HostileBackupTest, AServerThatNeverComesIsNotWaitedForForEver) {
  const std::string body = "REDIS0010\xff";
  std::string bytes = body;
  for (int i = 0; i < 8; ++i) {
    bytes += static_cast<char>(cli::Crc64(0, body) >> (8 * i));
  }
  ASSERT_OK(WriteFileDurably(file(), bytes, 0600));
  HostileServer server;
  cli::RedisRestore restore{file()};
  restore.options.address = server.address();
  restore.patience = absl::Milliseconds(100);
  const absl::Status failed =
      cli::RestoreRedis(restore, SystemRandom(), output_);
  EXPECT_THAT(failed, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(failed.message(), HasSubstr("--listen"));
}

}  // namespace
}  // namespace u2fi::store
