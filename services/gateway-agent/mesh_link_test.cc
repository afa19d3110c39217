#include "services/gateway-agent/mesh_link.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/time/clock.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using ServerStream = grpc::ServerReaderWriter<MeshMessage, GatewayMessage>;

// A gate that keeps the protocol of link.proto: it welcomes, notes what comes
// up, and ends a stream when told. Simplification: one stream at a time.
class FakeGate : public gateway::v1::GatewayLink::Service {
 public:
  grpc::Status Connect(grpc::ServerContext*, ServerStream* stream) override {
    GatewayMessage message;
    Note("asked");
    if (!stream->Read(&message) || !message.has_hello() || refuse_) {
      return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "refused");
    }
    if (away_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "away");
    if (silent_) {
      while (stream->Read(&message)) {
      }
      return grpc::Status::OK;
    }
    if (slow_) WaitFor("go");
    Welcome(*stream);
    Note("hello");
    if (drain_) Drain(*stream, absl::Hours(1));
    while (stream->Read(&message)) {
      if (message.has_heartbeat()) Note("heartbeat");
      if (message.has_device_event()) Note(message.device_event().event());
      if (message.device_event().event() == "drain") {
        Drain(*stream, absl::Hours(1));
      }
      if (message.device_event().event() == "ask") {
        MeshMessage revocations;
        revocations.mutable_revocations();
        stream->Write(revocations);
      }
      if (message.device_event().event() == "close") {
        Drain(*stream, absl::Milliseconds(100));
      }
      if (message.has_command_accepted()) return grpc::Status::OK;
    }
    Note("left");
    return grpc::Status::OK;
  }

  // Blocks until `what` was noted `times` times. The test's own time limit
  // ends a wait for what never comes.
  void WaitFor(const std::string& what, int times = 1) {
    MutexLock lock(mutex_);
    while (noted_[what] < times) changed_.Wait(mutex_);
  }
  int Count(const std::string& what) {
    MutexLock lock(mutex_);
    return noted_[what];
  }
  void Note(const std::string& what) {
    MutexLock lock(mutex_);
    ++noted_[what];
    changed_.NotifyAll();
  }

  std::atomic<bool> refuse_{false};
  std::atomic<bool> away_{false};
  std::atomic<bool> silent_{false};
  // Waits until "go" is noted.
  std::atomic<bool> slow_{false};
  std::atomic<bool> drain_{false};

 private:
  static void Welcome(ServerStream& stream) {
    MeshMessage welcome;
    welcome.mutable_welcome()->set_generation(1);
    welcome.mutable_welcome()->mutable_heartbeat_interval()->set_nanos(
        20'000'000);
    stream.Write(welcome);
  }
  static void Drain(ServerStream& stream, absl::Duration closes_after) {
    MeshMessage drain;
    *drain.mutable_drain()->mutable_closes_after() =
        google::protobuf::util::TimeUtil::MillisecondsToDuration(
            absl::ToInt64Milliseconds(closes_after));
    stream.Write(drain);
  }

  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, int> noted_ ABSL_GUARDED_BY(mutex_);
};

// Gates in this process, asked in their order, but the former one last.
class FakeGates : public Gates {
 public:
  explicit FakeGates(int count) : fakes(count) {
    for (FakeGate& fake : fakes) {
      grpc::ServerBuilder builder;
      builder.RegisterService(&fake);
      servers_.push_back(builder.BuildAndStart());
    }
  }
  std::vector<std::string> Addresses(absl::string_view former) override {
    std::vector<std::string> addresses;
    for (size_t i = 0; i < fakes.size(); ++i) {
      addresses.push_back(std::to_string(i));
    }
    std::stable_partition(addresses.begin(), addresses.end(),
                          [&](const auto& one) { return one != former; });
    return addresses;
  }
  std::unique_ptr<gateway::v1::GatewayLink::StubInterface> Connect(
      const std::string& address) override {
    return gateway::v1::GatewayLink::NewStub(
        servers_[std::stoi(address)]->InProcessChannel({}));
  }
  void Shutdown() {
    for (const auto& server : servers_) server->Shutdown();
  }

  std::deque<FakeGate> fakes;

 private:
  std::vector<std::unique_ptr<grpc::Server>> servers_;
};

class NotingHandler : public MeshHandler {
 public:
  explicit NotingHandler(FakeGate& gate) : gate_(gate) {}
  void OnConnected(const gateway::v1::Welcome&) override {
    gate_.Note("connected");
  }
  bool OnMessage(const MeshMessage&) override { return true; }
  bool Overloaded() const override { return overloaded_; }

  std::atomic<bool> overloaded_{false};

 private:
  FakeGate& gate_;
};

class MeshLinkTest : public testing::Test {
 protected:
  void Start() {
    MeshLink::Options options;
    options.first_backoff = absl::Milliseconds(1);
    options.most_backoff = absl::Milliseconds(4);
    options.welcome_within = welcome_within_;
    options.least_heartbeat = absl::Milliseconds(1);
    link_ = std::make_unique<MeshLink>(
        gates_, SystemClock(), random_, [] { return gateway::v1::Hello(); },
        std::vector<MeshHandler*>{&handler_}, options);
    link_->Start();
  }
  void TearDown() override {
    link_.reset();
    gates_.Shutdown();
  }
  static GatewayMessage Event(const std::string& name) {
    GatewayMessage message;
    message.mutable_device_event()->set_event(name);
    return message;
  }

  FakeGates gates_{2};
  FakeGate& mesh_ = gates_.fakes[0];
  FakeGate& other_ = gates_.fakes[1];
  absl::Duration welcome_within_ = absl::Milliseconds(50);
  NotingHandler handler_{mesh_};
  FakeRandomSource random_;
  std::unique_ptr<MeshLink> link_;
};

TEST_F(MeshLinkTest, SaysHelloAndTellsItsHandlers) {
  Start();
  mesh_.WaitFor("connected");
  EXPECT_TRUE(link_->IsConnected());
}

TEST_F(MeshLinkTest, KeepsTheHeartbeatThatTheMeshAskedFor) {
  Start();
  mesh_.WaitFor("heartbeat", 3);
}

TEST_F(MeshLinkTest, WhatIsSentArrives) {
  Start();
  mesh_.WaitFor("connected");
  link_->Send(Event("door"));
  mesh_.WaitFor("door");
}

TEST_F(MeshLinkTest, ComesBackWhenTheStreamEnds) {
  Start();
  mesh_.WaitFor("connected");
  GatewayMessage end;
  end.mutable_command_accepted();
  link_->Send(end);
  mesh_.WaitFor("connected", 2);
}

TEST_F(MeshLinkTest, LeavesAMeshThatSendsMoreThanItGetsDone) {
  Start();
  mesh_.WaitFor("connected");
  handler_.overloaded_ = true;
  link_->Send(Event("ask"));
  mesh_.WaitFor("left");
  handler_.overloaded_ = false;
  mesh_.WaitFor("connected", 2);
}

TEST_F(MeshLinkTest, OneGateIsEnough) {
  Start();
  mesh_.WaitFor("heartbeat");
  EXPECT_EQ(mesh_.Count("asked"), 1);
  EXPECT_EQ(other_.Count("asked"), 0);
}

TEST_F(MeshLinkTest, TheNextGateIsAskedAtOnceIfOneIsAway) {
  mesh_.away_ = true;
  Start();
  other_.WaitFor("hello");
  EXPECT_EQ(mesh_.Count("asked"), 1);
}

TEST_F(MeshLinkTest, AGateThatIsSilentIsLeftForTheNext) {
  mesh_.silent_ = true;
  Start();
  other_.WaitFor("hello");
}

TEST_F(MeshLinkTest, ADrainingGateIsLeftForAnother) {
  mesh_.drain_ = true;
  Start();
  other_.WaitFor("hello");
  mesh_.WaitFor("left");
  other_.WaitFor("heartbeat");
  EXPECT_TRUE(link_->IsConnected());
}

TEST_F(MeshLinkTest, TheOldStreamStaysUntilTheNextIsWelcomed) {
  welcome_within_ = absl::Minutes(1);
  other_.slow_ = true;
  Start();
  mesh_.WaitFor("connected");
  link_->Send(Event("drain"));
  other_.WaitFor("asked");
  EXPECT_EQ(mesh_.Count("left"), 0);
  EXPECT_TRUE(link_->IsConnected());
  link_->Send(Event("door"));
  mesh_.WaitFor("door");
  other_.Note("go");
  other_.WaitFor("hello");
  mesh_.WaitFor("left");
}

TEST_F(MeshLinkTest, ADrainingGateIsLeftBeforeItCloses) {
  Start();
  mesh_.WaitFor("connected");
  mesh_.away_ = true;
  other_.away_ = true;
  link_->Send(Event("close"));
  mesh_.WaitFor("left");
  mesh_.away_ = false;
  mesh_.WaitFor("connected", 2);
}

TEST_F(MeshLinkTest, ADrainingGateIsAskedLast) {
  mesh_.drain_ = true;
  other_.away_ = true;
  Start();
  // By then the other one has refused.
  mesh_.WaitFor("hello", 2);
  EXPECT_GE(other_.Count("asked"), 1);
}

TEST_F(MeshLinkTest, TriesAgainWhenItIsRefused) {
  mesh_.refuse_ = true;
  Start();
  mesh_.WaitFor("asked", 3);
  EXPECT_FALSE(link_->IsConnected());
}

TEST_F(MeshLinkTest, ARefusalIsThatOfAllGates) {
  mesh_.refuse_ = true;
  Start();
  mesh_.WaitFor("asked", 3);
  EXPECT_EQ(other_.Count("asked"), 0);
}

TEST_F(MeshLinkTest, LeavesAMeshThatNeverWelcomes) {
  mesh_.silent_ = true;
  other_.away_ = true;
  Start();
  mesh_.WaitFor("asked", 2);
}

TEST_F(MeshLinkTest, StopsWhileItIsConnected) {
  Start();
  mesh_.WaitFor("connected");
  link_.reset();
}

TEST_F(MeshLinkTest, ItsStateIsVisible) {
  Start();
  mesh_.WaitFor("connected");
  const MeshLink::State state = link_->state();
  EXPECT_TRUE(state.connected);
  EXPECT_EQ(state.generation, 1u);
  EXPECT_NE(state.last_message, absl::InfinitePast());
}

TEST_F(MeshLinkTest, ARefusalNeverLooksConnected) {
  mesh_.refuse_ = true;
  Start();
  mesh_.WaitFor("asked", 2);
  EXPECT_EQ(link_->state().generation, 0u);
  EXPECT_EQ(link_->last_status().error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(MeshLinkTest, AfterStopNoHandlerIsCalledAndNothingIsSent) {
  Start();
  mesh_.WaitFor("connected");
  link_->Stop();
  EXPECT_FALSE(link_->IsConnected());
  link_->Send(Event("late"));
  link_->Stop();
}

}  // namespace
}  // namespace u2fi::gateway_agent
