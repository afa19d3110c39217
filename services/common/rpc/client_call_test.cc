#include "services/common/rpc/client_call.h"

#include <memory>

#include "gtest/gtest.h"
#include "services/common/rpc/fake_echo.grpc.pb.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

// Ends each call as it is told.
class EndingEcho : public test::Echo::Service {
 public:
  grpc::Status Say(grpc::ServerContext*, const test::EchoMessage* request,
                   test::EchoMessage* response) override {
    response->set_text(request->text());
    return end;
  }
  grpc::Status end;
};

class ClientCallTest : public testing::Test {
 protected:
  ClientCallTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&echo_);
    server_ = builder.BuildAndStart();
    stub_ = test::Echo::NewStub(server_->InProcessChannel({}));
  }
  absl::StatusOr<test::EchoMessage> Say() {
    test::EchoMessage request;
    request.set_text("a");
    return Call(*stub_, absl::Seconds(10), request, &test::Echo::Stub::Say);
  }

  EndingEcho echo_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<test::Echo::Stub> stub_;
};

TEST_F(ClientCallTest, GivesTheResponse) {
  ASSERT_OK_AND_ASSIGN(const test::EchoMessage response, Say());
  EXPECT_EQ(response.text(), "a");
}

TEST_F(ClientCallTest, AnErrorKeepsItsReason) {
  echo_.end = ToGrpcStatus(Error(reason::kAlreadyDecided, "no"));
  EXPECT_THAT(Say(), HasReason(reason::kAlreadyDecided));
}

// As a server does when it stops while the call runs.
TEST_F(ClientCallTest, ACallThatTheServerCancelledMayBeMadeAgain) {
  echo_.end = grpc::Status(grpc::StatusCode::CANCELLED, "CANCELLED");
  const auto answer = Say();
  EXPECT_THAT(answer, HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(RetryOf(answer.status()), absl::Seconds(1));
}

TEST_F(ClientCallTest, AlsoIfItTellsSoItself) {
  echo_.end = ToGrpcStatus(Error(reason::kCancelled, "cancelled"));
  EXPECT_THAT(Say(), HasReason(reason::kPeerUnavailable));
}

TEST_F(ClientCallTest, AKeysCancelIsAnAnswer) {
  echo_.end = ToGrpcStatus(Error(reason::kTokenCancelled, "no"));
  EXPECT_THAT(Say(), HasReason(reason::kTokenCancelled));
}

}  // namespace
}  // namespace u2fi::rpc
