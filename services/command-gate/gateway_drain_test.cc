#include "services/command-gate/gateway_drain.h"

#include <memory>
#include <vector>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

// A stream whose gateway leaves as soon as it is told to, or stays.
class FakeStream : public GatewayStream {
 public:
  FakeStream(GatewaySessions& sessions, bool leaves)
      : sessions_(sessions), leaves_(leaves) {}

  absl::Status Enqueue(gateway::v1::MeshMessage message) override {
    told.push_back(message);
    if (leaves_) sessions_.Remove(session);
    return absl::OkStatus();
  }
  size_t queued() override { return 0; }
  void Close(const absl::Status& status) override { closed = status; }

  GatewaySession session;
  std::vector<gateway::v1::MeshMessage> told;
  absl::Status closed;

 private:
  GatewaySessions& sessions_;
  const bool leaves_;
};

class GatewayDrainTest : public testing::Test {
 protected:
  std::shared_ptr<FakeStream> Connect(const std::string& gateway, bool leaves) {
    auto stream = std::make_shared<FakeStream>(sessions_, leaves);
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = gateway;
    stream->session = *sessions_.Add(session, stream);
    return stream;
  }
  void Drain(absl::Duration grace) {
    DrainGateways(sessions_, clock_, random_, clock_.Now() + grace);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  GatewaySessions sessions_{clock_, absl::Seconds(5)};
};

TEST_F(GatewayDrainTest, TellsEachGatewayOnceWhenToLeave) {
  const auto first = Connect("g1", true);
  const auto second = Connect("g2", true);
  Drain(absl::Seconds(30));
  for (const auto& stream : {first, second}) {
    ASSERT_EQ(stream->told.size(), 1u);
    const gateway::v1::Drain& drain = stream->told[0].drain();
    EXPECT_EQ(drain.reconnect_after().seconds(), 0);
    EXPECT_LE(drain.reconnect_after().nanos(), 2'000'000);
    EXPECT_EQ(drain.closes_after().seconds(), 2);
    EXPECT_OK(stream->closed) << "it left of itself";
  }
}

TEST_F(GatewayDrainTest, ClosesWhoStays) {
  const auto stays = Connect("g1", false);
  Drain(absl::Milliseconds(20));
  EXPECT_THAT(stays->closed, HasReason(reason::kDraining));
}

TEST_F(GatewayDrainTest, TakesNobodyInAnyMore) {
  EXPECT_FALSE(sessions_.refuses_new());
  Drain(absl::Seconds(30));
  EXPECT_TRUE(sessions_.refuses_new());
}

TEST_F(GatewayDrainTest, WaitsNoLongerThanTheDeadline) {
  const auto stays = Connect("g1", false);
  Drain(-absl::Seconds(1));
  EXPECT_EQ(stays->told[0].drain().closes_after().nanos(), 0);
  EXPECT_THAT(stays->closed, HasReason(reason::kDraining));
}

}  // namespace
}  // namespace u2fi::command_gate
