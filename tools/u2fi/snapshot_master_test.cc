#include "tools/u2fi/snapshot_master.h"

#include <thread>

#include "gmock/gmock.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/redis_connection.h"
#include "services/common/store/redis_reply.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

constexpr char kReplid[] = "the-server";
constexpr char kOwnReplid[] = "the-master";

class SnapshotMasterTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(WriteFileDurably(file_, "contents", 0600));
    ASSERT_OK_AND_ASSIGN(master_, SnapshotMaster::Listen("127.0.0.1", 0));
  }

  // Serves while `visit` runs, and returns what came of it.
  template <typename Visit>
  absl::Status ServeWhile(absl::Duration patience, Visit visit) {
    absl::Status served;
    std::thread thread(
        [&] { served = master_->Serve(kReplid, kOwnReplid, file_, patience); });
    visit();
    thread.join();
    return served;
  }
  std::unique_ptr<store::RedisConnection> Dial() {
    store::RedisAddress address;
    address.host = master_->host();
    address.port = master_->port();
    return store::RedisConnection::Dial(address, nullptr, "", absl::Seconds(10))
        .value();
  }
  // Everything that comes after `words` as text.
  std::string Ask(store::RedisConnection& connection,
                  const std::vector<std::string>& words, size_t size) {
    EXPECT_OK(connection.Send(words));
    std::string text;
    char some[64];
    while (text.size() < size) {
      const auto got = connection.ReadBytes(some, sizeof(some));
      if (!got.ok()) return text;
      text.append(some, *got);
    }
    return text;
  }

  const std::string file_ = testing::TempDir() + "/snapshot_master_test";
  std::unique_ptr<SnapshotMaster> master_;
};

TEST_F(SnapshotMasterTest, GivesTheFileToTheServer) {
  const std::string whole = "+FULLRESYNC the-master 0\r\n$8\r\ncontents";
  std::unique_ptr<store::RedisConnection> server;
  EXPECT_OK(ServeWhile(absl::Seconds(10), [&] {
    server = Dial();
    EXPECT_EQ(Ask(*server, {"PING"}, 7), "+PONG\r\n");
    EXPECT_EQ(Ask(*server, {"AUTH", "x"}, 5), "+OK\r\n");
    EXPECT_EQ(Ask(*server, {"PSYNC", kReplid, "1"}, whole.size()), whole);
  }));
  EXPECT_TRUE(master_->Attached());
  server = nullptr;
  while (master_->Attached()) std::this_thread::yield();
}

TEST_F(SnapshotMasterTest, GivesNothingToAStranger) {
  const absl::Status served = ServeWhile(absl::Milliseconds(500), [&] {
    EXPECT_EQ(Ask(*Dial(), {"PSYNC", "?", "-1"}, 1), "");
    EXPECT_EQ(Ask(*Dial(), {"SYNC"}, 1), "");
  });
  EXPECT_THAT(served, HasReason(reason::kStoreUnavailable));
}

TEST_F(SnapshotMasterTest, AStrangerDoesNotKeepTheServerAway) {
  EXPECT_OK(ServeWhile(absl::Seconds(10), [&] {
    EXPECT_EQ(Ask(*Dial(), {"PSYNC", "?", "-1"}, 1), "");
    EXPECT_THAT(Ask(*Dial(), {"PSYNC", kReplid, "1"}, 30),
                HasSubstr("+FULLRESYNC"));
  }));
}

TEST_F(SnapshotMasterTest, SaysWhatToDoAboutTls) {
  const absl::Status served = ServeWhile(absl::Milliseconds(500), [&] {
    const auto server = Dial();
    EXPECT_OK(server->StopBlocking());
    EXPECT_OK(server->Append("\x16\x03\x01"));
    EXPECT_OK(server->Write());
  });
  EXPECT_THAT(served.message(), HasSubstr("tls-replication no"));
}

TEST_F(SnapshotMasterTest, SaysIfNobodyComes) {
  EXPECT_THAT(ServeWhile(absl::Milliseconds(1), [] {}).message(),
              HasSubstr("--listen"));
}

TEST_F(SnapshotMasterTest, ListensOnlyOnAddressesOfThisMachine) {
  EXPECT_THAT(SnapshotMaster::Listen("192.0.2.1", 0),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(SnapshotMaster::Listen("no address", 0),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::cli
