#include "services/common/rpc/guarded_service.h"

#include <memory>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

using test::Echo;
using test::EchoMessage;

EchoMessage Text(const std::string& text) {
  EchoMessage message;
  message.set_text(text);
  return message;
}

// The echo service in process, in the API of the parameter.
template <typename Implementation>
class GuardedServiceTest : public testing::Test {
 protected:
  // A stub whose every call comes from the service `caller`.
  std::unique_ptr<Echo::Stub> StubOf(const std::string& caller) {
    server_ =
        Server::InProcess(ServiceList().Add<Echo>(echo_), options_, "d", caller)
            .value();
    return Echo::NewStub(server_->Channel());
  }
  int Entered() const { return echo_.log().entered(); }

  ServerOptions options_;
  Implementation echo_;
  std::unique_ptr<Server> server_;
  grpc::ClientContext context_;
  EchoMessage response_;
};

using Implementations = testing::Types<SyncEcho, CallbackEcho>;
TYPED_TEST_SUITE(GuardedServiceTest, Implementations);

TYPED_TEST(GuardedServiceTest, LetsAnAllowedCallerIntoAUnaryRpc) {
  const auto stub = this->StubOf("command-gate");
  EXPECT_OK(FromGrpcStatus(
      stub->Say(&this->context_, Text("hello"), &this->response_)));
  EXPECT_EQ(this->response_.text(), "hello");
  EXPECT_EQ(this->echo_.log().caller(), "spiffe://d/service/command-gate");
}

TYPED_TEST(GuardedServiceTest, LetsAnAllowedCallerStreamToTheServer) {
  const auto stub = this->StubOf("command-gate");
  const auto writer = stub->Collect(&this->context_, &this->response_);
  writer->Write(Text("a"));
  writer->Write(Text("b"));
  writer->WritesDone();
  EXPECT_OK(FromGrpcStatus(writer->Finish()));
  EXPECT_EQ(this->response_.text(), "ab");
}

TYPED_TEST(GuardedServiceTest, LetsAnAllowedCallerStreamFromTheServer) {
  const auto stub = this->StubOf("command-gate");
  const auto reader = stub->Repeat(&this->context_, Text("x"));
  EchoMessage message;
  int count = 0;
  while (reader->Read(&message)) ++count;
  EXPECT_OK(FromGrpcStatus(reader->Finish()));
  EXPECT_EQ(count, 2);
}

TYPED_TEST(GuardedServiceTest, LetsAnAllowedCallerStreamBothWays) {
  const auto stub = this->StubOf("command-gate");
  const auto stream = stub->Chat(&this->context_);
  stream->Write(Text("ping"));
  EXPECT_TRUE(stream->Read(&this->response_));
  EXPECT_EQ(this->response_.text(), "ping");
  stream->WritesDone();
  EXPECT_OK(FromGrpcStatus(stream->Finish()));
}

TYPED_TEST(GuardedServiceTest, KeepsOthersOutOfAUnaryRpc) {
  const auto stub = this->StubOf("portal");
  EXPECT_THAT(
      FromGrpcStatus(stub->Say(&this->context_, Text("x"), &this->response_)),
      HasReason(reason::kCallerNotAllowed));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, KeepsOthersOutOfAClientStream) {
  const auto stub = this->StubOf("portal");
  const auto writer = stub->Collect(&this->context_, &this->response_);
  writer->WritesDone();
  EXPECT_THAT(FromGrpcStatus(writer->Finish()),
              HasReason(reason::kCallerNotAllowed));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, KeepsOthersOutOfAServerStream) {
  const auto stub = this->StubOf("portal");
  const auto reader = stub->Repeat(&this->context_, Text("x"));
  EXPECT_FALSE(reader->Read(&this->response_));
  EXPECT_THAT(FromGrpcStatus(reader->Finish()),
              HasReason(reason::kCallerNotAllowed));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, KeepsOthersOutOfAStreamBothWays) {
  const auto stub = this->StubOf("portal");
  const auto stream = stub->Chat(&this->context_);
  EXPECT_FALSE(stream->Read(&this->response_));
  EXPECT_THAT(FromGrpcStatus(stream->Finish()),
              HasReason(reason::kCallerNotAllowed));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, ARefusalCarriesExactlyOneErrorInfo) {
  const auto stub = this->StubOf("portal");
  const grpc::Status status =
      stub->Say(&this->context_, Text("x"), &this->response_);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.reason(), "CALLER_NOT_ALLOWED");
  EXPECT_EQ(info.domain(), "u2fi");
}

TYPED_TEST(GuardedServiceTest, RefusesACallerWithoutAnIdentity) {
  const auto stub = this->StubOf("not an id");
  EXPECT_THAT(
      FromGrpcStatus(stub->Say(&this->context_, Text("x"), &this->response_)),
      HasReason(reason::kCallerUnknown));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, AHandlerReachedPastTheGuardRefuses) {
  grpc::ServerBuilder builder;
  builder.RegisterService(&this->echo_);
  const std::unique_ptr<grpc::Server> bare = builder.BuildAndStart();
  const auto stub = Echo::NewStub(bare->InProcessChannel({}));
  EXPECT_THAT(
      FromGrpcStatus(stub->Say(&this->context_, Text("x"), &this->response_)),
      HasReason(reason::kCallerUnknown));
  EXPECT_EQ(this->Entered(), 1);
}

TYPED_TEST(GuardedServiceTest, RefusesARequestThatIsNotAMessage) {
  this->StubOf("command-gate");
  grpc::GenericStub stub(this->server_->Channel());
  // A string field (text) that claims more bytes than there are.
  const grpc::Slice slice("\x0a\x7f");
  const grpc::ByteBuffer request(&slice, 1);
  for (const char* path :
       {"/u2fi.rpc.test.Echo/Say", "/u2fi.rpc.test.Echo/Repeat"}) {
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    grpc::ByteBuffer response;
    grpc::Status status;
    const auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
    call->StartCall();
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    EXPECT_THAT(FromGrpcStatus(status), HasReason(reason::kInvalidField))
        << path;
  }
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, BoundsTheStreamsOfACaller) {
  this->options_.streams_per_caller = 1;
  const auto stub = this->StubOf("command-gate");
  const auto first = stub->Chat(&this->context_);
  first->Write(Text("a"));
  ASSERT_TRUE(first->Read(&this->response_));
  grpc::ClientContext context;
  const auto second = stub->Repeat(&context, Text("b"));
  EXPECT_FALSE(second->Read(&this->response_));
  EXPECT_THAT(FromGrpcStatus(second->Finish()),
              HasReason(reason::kStreamLimit));
  first->WritesDone();
  first->Finish();
}

TYPED_TEST(GuardedServiceTest, AStreamThatEndedGivesItsPlaceBack) {
  this->options_.streams_per_caller = 1;
  const auto stub = this->StubOf("command-gate");
  absl::Status status = absl::UnknownError("never tried");
  for (int i = 0; i < 3; ++i) {
    grpc::ClientContext context;
    const auto writer = stub->Collect(&context, &this->response_);
    writer->WritesDone();
    status = FromGrpcStatus(writer->Finish());
    // The server is done a moment after its client.
    while (!status.ok() && IsReason(status, reason::kStreamLimit)) {
      grpc::ClientContext again;
      const auto retry = stub->Collect(&again, &this->response_);
      retry->WritesDone();
      status = FromGrpcStatus(retry->Finish());
    }
    EXPECT_OK(status);
  }
}

TYPED_TEST(GuardedServiceTest, BoundsWhatTheCallsOfACallerHold) {
  this->options_.request_bytes_per_caller = 100'000;
  const auto stub = this->StubOf("command-gate");
  EXPECT_THAT(FromGrpcStatus(stub->Say(&this->context_,
                                       Text(std::string(2'000'000, 'x')),
                                       &this->response_)),
              HasReason(reason::kQuotaExceeded));
  EXPECT_EQ(this->Entered(), 0);
}

TYPED_TEST(GuardedServiceTest, ACallThatEndedHoldsNothing) {
  this->options_.request_bytes_per_caller = 100'000;
  const auto stub = this->StubOf("command-gate");
  for (int i = 0; i < 3; ++i) {
    absl::Status status;
    do {
      grpc::ClientContext context;
      status = FromGrpcStatus(stub->Say(
          &context, Text(std::string(1'000'000, 'x')), &this->response_));
      // The server is done a moment after its client.
    } while (IsReason(status, reason::kQuotaExceeded));
    EXPECT_OK(status);
  }
}

TYPED_TEST(GuardedServiceTest, UnaryCallsAreNotStreams) {
  this->options_.streams_per_caller = 0;
  const auto stub = this->StubOf("command-gate");
  EXPECT_OK(
      FromGrpcStatus(stub->Say(&this->context_, Text("x"), &this->response_)));
}

TYPED_TEST(GuardedServiceTest, AHandlerHasADeadlineAlsoIfTheClientGaveNone) {
  this->options_.max_call_time = absl::Seconds(5);
  const auto stub = this->StubOf("command-gate");
  const absl::Time before = SystemClock().Now();
  stub->Say(&this->context_, Text("x"), &this->response_);
  EXPECT_GE(this->echo_.log().deadline(), before + absl::Seconds(5));
  EXPECT_LE(this->echo_.log().deadline(),
            SystemClock().Now() + absl::Seconds(5));
}

TYPED_TEST(GuardedServiceTest, ASoonerDeadlineOfTheClientCounts) {
  const auto stub = this->StubOf("command-gate");
  const absl::Time deadline = SystemClock().Now() + absl::Seconds(30);
  this->context_.set_deadline(absl::ToChronoTime(deadline));
  stub->Say(&this->context_, Text("x"), &this->response_);
  EXPECT_LE(this->echo_.log().deadline(), deadline + absl::Milliseconds(10));
  EXPECT_GE(this->echo_.log().deadline(), deadline - absl::Seconds(1));
}

TYPED_TEST(GuardedServiceTest, ContinuesTheTraceOfTheCaller) {
  const auto stub = this->StubOf("command-gate");
  this->context_.AddMetadata(
      "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  stub->Say(&this->context_, Text("x"), &this->response_);
  EXPECT_EQ(this->echo_.log().trace_id(), "0af7651916cd43dd8448eb211c80319c");
}

TYPED_TEST(GuardedServiceTest, OneServiceServesSeveralServers) {
  const auto gate = this->StubOf("command-gate");
  const auto gate_server = std::move(this->server_);
  const auto portal = this->StubOf("portal");
  grpc::ClientContext context;
  EXPECT_OK(
      FromGrpcStatus(gate->Say(&this->context_, Text("x"), &this->response_)));
  EXPECT_THAT(
      FromGrpcStatus(portal->Say(&context, Text("x"), &this->response_)),
      HasReason(reason::kCallerNotAllowed));
}

TEST(GuardedServiceStartTest, AMethodWithoutTheOptionStopsTheStart) {
  test::Careless::Service careless;
  EXPECT_THAT(Server::InProcess(ServiceList().Add<test::Careless>(careless), {},
                                "d", "command-gate"),
              HasReason(reason::kInternal));
}

TEST(GuardedServiceStartTest, AnAsyncServiceStopsTheStart) {
  test::Echo::AsyncService echo;
  EXPECT_THAT(
      Server::InProcess(ServiceList().Add<Echo>(echo), {}, "d", "command-gate"),
      HasReason(reason::kInternal));
}

TEST(GuardedServiceStartTest, AServiceOfTwoStylesStopsTheStart) {
  test::Echo::WithCallbackMethod_Say<test::Echo::Service> echo;
  EXPECT_THAT(
      Server::InProcess(ServiceList().Add<Echo>(echo), {}, "d", "command-gate"),
      HasReason(reason::kInternal));
}

}  // namespace
}  // namespace u2fi::rpc
