// Failovers as Sentinels make them: kill -9 of the master, and the store finds
// the new one by itself.
#include "absl/strings/str_cat.h"
#include "tests/contract/store/hostile_server.h"
#include "tests/contract/store/redis_fixture.h"
#include "tests/contract/store/redis_group.h"
#include "tests/ports/free_port.h"

namespace u2fi::store {
namespace {

class RedisSentinelTest : public RedisFixture {
 protected:
  void SetUp() override { group_.Start(); }

  RedisOptions Options() const {
    RedisOptions options;
    // The first one is away: the next is asked.
    options.sentinels = {absl::StrCat("127.0.0.1:", FreePort())};
    for (std::string& sentinel : group_.sentinels()) {
      options.sentinels.push_back(std::move(sentinel));
    }
    options.master_name = RedisGroup::kName;
    options.sentinel_password = RedisGroup::kSentinelPassword;
    options.longest_backoff = absl::Milliseconds(50);
    options.answer_timeout = absl::Seconds(4);
    return options;
  }
  static bool IsBack(Store& store) {
    return Eventually([&] { return store.Now().ok(); });
  }

  RedisGroup group_;
};

TEST_F(RedisSentinelTest, SentinelsTellNobodyWithoutTheirPassword) {
  RedisOptions options = Options();
  options.sentinel_password = "wrong";
  EXPECT_THAT(Open(options), HasReason(reason::kStoreUnavailable));
}

// It was cut off when another master was chosen.
TEST_F(RedisSentinelTest, ASentinelThatNamesAServerThatIsGoneIsNotTheLastWord) {
  HostileServer stale;
  stale.Set("SENTINEL", [port = FreePort()](const HostileServer::Words&) {
    const std::string text = absl::StrCat(port);
    return absl::StrCat("*2\r\n$9\r\n127.0.0.1\r\n$", text.size(), "\r\n", text,
                        "\r\n");
  });
  RedisOptions options = Options();
  options.sentinels.insert(options.sentinels.begin(), stale.address());
  EXPECT_OK(Open(options));
}

TEST_F(RedisSentinelTest, FindsTheNewMasterAfterAFailover) {
  RedisOptions options = Options();
  options.replicas = 1;
  const std::unique_ptr<Store> store = MustOpen(options);
  StoreClient client(*store, partition_);
  const Epoch before = client.epoch();
  ASSERT_OK(client.Write("k", "v", Durability::kReplicated));
  group_.FailOver();
  ASSERT_TRUE(IsBack(*store));
  EXPECT_EQ(client.Value("k"), "v");
  EXPECT_NE(client.epoch(), before);
  EXPECT_THAT(client.Replace(before, "k", client.Read("k").version, "w"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_F(RedisSentinelTest, ALaggingReplicaThatIsPromotedOpensNothingAgain) {
  const std::unique_ptr<Store> store = MustOpen(Options());
  StoreClient client(*store, partition_);
  const Epoch before = client.epoch();
  ASSERT_OK_AND_ASSIGN(const Version open, client.Write("k", "open"));
  group_.CatchUp();
  group_.CutOffReplicas();
  ASSERT_OK(client.Replace(before, "k", open, "consumed"));
  ASSERT_TRUE(group_.IsOnlyAtMaster("u2fi:{gate/acme}:k"));
  group_.FailOver();
  ASSERT_TRUE(IsBack(*store));
  EXPECT_EQ(client.Value("k"), "open") << "this failover was to lose it";
  EXPECT_THAT(client.Replace(before, "k", open, "consumed again"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_F(RedisSentinelTest, TwoFailoversInARow) {
  const std::unique_ptr<Store> store = MustOpen(Options());
  StoreClient client(*store, partition_);
  const Epoch first = client.epoch();
  ASSERT_OK(client.Write("k", "1"));
  group_.CatchUp();
  group_.FailOver();
  ASSERT_TRUE(IsBack(*store));
  const Epoch second = client.epoch();
  ASSERT_OK(client.Write("k", "2"));
  group_.CatchUp();
  group_.FailOver();
  ASSERT_TRUE(IsBack(*store));
  EXPECT_EQ(client.Value("k"), "2");
  EXPECT_NE(client.epoch(), first);
  EXPECT_NE(client.epoch(), second);
}

TEST_F(RedisSentinelTest, WithoutSentinelsNobodyIsPromoted) {
  const std::unique_ptr<Store> store = MustOpen(Options());
  StoreClient client(*store, partition_);
  ASSERT_OK(client.Write("k", "v"));
  group_.CatchUp();
  group_.StopSentinels();
  group_.KillMaster();
  EXPECT_THAT(store->Now(), HasReason(reason::kStoreUnavailable));
  group_.StartSentinels();
  group_.AwaitNewMaster();
  ASSERT_TRUE(IsBack(*store));
  EXPECT_EQ(client.Value("k"), "v");
}

}  // namespace
}  // namespace u2fi::store
