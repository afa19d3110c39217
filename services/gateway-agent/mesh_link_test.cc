#include "services/gateway-agent/mesh_link.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/time/clock.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using ServerStream = grpc::ServerReaderWriter<MeshMessage, GatewayMessage>;

// A mesh that keeps the protocol of link.proto: it welcomes, notes what comes
// up, and ends a stream when told. Simplification: one stream at a time.
class FakeMesh : public gateway::v1::GatewayLink::Service {
 public:
  grpc::Status Connect(grpc::ServerContext*, ServerStream* stream) override {
    GatewayMessage message;
    if (!stream->Read(&message) || !message.has_hello() || refuse_) {
      return grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "refused");
    }
    if (silent_) {
      while (stream->Read(&message)) {
      }
      return grpc::Status::OK;
    }
    MeshMessage welcome;
    welcome.mutable_welcome()->set_generation(1);
    welcome.mutable_welcome()->mutable_heartbeat_interval()->set_nanos(
        20'000'000);
    stream->Write(welcome);
    Note("hello");
    if (drain_) {
      MeshMessage drain;
      drain.mutable_drain();
      stream->Write(drain);
    }
    while (stream->Read(&message)) {
      if (message.has_heartbeat()) Note("heartbeat");
      if (message.has_device_event()) Note(message.device_event().event());
      if (message.has_command_accepted()) return grpc::Status::OK;
    }
    return grpc::Status::OK;
  }

  // Blocks until `what` was noted `times` times. The test's own time limit
  // ends a wait for what never comes.
  void WaitFor(const std::string& what, int times = 1) {
    MutexLock lock(mutex_);
    while (noted_[what] < times) changed_.Wait(mutex_);
  }
  void Note(const std::string& what) {
    MutexLock lock(mutex_);
    ++noted_[what];
    changed_.NotifyAll();
  }

  bool refuse_ = false;
  bool silent_ = false;
  bool drain_ = false;

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, int> noted_ ABSL_GUARDED_BY(mutex_);
};

class NotingHandler : public MeshHandler {
 public:
  explicit NotingHandler(FakeMesh& mesh) : mesh_(mesh) {}
  void OnConnected(const gateway::v1::Welcome&) override {
    mesh_.Note("connected");
  }
  bool OnMessage(const MeshMessage&) override { return true; }

 private:
  FakeMesh& mesh_;
};

class MeshLinkTest : public testing::Test {
 protected:
  void Start() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&mesh_);
    server_ = builder.BuildAndStart();
    stub_ = gateway::v1::GatewayLink::NewStub(server_->InProcessChannel({}));
    MeshLink::Options options;
    options.first_backoff = absl::Milliseconds(1);
    options.most_backoff = absl::Milliseconds(4);
    options.welcome_within = absl::Milliseconds(50);
    options.least_heartbeat = absl::Milliseconds(1);
    link_ = std::make_unique<MeshLink>(
        *stub_, SystemClock(), random_,
        [this] {
          mesh_.Note("asked");
          return gateway::v1::Hello();
        },
        std::vector<MeshHandler*>{&handler_}, options);
    link_->Start();
  }
  void TearDown() override {
    link_.reset();
    server_->Shutdown();
  }
  static GatewayMessage Event(const std::string& name) {
    GatewayMessage message;
    message.mutable_device_event()->set_event(name);
    return message;
  }

  FakeMesh mesh_;
  NotingHandler handler_{mesh_};
  FakeRandomSource random_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<gateway::v1::GatewayLink::StubInterface> stub_;
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

TEST_F(MeshLinkTest, ComesBackAfterADrain) {
  mesh_.drain_ = true;
  Start();
  mesh_.WaitFor("connected", 2);
}

TEST_F(MeshLinkTest, TriesAgainWhenItIsRefused) {
  mesh_.refuse_ = true;
  Start();
  mesh_.WaitFor("asked", 3);
  EXPECT_FALSE(link_->IsConnected());
}

TEST_F(MeshLinkTest, LeavesAMeshThatNeverWelcomes) {
  mesh_.silent_ = true;
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
