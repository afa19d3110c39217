#include "services/command-gate/gateway_sessions.h"

#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

// A stream that notes what is sent to it and why it was closed.
class FakeStream : public GatewayStream {
 public:
  absl::Status Enqueue(gateway::v1::MeshMessage) override {
    ++sent;
    return absl::OkStatus();
  }
  void Close(const absl::Status& status) override { closed = status; }

  int sent = 0;
  absl::Status closed;
};

class GatewaySessionsTest : public testing::Test {
 protected:
  GatewaySession Add(const std::shared_ptr<FakeStream>& stream,
                     const std::string& tenant = "t1") {
    GatewaySession session;
    session.tenant = tenant;
    session.site = "s1";
    session.gateway = "g1";
    session.channel_key = std::string(32, 'k');
    return sessions_.Add(session, stream);
  }
  absl::Status Send() {
    return sessions_.Send("t1", "g1", gateway::v1::MeshMessage());
  }

  FakeClock clock_;
  GatewaySessions sessions_{clock_, absl::Seconds(5)};
  const std::shared_ptr<FakeStream> stream_ = std::make_shared<FakeStream>();
};

TEST_F(GatewaySessionsTest, AGatewayWithoutStreamIsOffline) {
  EXPECT_FALSE(sessions_.Find("t1", "g1").has_value());
  const absl::Status status = Send();
  EXPECT_THAT(status, HasReason(reason::kGatewayOffline));
  EXPECT_TRUE(RetryOf(status).has_value());
}

TEST_F(GatewaySessionsTest, MessagesGoToTheStream) {
  Add(stream_);
  EXPECT_OK(Send());
  EXPECT_EQ(stream_->sent, 1);
}

TEST_F(GatewaySessionsTest, TheNewestStreamWins) {
  const GatewaySession first = Add(stream_);
  const auto newer = std::make_shared<FakeStream>();
  const GatewaySession second = Add(newer);
  EXPECT_GT(second.generation, first.generation);
  EXPECT_THAT(stream_->closed, HasReason(reason::kStreamReplaced));
  EXPECT_OK(Send());
  EXPECT_EQ(newer->sent, 1);
}

TEST_F(GatewaySessionsTest, TheEndOfAnOldStreamChangesNothing) {
  const GatewaySession first = Add(stream_);
  Add(std::make_shared<FakeStream>());
  sessions_.Remove(first);
  EXPECT_OK(Send());
}

TEST_F(GatewaySessionsTest, CountsAsPresentBetweenTwoStreams) {
  sessions_.Remove(Add(stream_));
  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(sessions_.Find("t1", "g1").has_value());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewaySessionsTest, IsGoneAfterTheGrace) {
  sessions_.Remove(Add(stream_));
  clock_.Advance(absl::Milliseconds(5001));
  EXPECT_FALSE(sessions_.Find("t1", "g1").has_value());
}

TEST_F(GatewaySessionsTest, AnotherTenantsGatewayIsAnotherOne) {
  Add(stream_, "t2");
  EXPECT_FALSE(sessions_.Find("t1", "g1").has_value());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewaySessionsTest, AGenerationIsAboveThoseBeforeARestart) {
  const uint64_t before = Add(stream_).generation;
  clock_.Advance(absl::Milliseconds(1));
  GatewaySessions restarted(clock_, absl::Seconds(5));
  GatewaySession session;
  session.tenant = "t1";
  session.gateway = "g1";
  EXPECT_GT(restarted.Add(session, stream_).generation, before);
}

TEST_F(GatewaySessionsTest, AnExpelledGatewayIsClosedWithTheReason) {
  Add(stream_);
  sessions_.Expel("t1", "g1", Error(reason::kGatewayNotActive, "suspended"));
  EXPECT_THAT(stream_->closed, HasReason(reason::kGatewayNotActive));
}

TEST_F(GatewaySessionsTest, AMessageToATenantReachesItsGatewaysOnly) {
  const auto other = std::make_shared<FakeStream>();
  Add(stream_);
  Add(other, "t2");
  sessions_.SendToTenant("t1", gateway::v1::MeshMessage());
  EXPECT_EQ(stream_->sent, 1);
  EXPECT_EQ(other->sent, 0);
}

TEST_F(GatewaySessionsTest, ListsOnlyThoseWithAStream) {
  const GatewaySession session = Add(stream_);
  EXPECT_EQ(sessions_.List().size(), 1u);
  sessions_.Remove(session);
  EXPECT_TRUE(sessions_.List().empty());
}

}  // namespace
}  // namespace u2fi::command_gate
