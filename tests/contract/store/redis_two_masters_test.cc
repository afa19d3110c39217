// A master that was replaced and does not know it yet: no call may go on to it
// once the new one is known.
#include <atomic>

#include "absl/strings/str_split.h"
#include "tests/contract/store/proxy.h"
#include "tests/contract/store/redis_fixture.h"

namespace u2fi::store {
namespace {

class RedisTwoMastersTest : public RedisFixture {
 protected:
  static constexpr int kConnections = 4;

  RedisTwoMastersTest() {
    old_.Start();
    promoted_.Start();
    proxy_ = std::make_unique<Proxy>(old_.socket());
    RedisOptions options = old_.Options();
    options.address = proxy_->address();
    options.connections = kConnections;
    store_ = MustOpen(options);
  }
  Epoch Read() {
    const auto snapshot = store_->Get(partition_, {});
    return snapshot.ok() ? snapshot->epoch : "away";
  }
  static Epoch EpochOf(const RedisServer& server) {
    return StoreClient(*MustOpen(server.Options()),
                       Partition::Make("gate", "acme").value())
        .epoch();
  }
  // The id that the old master gave its oldest client, if all are connected.
  std::string OldestClient() {
    const std::vector<std::string> clients =
        absl::StrSplit(old_.Run({"CLIENT", "LIST"}), '\n', absl::SkipEmpty());
    // One is who asks.
    if (clients.size() < kConnections + 1) return "";
    const std::vector<std::string> words = absl::StrSplit(clients[0], ' ');
    return words[0].substr(std::string("id=").size());
  }

  RedisServer old_{GetParam()};
  RedisServer promoted_{GetParam()};
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Store> store_;
};

U2FI_FOR_BOTH_SERVERS(RedisTwoMastersTest);

TEST_P(RedisTwoMastersTest, OneConnectionThatFindsTheNewOneMovesAll) {
  ASSERT_TRUE(Eventually([this] { return !OldestClient().empty(); }));
  const Epoch before = Read();
  const Epoch after = EpochOf(promoted_);
  ASSERT_NE(before, after);
  proxy_->SetNextTarget(promoted_.socket());
  old_.Run({"CLIENT", "KILL", "ID", OldestClient()});
  // Calls go to the connections in turn.
  EXPECT_TRUE(Eventually([&] {
    for (int i = 0; i < 10 * kConnections; ++i) {
      if (Read() != after) return false;
    }
    return true;
  })) << "some connections stay with the old master";
  for (int i = 0; i < 10 * kConnections; ++i) EXPECT_EQ(Read(), after);
}

TEST_P(RedisTwoMastersTest, HintsComeFromTheNewOneToo) {
  std::atomic<int> told{0};
  ASSERT_OK_AND_ASSIGN(
      const auto subscription,
      store_->Subscribe(partition_, "topic", [&](const Hint& hint) {
        told += hint.read_again ? 0 : 1;
      }));
  ASSERT_TRUE(Eventually([this] { return !OldestClient().empty(); }));
  const Epoch before = Read();
  const std::unique_ptr<Store> other = MustOpen(promoted_.Options());
  proxy_->SetNextTarget(promoted_.socket());
  old_.Run({"CLIENT", "KILL", "TYPE", "normal"});
  EXPECT_TRUE(Eventually([&] {
    if (Read() == before) return false;
    EXPECT_OK(other->Publish(partition_, "topic", "x"));
    return told > 0;
  })) << "the subscription stays with the old master";
}

}  // namespace
}  // namespace u2fi::store
