#include "services/command-gate/gateway_router.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/command-gate/fake_replica_link.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kGrace = absl::Seconds(5);

// A stream that counts.
class FakeStream : public GatewayStream {
 public:
  absl::Status Enqueue(gateway::v1::MeshMessage) override {
    ++sent;
    return absl::OkStatus();
  }
  size_t queued() override { return 0; }
  void Close(const absl::Status&) override {}

  int sent = 0;
};

// Notes which tenants are listened to.
class FakeOthers : public OtherReplicas {
 public:
  void Tell(const StoredCommand&) override {}
  void Listen(absl::string_view tenant) override {
    heard = std::string(tenant);
  }

  std::string heard;
};

// Replica a, which asks, and the directory entries of b and c.
class GatewayRouterTest : public testing::Test {
 protected:
  static GatewaySession Session() {
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = "g1";
    session.channel_key = std::string(32, 'k');
    return session;
  }
  GatewaySession Claim(GatewayDirectory& directory) {
    const auto claimed = directory.Claim(Session());
    EXPECT_OK(claimed);
    return claimed.ok() ? *claimed : GatewaySession();
  }
  void ConnectHere() { ASSERT_OK(sessions_.Add(Claim(a_), stream_)); }
  absl::Status Send() {
    gateway::v1::MeshMessage message;
    message.mutable_approval_request()->set_approval_id("q1");
    return router_.Send("t1", "g1", message);
  }
  bool IsPresent() {
    const auto found = router_.Find("t1", "g1");
    EXPECT_OK(found);
    return found.ok() && found->has_value();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  GatewayDirectory a_{clock_, store_, {"aaaa", "a:1"}};
  GatewayDirectory b_{clock_, store_, {"bbbb", "b:1"}};
  GatewayDirectory c_{clock_, store_, {"cccc", "c:1"}};
  GatewaySessions sessions_{clock_, kGrace};
  const std::shared_ptr<FakeStream> stream_ = std::make_shared<FakeStream>();
  OwnerCache owners_{clock_, a_};
  FakeReplicaLink link_;
  FakeOthers others_;
  GateMetrics metrics_{nullptr};
  GatewayRouter router_{
      {clock_, sessions_, owners_, others_, link_, metrics_, kGrace}};
};

TEST_F(GatewayRouterTest, AnOwnStreamIsUsed) {
  ConnectHere();
  ASSERT_OK(Send());
  EXPECT_EQ(stream_->sent, 1);
  EXPECT_TRUE(link_.forwarded.empty());
}

TEST_F(GatewayRouterTest, AnOwnStreamNeedsNoStore) {
  ConnectHere();
  store_.SetAway(true);
  EXPECT_TRUE(IsPresent());
  EXPECT_OK(Send());
}

TEST_F(GatewayRouterTest, AnotherReplicasStreamIsReachedThere) {
  const GatewaySession there = Claim(b_);
  ASSERT_OK(Send());
  ASSERT_EQ(link_.forwarded.size(), 1u);
  EXPECT_EQ(link_.forwarded[0].address, "b:1");
  const v1::ForwardRequest& request = link_.forwarded[0].request;
  EXPECT_EQ(request.tenant(), "t1");
  EXPECT_EQ(request.gateway(), "g1");
  EXPECT_EQ(request.generation(), there.generation);
  EXPECT_EQ(request.message().approval_request().approval_id(), "q1");
  EXPECT_EQ(metrics_.Forwards("ok"), 1);
}

TEST_F(GatewayRouterTest, ItIsPresentWithTheKeyOfItsStream) {
  Claim(b_);
  ASSERT_OK_AND_ASSIGN(const auto found, router_.Find("t1", "g1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->channel_key, std::string(32, 'k'));
}

TEST_F(GatewayRouterTest, WhoeverLooksListensForChanges) {
  EXPECT_FALSE(IsPresent());
  EXPECT_EQ(others_.heard, "t1");
}

TEST_F(GatewayRouterTest, AGatewayThatIsNowhereIsOffline) {
  EXPECT_FALSE(IsPresent());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewayRouterTest, SoIsOneWhoseOwnersLeaseHasEnded) {
  Claim(b_);
  clock_.Advance(b_.options().lease);
  EXPECT_FALSE(IsPresent());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
  EXPECT_TRUE(link_.forwarded.empty());
}

TEST_F(GatewayRouterTest, BetweenTwoStreamsItIsPresentAndNothingIsSent) {
  ASSERT_OK(b_.Release({{Claim(b_), clock_.Now()}}));
  EXPECT_TRUE(IsPresent());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
  EXPECT_TRUE(link_.forwarded.empty());
}

TEST_F(GatewayRouterTest, WithoutStoreNobodyKnowsWhereItIs) {
  store_.SetAway(true);
  EXPECT_THAT(router_.Find("t1", "g1"), HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(Send(), HasReason(reason::kStoreUnavailable));
}

TEST_F(GatewayRouterTest, AStaleOwnerIsLeftForTheNewOne) {
  Claim(b_);
  EXPECT_TRUE(IsPresent());
  Claim(c_);
  link_.answers = {Error(reason::kStreamStale, "another one")};
  ASSERT_OK(Send());
  ASSERT_EQ(link_.forwarded.size(), 2u);
  EXPECT_EQ(link_.forwarded[1].address, "c:1");
  EXPECT_EQ(metrics_.Forwards("stale"), 1);
}

TEST_F(GatewayRouterTest, SoIsOneThatDoesNotAnswer) {
  Claim(b_);
  EXPECT_TRUE(IsPresent());
  Claim(c_);
  link_.answers = {Error(reason::kPeerUnavailable, "away")};
  ASSERT_OK(Send());
  EXPECT_EQ(link_.forwarded[1].address, "c:1");
  EXPECT_EQ(metrics_.Forwards("unreachable"), 1);
}

TEST_F(GatewayRouterTest, AGatewayThatCameHereMeanwhileIsReachedHere) {
  Claim(b_);
  link_.answers = {Error(reason::kGatewayOffline, "not here")};
  link_.on_forward = [this] { ConnectHere(); };
  ASSERT_OK(Send());
  EXPECT_EQ(stream_->sent, 1);
}

TEST_F(GatewayRouterTest, AnOwnerThatTheDirectoryStillNamesIsNotAskedTwice) {
  Claim(b_);
  link_.answers = {Error(reason::kPeerUnavailable, "away")};
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
  EXPECT_EQ(link_.forwarded.size(), 1u);
}

TEST_F(GatewayRouterTest, ThereIsNoThirdTry) {
  Claim(b_);
  EXPECT_TRUE(IsPresent());
  Claim(c_);
  const absl::Status stale = Error(reason::kStreamStale, "another one");
  link_.answers = {stale, stale};
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
  EXPECT_EQ(link_.forwarded.size(), 2u);
}

TEST_F(GatewayRouterTest, AFullQueueIsTheAnswer) {
  Claim(b_);
  link_.answers = {Error(reason::kGatewayLimit, "full")};
  EXPECT_THAT(Send(), HasReason(reason::kGatewayLimit));
  EXPECT_EQ(link_.forwarded.size(), 1u);
  EXPECT_EQ(metrics_.Forwards("refused"), 1);
}

TEST_F(GatewayRouterTest, SomebodyWhoMayNotCallThereReachesNobody) {
  Claim(b_);
  link_.answers = {Error(reason::kCallerNotAllowed, "no")};
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

}  // namespace
}  // namespace u2fi::command_gate
