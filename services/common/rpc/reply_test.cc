#include "services/common/rpc/reply.h"

#include <memory>
#include <string>

#include "grpcpp/grpcpp.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using test::EchoMessage;

EchoMessage Text(const std::string& text) {
  EchoMessage message;
  message.set_text(text);
  return message;
}

TEST(SyncReplyTest, ASuccessIsTheResponse) {
  EchoMessage response;
  EXPECT_TRUE(Reply(absl::StatusOr<EchoMessage>(Text("a")), &response).ok());
  EXPECT_EQ(response.text(), "a");
}

TEST(SyncReplyTest, AnErrorLeavesTheResponseAlone) {
  EchoMessage response = Text("before");
  const grpc::Status status = Reply(
      absl::StatusOr<EchoMessage>(Error(reason::kCancelled, "x")), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(response.text(), "before");
}

// Through a callback service, since only gRPC makes its contexts.
class CallbackReplyTest : public testing::Test {
 protected:
  absl::Status Say(const std::string& text) {
    const auto server = Server::InProcess(ServiceList().Add<test::Echo>(echo_),
                                          {}, "d", "command-gate")
                            .value();
    grpc::ClientContext context;
    return FromGrpcStatus(test::Echo::NewStub(server->Channel())
                              ->Say(&context, Text(text), &response_));
  }
  CallbackEcho echo_;
  EchoMessage response_;
};

TEST_F(CallbackReplyTest, ASuccessIsTheResponse) {
  EXPECT_OK(Say("a"));
  EXPECT_EQ(response_.text(), "a");
}

TEST_F(CallbackReplyTest, AnErrorOfOursKeepsItsReason) {
  EXPECT_THAT(Say("refuse"), HasReason(reason::kInvalidField));
}

TEST_F(CallbackReplyTest, AForeignErrorIsInternal) {
  EXPECT_THAT(Say("fail"), HasReason(reason::kInternal));
}

}  // namespace
}  // namespace u2fi::rpc
