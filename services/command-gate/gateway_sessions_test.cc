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
  size_t queued() override { return 7; }
  absl::Duration silence() override { return silent_for; }
  void Close(const absl::Status& status) override { closed = status; }

  int sent = 0;
  absl::Duration silent_for;
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
    return *sessions_.Add(session, stream);
  }
  absl::Status Send() {
    return sessions_.Send("t1", "g1", gateway::v1::MeshMessage());
  }

  FakeClock clock_;
  GatewaySessions sessions_{clock_, absl::Seconds(5)};
  const std::shared_ptr<FakeStream> stream_ = std::make_shared<FakeStream>();
};

TEST_F(GatewaySessionsTest, AGatewayWithoutStreamIsOffline) {
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
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

TEST_F(GatewaySessionsTest, AStreamThatIsSilentForTooLongIsClosed) {
  Add(stream_);
  stream_->silent_for = absl::Seconds(90);
  sessions_.CloseSilent(absl::Seconds(90));
  EXPECT_OK(stream_->closed);
  stream_->silent_for += absl::Nanoseconds(1);
  sessions_.CloseSilent(absl::Seconds(90));
  EXPECT_THAT(stream_->closed, HasReason(reason::kGatewayOffline));
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
  EXPECT_TRUE(sessions_.FindHere("t1", "g1").has_value());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewaySessionsTest, IsGoneAfterTheGrace) {
  sessions_.Remove(Add(stream_));
  clock_.Advance(absl::Milliseconds(5001));
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
}

TEST_F(GatewaySessionsTest, AnotherTenantsGatewayIsAnotherOne) {
  Add(stream_, "t2");
  EXPECT_FALSE(sessions_.FindHere("t1", "g1").has_value());
  EXPECT_THAT(Send(), HasReason(reason::kGatewayOffline));
}

TEST_F(GatewaySessionsTest, AGenerationIsAboveThoseBeforeARestart) {
  const uint64_t before = Add(stream_).generation;
  clock_.Advance(absl::Milliseconds(1));
  GatewaySessions restarted(clock_, absl::Seconds(5));
  GatewaySession session;
  session.tenant = "t1";
  session.gateway = "g1";
  EXPECT_GT(restarted.Add(session, stream_)->generation, before);
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

class ClaimedSessionsTest : public GatewaySessionsTest {
 protected:
  absl::StatusOr<GatewaySession> Claimed(uint64_t generation) {
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = "g1";
    session.generation = generation;
    return sessions_.Add(session, stream_);
  }
  absl::StatusOr<size_t> SendAt(uint64_t generation) {
    return sessions_.SendAt("t1", "g1", generation, gateway::v1::MeshMessage());
  }
};

TEST_F(ClaimedSessionsTest, AGenerationOfTheDirectoryStays) {
  ASSERT_OK_AND_ASSIGN(const GatewaySession session, Claimed(7));
  EXPECT_EQ(session.generation, 7u);
}

TEST_F(ClaimedSessionsTest, AnOlderStreamThatComesLateIsRefused) {
  ASSERT_OK(Claimed(7));
  EXPECT_THAT(Claimed(6), HasReason(reason::kStreamReplaced));
  EXPECT_OK(SendAt(7));
}

TEST_F(ClaimedSessionsTest, AMessageForThisGenerationGoesOnItsStream) {
  ASSERT_OK(Claimed(7));
  ASSERT_OK_AND_ASSIGN(const size_t before, SendAt(7));
  EXPECT_EQ(before, 7u);
  EXPECT_EQ(stream_->sent, 1);
}

TEST_F(ClaimedSessionsTest, OneForAnotherGenerationDoesNot) {
  ASSERT_OK(Claimed(7));
  EXPECT_THAT(SendAt(6), HasReason(reason::kStreamStale));
  EXPECT_THAT(SendAt(8), HasReason(reason::kStreamStale));
  EXPECT_EQ(stream_->sent, 0);
}

TEST_F(ClaimedSessionsTest, NorOneForAStreamThatHasGone) {
  ASSERT_OK_AND_ASSIGN(const GatewaySession session, Claimed(7));
  sessions_.Remove(session);
  EXPECT_THAT(SendAt(7), HasReason(reason::kGatewayOffline));
  EXPECT_FALSE(sessions_.Holds("t1", "g1"));
}

TEST_F(ClaimedSessionsTest, AStreamElsewhereClosesOnlyAnOlderOne) {
  ASSERT_OK(Claimed(7));
  sessions_.CloseOlder("t1", "g1", 7);
  EXPECT_OK(stream_->closed);
  sessions_.CloseOlder("t1", "g1", 8);
  EXPECT_THAT(stream_->closed, HasReason(reason::kStreamReplaced));
}

TEST_F(ClaimedSessionsTest, WhatWasSentLatelyMayBeLost) {
  ASSERT_OK(Claimed(7));
  ASSERT_OK(SendAt(7));
  clock_.Advance(GatewaySessions::kMayBeLost);
  EXPECT_TRUE(sessions_.CloseOlder("t1", "g1", 8).has_value());
  EXPECT_FALSE(sessions_.CloseOlder("t1", "g1", 8).has_value());
}

TEST_F(ClaimedSessionsTest, WhatWasSentLongAgoIsNot) {
  ASSERT_OK(Claimed(7));
  ASSERT_OK(SendAt(7));
  clock_.Advance(GatewaySessions::kMayBeLost + absl::Milliseconds(1));
  EXPECT_FALSE(sessions_.CloseOlder("t1", "g1", 8).has_value());
}

TEST_F(ClaimedSessionsTest, TheWordToLeaveIsNoLoss) {
  ASSERT_OK(Claimed(7));
  gateway::v1::MeshMessage drain;
  drain.mutable_drain();
  ASSERT_OK(sessions_.Send("t1", "g1", drain));
  EXPECT_FALSE(sessions_.CloseOlder("t1", "g1", 8).has_value());
}

}  // namespace
}  // namespace u2fi::command_gate
