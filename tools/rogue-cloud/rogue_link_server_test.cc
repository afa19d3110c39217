#include "tools/rogue-cloud/rogue_link_server.h"

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace u2fi::rogue_cloud {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

std::vector<Attack> TwoAttacks() {
  std::vector<Attack> attacks(2);
  attacks[0].name = "first";
  attacks[0].command_id = "c1";
  attacks[0].execute.set_command("one");
  attacks[1].name = "second";
  attacks[1].command_id = "c2";
  attacks[1].execute.set_command("two");
  return attacks;
}

// The server without TLS, in the same process, and the agent's end of a stream.
class RogueLinkServerTest : public testing::Test {
 protected:
  RogueLinkServerTest()
      : link_(TwoAttacks(), SystemClock(),
              [this](const Answer& answer) { answers_.push_back(answer); }) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&link_);
    server_ = builder.BuildAndStart();
    stub_ = gateway::v1::GatewayLink::NewStub(server_->InProcessChannel({}));
    Open();
  }
  ~RogueLinkServerTest() override {
    Close();
    server_->Shutdown();
  }

  void Open() {
    context_ = std::make_unique<grpc::ClientContext>();
    stream_ = stub_->Connect(context_.get());
    GatewayMessage hello;
    hello.mutable_hello()->set_format_max(1);
    ASSERT_TRUE(stream_->Write(hello));
    ASSERT_TRUE(Read().has_welcome());
  }
  void Close() {
    if (stream_ == nullptr) return;
    context_->TryCancel();
    stream_->Finish();
    stream_.reset();
  }
  MeshMessage Read() {
    MeshMessage message;
    EXPECT_TRUE(stream_->Read(&message));
    return message;
  }
  void Accept(const std::string& id, const std::string& reason) {
    GatewayMessage message;
    message.mutable_command_accepted()->set_command_id(id);
    message.mutable_command_accepted()->set_refused_reason(reason);
    stream_->Write(message);
  }
  void Tell(const std::string& id, const std::string& outcome) {
    GatewayMessage message;
    message.mutable_command_result()->set_command_id(id);
    message.mutable_command_result()->set_outcome_text(outcome);
    stream_->Write(message);
  }

  std::vector<Answer> answers_;
  RogueLinkServer link_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<gateway::v1::GatewayLink::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientReaderWriter<GatewayMessage, MeshMessage>>
      stream_;
};

TEST_F(RogueLinkServerTest, EachAttackWaitsForTheAnswerToTheLast) {
  EXPECT_EQ(Read().execute_command().command(), "one");
  Accept("c1", "OPERATION_NOT_FREE");
  EXPECT_EQ(Read().execute_command().command(), "two");
  Accept("c2", "SIGNATURE_INVALID");
  ASSERT_TRUE(link_.WaitForAnswers(absl::Seconds(20)));
  EXPECT_EQ(answers_[0].refused_reason, "OPERATION_NOT_FREE");
  EXPECT_EQ(answers_[1].refused_reason, "SIGNATURE_INVALID");
}

TEST_F(RogueLinkServerTest, WhatIsAcceptedIsAnsweredByItsResult) {
  Read();
  Accept("c1", "");
  Tell("c1", "SUCCEEDED");
  Read();
  Accept("c2", "REASON");
  ASSERT_TRUE(link_.WaitForAnswers(absl::Seconds(20)));
  EXPECT_EQ(answers_[0].refused_reason, "");
  EXPECT_EQ(answers_[0].outcome, "SUCCEEDED");
}

TEST_F(RogueLinkServerTest, AnswersToOtherCommandsDoNotCount) {
  Read();
  Tell("c9", "SUCCEEDED");
  Accept("c9", "REASON");
  Accept("c1", "REASON");
  EXPECT_EQ(Read().execute_command().command(), "two");
  EXPECT_EQ(answers_.size(), 1u);
}

TEST_F(RogueLinkServerTest, ALostStreamGoesOnWhereItEnded) {
  Read();
  Accept("c1", "REASON");
  Read();
  Close();
  Open();
  EXPECT_EQ(Read().execute_command().command(), "two");
}

TEST_F(RogueLinkServerTest, WithoutAnswersTheTimeEnds) {
  EXPECT_FALSE(link_.WaitForAnswers(absl::ZeroDuration()));
}

}  // namespace
}  // namespace u2fi::rogue_cloud
