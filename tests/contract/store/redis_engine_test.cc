// What the Redis engine does with a server's settings, scripts and slots.
#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/store/redis_codec.h"
#include "tests/contract/store/redis_fixture.h"
#include "tests/contract/store/redis_tls_server.h"

namespace u2fi::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RedisEngineTest : public RedisFixture {
 protected:
  // Starts a server with these settings instead of the usual ones.
  RedisServer& Start(std::vector<std::string> settings = {}) {
    server_ = std::make_unique<RedisServer>(GetParam(), std::move(settings));
    server_->Start();
    return *server_;
  }
  StoreClient Client() {
    if (store_ == nullptr) store_ = MustOpen(server_->Options());
    return StoreClient(*store_, partition_);
  }

  std::unique_ptr<RedisServer> server_;
  std::unique_ptr<Store> store_;
};

U2FI_FOR_BOTH_SERVERS(RedisEngineTest);

// --- at the start

TEST_P(RedisEngineTest, AnEvictingMaxmemoryPolicyIsRefused) {
  Start({"--maxmemory-policy", "allkeys-lru"});
  EXPECT_THAT(Open(server_->Options()), HasReason(reason::kStoreMisconfigured));
}

TEST_P(RedisEngineTest, AGoodServerGivesNoWarning) {
  Start();
  EXPECT_THAT(Open(server_->Options()).value().warnings, IsEmpty());
}

TEST_P(RedisEngineTest, WarnsThatPersistenceIsOff) {
  Start({"--appendonly", "no"});
  EXPECT_THAT(Open(server_->Options()).value().warnings,
              ElementsAre(HasSubstr("PERSISTENCE IS OFF")));
}

TEST_P(RedisEngineTest, WarnsOfEverysec) {
  Start({"--appendfsync", "everysec"});
  EXPECT_THAT(Open(server_->Options()).value().warnings,
              ElementsAre(HasSubstr("everysec")));
}

TEST_P(RedisEngineTest, AServerThatIsAwayIsUnavailable) {
  Start();
  server_->Kill();
  EXPECT_THAT(Open(server_->Options()), HasReason(reason::kStoreUnavailable));
}

TEST_P(RedisEngineTest, TheSelfTestLeavesNothingBehind) {
  Start();
  Client();
  EXPECT_EQ(server_->Run({"EXISTS", "u2fi:{store/self-test}:probe"}), "0");
}

class BadOptionsTest : public testing::Test {
 protected:
  absl::Status Open(const RedisOptions& options) {
    return OpenRedisStore(options, SystemClock(), SystemRandom()).status();
  }
  RedisOptions options_;
};

TEST_F(BadOptionsTest, NeitherAddressNorSentinelsIsRefused) {
  EXPECT_THAT(Open(options_), HasReason(reason::kStoreMisconfigured));
}

TEST_F(BadOptionsTest, SentinelsWithoutTheNameOfTheMasterAreRefused) {
  options_.sentinels = {"127.0.0.1:1"};
  EXPECT_THAT(Open(options_), HasReason(reason::kStoreMisconfigured));
}

TEST_F(BadOptionsTest, NoConnectionsAreRefused) {
  options_.address = "127.0.0.1:1";
  options_.connections = 0;
  EXPECT_THAT(Open(options_), HasReason(reason::kStoreMisconfigured));
}

// --- slots

TEST_P(RedisEngineTest, AllKeysOfACommitShareASlot) {
  Start({"--cluster-enabled", "yes"});
  CommitRequest request{
      Epoch(40, 'e'), {{"a", 1}, {"b", 2}}, {{"c", "v"}, {"d/e", "v"}}, {"f"}};
  const RedisLayout layout("u2fi:", partition_);
  std::set<std::string> slots;
  for (const std::string& key :
       CommitCall(layout, request, "0123456789abcdef").keys) {
    slots.insert(server_->Run({"CLUSTER", "KEYSLOT", key}));
  }
  EXPECT_EQ(slots.size(), 1u);
}

TEST_P(RedisEngineTest, WorksOnOneNodeOfACluster) {
  Start({"--cluster-enabled", "yes"});
  server_->Run({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  server_->RunUntil({"CLUSTER", "INFO"}, "cluster_state:ok");
  StoreClient client = Client();
  const absl::Time past = absl::Now() - absl::Seconds(1);
  ASSERT_OK(client.Commit(
      {client.epoch(), {{"a", kAbsent}}, {{"a", "1"}, {"b", "2", past}}}));
  ASSERT_OK(client.Commit({client.epoch(), {}, {{"c", "3", past}}, {"a"}}));
  EXPECT_EQ(client.Value("c"), "3");
  EXPECT_OK(store_->Scan(partition_, "", "", 10));
}

// --- scripts and names

TEST_P(RedisEngineTest, AServerThatForgotTheScriptsGetsThemAgain) {
  Start();
  StoreClient client = Client();
  server_->Run({"SCRIPT", "FLUSH"});
  ASSERT_OK(client.Write("k", "v"));
  server_->Run({"SCRIPT", "FLUSH"});
  EXPECT_EQ(client.Value("k"), "v");
}

TEST_P(RedisEngineTest, AScanSurvivesThatSomebodyDeletedARecord) {
  Start();
  StoreClient client = Client();
  for (const char* key : {"a", "b", "c"}) ASSERT_OK(client.Write(key, "v"));
  server_->Run({"DEL", "u2fi:{gate/acme}:b"});
  ASSERT_OK_AND_ASSIGN(const Page page, store_->Scan(partition_, "", "", 2));
  ASSERT_EQ(page.items.size(), 2u);
  EXPECT_EQ(page.items[1].key, "c");
  EXPECT_FALSE(page.more);
  EXPECT_EQ(server_->Run({"ZCARD", "u2fi:{gate/acme}!index"}), "2");
}

TEST_P(RedisEngineTest, ARecordOfAnotherFormatIsNotTakenForOne) {
  Start();
  StoreClient client = Client();
  server_->Run({"SET", "u2fi:{gate/acme}:k", "written by hand"});
  EXPECT_THAT(store_->Get(partition_, {"k"}), HasReason(reason::kStoreCorrupt));
}

TEST_P(RedisEngineTest, PrefixesKeepDeploymentsApart) {
  Start();
  ASSERT_OK(Client().Write("k", "v"));
  RedisOptions options = server_->Options();
  options.prefix = "other:";
  const std::unique_ptr<Store> other = MustOpen(options);
  EXPECT_FALSE(StoreClient(*other, partition_).Read("k").exists());
}

TEST_P(RedisEngineTest, AServerWithoutMemoryRefusesAndNothingIsWritten) {
  Start();
  StoreClient client = Client();
  server_->Run({"CONFIG", "SET", "maxmemory", "1"});
  EXPECT_THAT(client.Commit({client.epoch(), {}, {{"a", "v"}, {"b", "v"}}}),
              HasReason(reason::kStoreUnavailable));
  server_->Run({"CONFIG", "SET", "maxmemory", "0"});
  EXPECT_FALSE(client.Read("a").exists());
  EXPECT_FALSE(client.Read("b").exists());
}

// --- a server that goes away

// Others subscribe and leave all the time, so that each step has to wait.
class BusySubscribers {
 public:
  BusySubscribers(Store& store, const Partition& partition) {
    for (const char* topic : {"a", "b", "c", "d"}) {
      threads_.emplace_back([this, &store, &partition, topic] {
        while (!over_) (void)store.Subscribe(partition, topic, Ignore);
      });
    }
  }
  ~BusySubscribers() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  static void Ignore(const Hint&) {}

  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_;
};

// The end of the last subscriber must not end the subscription of the next.
TEST_P(RedisEngineTest, ASubscriptionThatBeginsWhileAnotherEndsHears) {
  Start();
  Client();
  const BusySubscribers others(*store_, partition_);
  std::atomic<int> heard{0};
  std::unique_ptr<Subscription> now;
  for (int i = 0; i < 500; ++i) {
    std::unique_ptr<Subscription> next;
    std::thread begins([&] {
      next = *store_->Subscribe(partition_, "topic",
                                [&heard](const Hint&) { ++heard; });
    });
    now.reset();
    begins.join();
    now = std::move(next);
    heard = 0;
    ASSERT_OK(store_->Publish(partition_, "topic", "x"));
    ASSERT_TRUE(Eventually([&] { return heard > 0; })) << i;
  }
}

TEST_P(RedisEngineTest, AServerThatGoesAwayAndComesBackIsUsedAgain) {
  Start();
  StoreClient client = Client();
  ASSERT_OK(client.Write("k", "v"));
  server_->Kill();
  EXPECT_TRUE(Eventually([&] {
    return IsReason(store_->Now().status(), reason::kStoreUnavailable);
  }));
  // By now nobody waits for a time-out any more: else this would take longer
  // than the test may.
  for (int i = 0; i < 1000; ++i) {
    EXPECT_THAT(store_->Get(partition_, {"k"}),
                HasReason(reason::kStoreUnavailable));
  }
  server_->Start();
  EXPECT_TRUE(Eventually([&] { return store_->Now().ok(); }));
  EXPECT_EQ(client.Value("k"), "v");
}

TEST_P(RedisEngineTest, EverythingAcknowledgedAsDurableSurvivesKill9) {
  Start();
  StoreClient client = Client();
  for (int round = 0; round < 3; ++round) {
    std::atomic<int> acknowledged{0};
    std::thread writer([&] {
      const Epoch epoch = client.epoch();
      for (int i = 1; i <= 100000; ++i) {
        const std::string key = absl::StrCat("r", round, "/", i);
        if (!client.Replace(epoch, key, kAbsent, "v").ok()) return;
        acknowledged = i;
      }
    });
    ASSERT_TRUE(Eventually([&] { return acknowledged > 20 * (round + 1); }));
    server_->Kill();
    server_->Start();
    writer.join();
    ASSERT_TRUE(Eventually([&] { return store_->Now().ok(); }));
    for (int i = 1; i <= acknowledged; ++i) {
      EXPECT_TRUE(client.Read(absl::StrCat("r", round, "/", i)).exists()) << i;
    }
  }
}

TEST_P(RedisEngineTest, AMasterThatBecameAReplicaIsNotUsed) {
  Start();
  StoreClient client = Client();
  const Epoch epoch = client.epoch();
  server_->Run({"REPLICAOF", "127.0.0.1", "1"});
  EXPECT_THAT(client.Replace(epoch, "k", kAbsent, "v"),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(store_->Get(partition_, {"k"}),
              HasReason(reason::kStoreUnavailable));
  server_->Run({"REPLICAOF", "NO", "ONE"});
  EXPECT_TRUE(Eventually([&] { return store_->Now().ok(); }));
  EXPECT_THAT(client.Replace(epoch, "k", kAbsent, "v"),
              HasReason(reason::kStoreEpochChanged));
}

// --- who may

TEST_P(RedisEngineTest, AnAclUserNeedsOnlyTheRightsThatTheReadmeNames) {
  Start();
  server_->Run({"ACL", "SETUSER", "u2fi", "on", ">secret", "~u2fi:*", "&u2fi:*",
                "+@read", "+@write", "+@scripting", "+@connection", "+info",
                "+time", "+wait", "+publish", "+subscribe", "+unsubscribe",
                "-@dangerous", "+info"});
  RedisOptions options = server_->Options();
  options.user = "u2fi";
  options.password = "secret";
  ASSERT_OK_AND_ASSIGN(const OpenedStore opened, Open(options));
  EXPECT_THAT(opened.warnings, ElementsAre(HasSubstr("cannot be read")));
  EXPECT_OK(StoreClient(*opened.store, partition_).Write("k", "v"));
  EXPECT_OK(opened.store->Subscribe(partition_, "t", [](const Hint&) {}));
}

TEST_P(RedisEngineTest, AMissingRightShowsAtTheStart) {
  Start();
  server_->Run({"ACL", "SETUSER", "u2fi", "on", ">secret", "~u2fi:*", "&u2fi:*",
                "+@read", "+@scripting", "+@connection", "+info"});
  RedisOptions options = server_->Options();
  options.user = "u2fi";
  options.password = "secret";
  EXPECT_FALSE(Open(options).ok());
}

TEST_P(RedisEngineTest, AWrongPasswordIsRefusedAndNotShown) {
  Start({"--requirepass", "right"});
  RedisOptions options = server_->Options();
  options.password = "wrong-secret";
  const absl::Status refused = Open(options).status();
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(refused.ToString(), testing::Not(HasSubstr("wrong-secret")));
  options.password = "right";
  EXPECT_OK(Open(options));
}

// --- TLS

class RedisTlsTest : public RedisFixture {
 protected:
  void SetUp() override {
    server_.Start();
    options_ = server_.server().Options();
    options_.address = absl::StrCat("127.0.0.1:", server_.tls_port());
    options_.tls = true;
    options_.ca_file = server_.cert();
    options_.cert_file = server_.cert();
    options_.key_file = server_.key();
  }

  RedisTlsServer server_{GetParam()};
  RedisOptions options_;
};

U2FI_FOR_BOTH_SERVERS(RedisTlsTest);

TEST_P(RedisTlsTest, WorksWithCertificatesOnBothSides) {
  const std::unique_ptr<Store> store = MustOpen(options_);
  StoreClient client(*store, partition_);
  ASSERT_OK(client.Write("k", std::string(kMaxValueSize, 'v')));
  EXPECT_EQ(client.Value("k").size(), kMaxValueSize);
}

TEST_P(RedisTlsTest, CertificatesThatWereRenewedAreUsed) {
  const std::unique_ptr<Store> store = MustOpen(options_);
  server_.Renew();
  EXPECT_TRUE(Eventually([&] { return store->Now().ok(); }));
}

TEST_P(RedisTlsTest, FilesThatCannotBeReadLeaveTheLastGoodOnesInUse) {
  const std::unique_ptr<Store> store = MustOpen(options_);
  server_.server().Kill();
  server_.server().Start();
  ASSERT_EQ(rename(server_.key().c_str(), (server_.key() + ".away").c_str()),
            0);
  EXPECT_TRUE(Eventually([&] { return store->Now().ok(); }));
}

TEST_P(RedisTlsTest, RefusesAServerOfAnotherName) {
  options_.tls_server_name = "redis.example";
  EXPECT_THAT(Open(options_), HasReason(reason::kStoreUnavailable));
}

TEST_P(RedisTlsTest, RefusesAServerOfAnotherCa) {
  options_.ca_file = "/etc/ssl/certs/ca-certificates.crt";
  EXPECT_FALSE(Open(options_).ok());
}

TEST_P(RedisTlsTest, TheServerMayAskForACertificate) {
  options_.cert_file.clear();
  options_.key_file.clear();
  EXPECT_FALSE(Open(options_).ok());
}

TEST_P(RedisTlsTest, AFileThatIsMissingIsNamed) {
  options_.ca_file = "/no-such.pem";
  EXPECT_THAT(Open(options_).status().message(), HasSubstr("no-such.pem"));
}

}  // namespace
}  // namespace u2fi::store
