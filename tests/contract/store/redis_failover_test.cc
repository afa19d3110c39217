// Replicas and promotions. A failover may lose acknowledged writes: decisions
// D5 says what must never follow from that.
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/contract/store/proxy.h"
#include "tests/contract/store/redis_fixture.h"

namespace u2fi::store {
namespace {

// A server and the network on the way to it, by which its replicas may be cut
// off from what it writes.
struct Node {
  explicit Node(ServerKind kind) : server(kind) {
    server.Start();
    link = std::make_unique<Proxy>(server.socket());
  }

  RedisServer server;
  std::unique_ptr<Proxy> link;
};

class RedisFailoverTest : public RedisFixture {
 protected:
  static void Replicate(Node& master, Node& replica) {
    replica.server.Run(
        {"REPLICAOF", "127.0.0.1", absl::StrCat(master.link->port())});
    replica.server.RunUntil({"INFO", "replication"}, "master_link_status:up");
    master.server.RunUntil({"INFO", "replication"}, "state=online");
  }
  // The replica hears nothing more from its master.
  static void CutOff(Node& master) {
    master.link->SetMode(Proxy::Mode::kSwallowReplies);
  }
  // Kills the master and makes clients find the replica in its place.
  void FailOver(Node& master, Node& replica) {
    master.server.Kill();
    replica.server.Run({"REPLICAOF", "NO", "ONE"});
    front_.SetTarget(replica.server.socket());
    ASSERT_TRUE(Eventually([&] { return Store().Now().ok(); }));
  }
  static void WaitFor(Node& node, const std::string& key) {
    node.server.RunUntil({"EXISTS", "u2fi:{gate/acme}:" + key}, "1");
  }
  RedisOptions Options() {
    RedisOptions options = a_.server.Options();
    options.address = front_.address();
    return options;
  }
  // REPLICATED commits wait for a replica half as long as this.
  void OpenReplicated(absl::Duration answer_timeout = absl::Seconds(4)) {
    RedisOptions options = Options();
    options.replicas = 1;
    options.answer_timeout = answer_timeout;
    store_ = MustOpen(options);
  }
  class Store& Store() {
    if (store_ == nullptr) store_ = MustOpen(Options());
    return *store_;
  }
  StoreClient Client() { return StoreClient(Store(), partition_); }

  Node a_{GetParam()};
  Proxy front_{a_.server.socket()};
  std::unique_ptr<class Store> store_;
};

U2FI_FOR_BOTH_SERVERS(RedisFailoverTest);

TEST_P(RedisFailoverTest, APromotionChangesTheEpochAndKeepsWhatWasReplicated) {
  Node b(GetParam());
  Replicate(a_, b);
  const Epoch before = Client().epoch();
  ASSERT_OK(Client().Write("k", "v"));
  WaitFor(b, "k");
  FailOver(a_, b);
  EXPECT_EQ(Client().Value("k"), "v");
  EXPECT_NE(Client().epoch(), before);
  EXPECT_THAT(Client().Replace(before, "k", Client().Read("k").version, "w"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_P(RedisFailoverTest, AnAcknowledgedWriteCanBeLostAndNothingOldWins) {
  Node b(GetParam());
  Replicate(a_, b);
  const Epoch before = Client().epoch();
  ASSERT_OK_AND_ASSIGN(const Version open, Client().Write("k", "open"));
  WaitFor(b, "k");
  CutOff(a_);
  ASSERT_OK(Client().Replace(before, "k", open, "consumed"));
  FailOver(a_, b);
  EXPECT_EQ(Client().Value("k"), "open") << "this failover was to lose it";
  EXPECT_EQ(Client().Read("k").version, open) << "even the version is back";
  EXPECT_THAT(Client().Replace(before, "k", open, "consumed again"),
              HasReason(reason::kStoreEpochChanged));
}

// D5 word by word: the challenge is of the second incarnation, the third has
// lost its consumption and never had the second's memory.
TEST_P(RedisFailoverTest, TwoFailoversInARowOpenNoChallengeAgain) {
  Node b(GetParam()), c(GetParam());
  Replicate(a_, b);
  Replicate(b, c);
  const Epoch first = Client().epoch();
  FailOver(a_, b);
  c.server.RunUntil({"INFO", "replication"}, "master_link_status:up");
  const Epoch second = Client().epoch();
  ASSERT_OK_AND_ASSIGN(const Version open, Client().Write("ch", second));
  WaitFor(c, "ch");
  CutOff(b);
  ASSERT_OK(Client().Replace(second, "ch", open, "consumed"));
  FailOver(b, c);
  const Epoch third = Client().epoch();
  EXPECT_EQ(Client().Value("ch"), second) << "open again, as an attacker wants";
  for (const Epoch& old : {first, second}) {
    EXPECT_NE(old, third);
    EXPECT_THAT(Client().Replace(old, "ch", open, "consumed twice"),
                HasReason(reason::kStoreEpochChanged));
  }
}

TEST_P(RedisFailoverTest, AVersionMayComeBackButNotItsEpoch) {
  Node b(GetParam());
  Replicate(a_, b);
  ASSERT_OK(Client().Write("other", "v"));
  WaitFor(b, "other");
  CutOff(a_);
  const Epoch before = Client().epoch();
  ASSERT_OK_AND_ASSIGN(const Version lost, Client().Write("k", "old content"));
  FailOver(a_, b);
  ASSERT_OK_AND_ASSIGN(const Version again, Client().Write("k", "new content"));
  EXPECT_EQ(again, lost) << "the trap: one version, two contents";
  EXPECT_THAT(Client().Replace(before, "k", lost, "x"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_P(RedisFailoverTest, AReplicatedCommitIsOnTheReplicaWhenItIsAnswered) {
  Node b(GetParam());
  Replicate(a_, b);
  OpenReplicated();
  ASSERT_OK(Client().Write("k", "v", Durability::kReplicated));
  FailOver(a_, b);
  EXPECT_EQ(Client().Value("k"), "v");
}

TEST_P(RedisFailoverTest, WithoutAReplicaItIsUnknownAndOthersDoNotWait) {
  Node b(GetParam());
  Replicate(a_, b);
  OpenReplicated(absl::Milliseconds(300));
  CutOff(a_);
  EXPECT_THAT(Client().Write("k", "v", Durability::kReplicated),
              HasReason(reason::kStoreOutcomeUnknown));
  EXPECT_EQ(Client().Value("k"), "v") << "it was written all the same";
  EXPECT_OK(Client().Write("l", "v", Durability::kDurable));
}

TEST_P(RedisFailoverTest, AnAbortedCommitNeedsNoReplica) {
  OpenReplicated(absl::Milliseconds(300));
  EXPECT_THAT(Client().Commit({Client().epoch(), {{"k", 7}}, {{"k", "v"}}}),
              HasReason(reason::kStoreAborted));
}

TEST_P(RedisFailoverTest, ALostAnswerOfAReplicatedCommitIsSettledWithReplica) {
  Node b(GetParam());
  Replicate(a_, b);
  OpenReplicated();
  // The connection for such commits may not be there yet.
  ASSERT_OK(Client().Write("first", "v", Durability::kReplicated));
  const CommitRequest request{Client().epoch(), {{"k", kAbsent}}, {{"k", "v"}}};
  front_.SetMode(Proxy::Mode::kSwallowReplies);
  absl::StatusOr<Version> outcome = absl::UnknownError("");
  std::thread caller([&] { outcome = Client().Commit(request); });
  WaitFor(b, "k");
  front_.SetMode(Proxy::Mode::kPass);
  front_.Cut();
  caller.join();
  EXPECT_OK(outcome);
}

TEST_P(RedisFailoverTest, SubscribersReadAgainAfterAFailover) {
  Node b(GetParam());
  Replicate(a_, b);
  std::atomic<int> told{0};
  ASSERT_OK_AND_ASSIGN(
      const auto subscription,
      Store().Subscribe(partition_, "t", [&](const Hint& hint) {
        told += hint.read_again ? 1 : 0;
      }));
  FailOver(a_, b);
  EXPECT_TRUE(Eventually([&] { return told == 1; }));
}

}  // namespace
}  // namespace u2fi::store
