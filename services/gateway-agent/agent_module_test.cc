// The whole agent against a mesh in the same process, and its local API.
#include "services/gateway-agent/agent_module.h"

#include <memory>
#include <string>
#include <thread>

#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/gateway-agent/fake_questions.h"
#include "services/gateway-agent/fake_tokens.h"
#include "services/gateway-agent/local_client.h"
#include "services/gateway-agent/local_server.h"
#include "services/gateway-agent/one_gate.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using ServerStream = grpc::ServerReaderWriter<MeshMessage, GatewayMessage>;

// Welcomes one agent, asks it one question and notes what it says.
class FakeMeshService : public gateway::v1::GatewayLink::Service {
 public:
  explicit FakeMeshService(MeshMessage question)
      : question_(std::move(question)) {}

  grpc::Status Connect(grpc::ServerContext*, ServerStream* stream) override {
    GatewayMessage message;
    if (!stream->Read(&message)) return grpc::Status::OK;
    Note(message);
    MeshMessage welcome;
    welcome.mutable_welcome()->set_generation(5);
    welcome.mutable_welcome()->mutable_heartbeat_interval()->set_seconds(30);
    stream->Write(welcome);
    stream->Write(question_);
    while (stream->Read(&message)) Note(message);
    return grpc::Status::OK;
  }

  GatewayMessage WaitFor(GatewayMessage::BodyCase body) {
    MutexLock lock(mutex_);
    while (noted_.count(body) == 0) changed_.Wait(mutex_);
    return noted_[body];
  }

 private:
  void Note(const GatewayMessage& message) {
    MutexLock lock(mutex_);
    noted_[message.body_case()] = message;
    changed_.NotifyAll();
  }

  const MeshMessage question_;
  Mutex mutex_;
  CondVar changed_;
  std::map<GatewayMessage::BodyCase, GatewayMessage> noted_
      ABSL_GUARDED_BY(mutex_);
};

class SilentCue : public Cue {
  void On(const CueText&) override {}
  void WantPin(const PinPrompt&) override {}
  void Off(const CueText&, const std::string&) override {}
};

class AgentModuleTest : public testing::Test {
 protected:
  AgentModuleTest() {
    tokens_.Plug("port-1", "other");
    grpc::ServerBuilder builder;
    builder.RegisterService(&mesh_);
    mesh_server_ = builder.BuildAndStart();
    auto agent = AgentModule::Create(
        {SystemClock(), random_, identity_, store_, tokens_, cue_,
         broker_.MakeClient("agent.g1"),
         std::make_unique<OneGate>(mesh_server_->InProcessChannel({})),
         MeshLink::Options(), ApprovalOptions(), "1.2.3",
         [] { return absl::FromUnixSeconds(9); }});
    EXPECT_OK(agent);
    agent_ = *std::move(agent);
    local_ = std::make_unique<LocalServer>(*agent_);
    rpc::ServiceList services;
    services.Add<gateway::v1::AgentLocal>(*local_);
    auto server = rpc::Server::ListenOnUnixSocket(services, {}, socket_);
    EXPECT_OK(server);
    local_server_ = *std::move(server);
  }
  ~AgentModuleTest() override {
    local_server_.reset();
    agent_.reset();
    mesh_server_->Shutdown();
  }

  const store::TempDir folder_;
  const std::string socket_ = folder_.Join("agent.sock");
  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  FakeMeshService mesh_{
      FakeQuestions(identity_, static_cast<uint64_t>(UnixMillis(SystemClock())))
          .Approval("q1", "k1")};
  FakeRandomSource random_;
  store::MemoryStore store_{SystemClock(), random_};
  FakeTokens tokens_;
  SilentCue cue_;
  mqtt::FakeMqttBroker broker_{SystemClock()};
  std::unique_ptr<grpc::Server> mesh_server_;
  std::unique_ptr<AgentModule> agent_;
  std::unique_ptr<LocalServer> local_;
  std::unique_ptr<rpc::Server> local_server_;
};

TEST_F(AgentModuleTest, ItSaysWhatItIs) {
  agent_->Start();
  const gateway::v1::Hello hello =
      mesh_.WaitFor(GatewayMessage::kHello).hello();
  EXPECT_EQ(hello.agent_version(), "1.2.3");
  EXPECT_TRUE(hello.takes_batches());
  EXPECT_EQ(hello.format_min(), 1u);
  ASSERT_EQ(hello.tokens_size(), 1);
  EXPECT_EQ(hello.tokens(0).port(), "port-1");
  EXPECT_NE(hello.journal_since_ms(), 0u);
}

TEST_F(AgentModuleTest, AQuestionReachesTheDesk) {
  agent_->Start();
  EXPECT_EQ(mesh_.WaitFor(GatewayMessage::kApprovalReceived)
                .approval_received()
                .approval_id(),
            "q1");
}

TEST_F(AgentModuleTest, StatusBeforeItConnects) {
  ASSERT_OK_AND_ASSIGN(const auto status, LocalClient(socket_).Status());
  EXPECT_EQ(status.gateway(), "g1");
  EXPECT_FALSE(status.connected());
  EXPECT_EQ(status.last_message_ms(), 0u);
  EXPECT_EQ(status.certificate_expires_ms(), 9'000u);
}

TEST_F(AgentModuleTest, StatusShowsStreamKeysAndQuestions) {
  agent_->Start();
  mesh_.WaitFor(GatewayMessage::kApprovalReceived);
  ASSERT_OK_AND_ASSIGN(const auto status, LocalClient(socket_).Status());
  EXPECT_TRUE(status.connected());
  EXPECT_EQ(status.generation(), 5u);
  ASSERT_EQ(status.questions_size(), 1);
  EXPECT_EQ(status.questions(0).approval_id(), "q1");
  EXPECT_THAT(Describe(status), testing::HasSubstr("camera.on on cam-1"));
}

TEST_F(AgentModuleTest, AQuestionIsDeclinedThroughTheSocket) {
  agent_->Start();
  mesh_.WaitFor(GatewayMessage::kApprovalReceived);
  ASSERT_OK(LocalClient(socket_).Decline("q1"));
  EXPECT_EQ(mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
                .approval_answer()
                .declined()
                .source(),
            "local api");
}

TEST_F(AgentModuleTest, WhatDoesNotWaitCannotBeDeclined) {
  EXPECT_THAT(LocalClient(socket_).Decline("q7"),
              HasReason(reason::kResourceUnknown));
  EXPECT_THAT(LocalClient(socket_).Decline(""),
              HasReason(reason::kInvalidField));
}

TEST_F(AgentModuleTest, APinThatAKeyWantsIsGivenThroughTheSocket) {
  agent_->Start();
  mesh_.WaitFor(GatewayMessage::kApprovalReceived);
  tokens_.Plug("port-2", "k2", false, true);
  tokens_.SetPin("port-2", "tulip-7", 8);
  tokens_.Touch("port-2");
  agent_->approvals().OnMessage(
      FakeQuestions(identity_, static_cast<uint64_t>(UnixMillis(SystemClock())))
          .VerifiedApproval("q2", "k2"));
  while (agent_->approvals().WantedPins().empty()) std::this_thread::yield();
  LocalClient client(socket_);
  ASSERT_OK_AND_ASSIGN(const auto status, client.Status());
  EXPECT_THAT(Describe(status),
              testing::HasSubstr("wants the key's PIN, tries left: 8"));
  gateway::v1::EnterPinRequest request;
  request.set_approval_id("q2");
  request.set_tries_left(8);
  request.set_pin("tulip-7");
  EXPECT_OK(client.EnterPin(request));
  const auto answer =
      mesh_.WaitFor(GatewayMessage::kApprovalAnswer).approval_answer();
  EXPECT_EQ(answer.approval_id(), "q2");
  EXPECT_TRUE(answer.has_assertion());
}

TEST_F(AgentModuleTest, APinThatNothingWantsIsRefused) {
  LocalClient client(socket_);
  gateway::v1::EnterPinRequest request;
  request.set_pin("tulip-7");
  EXPECT_THAT(client.EnterPin(request), HasReason(reason::kInvalidField));
  request.set_approval_id("q7");
  EXPECT_THAT(client.EnterPin(request), HasReason(reason::kInvalidField));
  request.set_tries_left(256);
  EXPECT_THAT(client.EnterPin(request), HasReason(reason::kInvalidField));
  request.set_tries_left(8);
  EXPECT_THAT(client.EnterPin(request), HasReason(reason::kResourceUnknown));
}

TEST_F(AgentModuleTest, TheButtonIsNotThereYet) {
  const auto stub = gateway::v1::AgentLocal::NewStub(grpc::CreateChannel(
      "unix:" + socket_, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  gateway::v1::TriggerProvisioningResponse response;
  EXPECT_EQ(stub->TriggerProvisioning(&context, {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(AgentModuleTest, ATenantThatIsNoIdIsRefused) {
  AgentIdentity bad = identity_;
  bad.tenant = "T";
  EXPECT_FALSE(
      AgentModule::Create(
          {SystemClock(), random_, bad, store_, tokens_, cue_,
           broker_.MakeClient("agent.g2"),
           std::make_unique<OneGate>(mesh_server_->InProcessChannel({}))})
          .ok());
}

}  // namespace
}  // namespace u2fi::gateway_agent
