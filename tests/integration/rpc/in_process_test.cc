// Several services in one process, as standalone has them: callers stay apart
// under load, deadlines and traces go from hop to hop.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/common/metrics/metrics.h"
#include "services/common/rpc/call_observer.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/fake_echo.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/served_call.h"
#include "services/common/rpc/server.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

using test::Echo;
using test::EchoMessage;

constexpr char kTraceparent[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Answers Say with what it knows of its caller, after asking the next service,
// if there is one.
class Hop : public Echo::Service {
 public:
  explicit Hop(std::shared_ptr<grpc::Channel> next) : next_(std::move(next)) {}

  grpc::Status Say(grpc::ServerContext* context, const EchoMessage* request,
                   EchoMessage* response) override {
    absl::Status status;
    if (next_ != nullptr) {
      grpc::ClientContext next_context;
      PrepareCall(next_context, absl::Seconds(60));
      status = FromGrpcStatus(
          Echo::NewStub(next_)->Say(&next_context, *request, response));
    }
    // Still this call's, also if the next one ran on this thread.
    const absl::StatusOr<Caller> caller = CallerOf(*context);
    if (!caller.ok()) return ToGrpcStatus(caller.status());
    response->set_text(response->text() + "<" + caller->name() + " " +
                       CurrentCall()->trace.trace_id);
    return ToGrpcStatus(status);
  }

 private:
  const std::shared_ptr<grpc::Channel> next_;
};

std::unique_ptr<Server> ServerFor(Echo::Service& service,
                                  const std::string& caller,
                                  const ServerOptions& options = {}) {
  return Server::InProcess(ServiceList().Add<Echo>(service), options, "d",
                           caller)
      .value();
}

class HopsTest : public testing::Test {
 protected:
  // Calls `server` with a minute's deadline and a trace.
  absl::Status Call(Server& server, absl::Duration timeout) {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", kTraceparent);
    context.set_deadline(absl::ToChronoTime(SystemClock().Now() + timeout));
    return FromGrpcStatus(
        Echo::NewStub(server.Channel())->Say(&context, {}, &response_));
  }
  EchoMessage response_;
};

TEST_F(HopsTest, EachHopKnowsItsOwnCallerAndTheOneTrace) {
  Hop last(nullptr);
  const auto last_server = ServerFor(last, "command-gate");
  Hop first(last_server->Channel());
  const auto first_server = ServerFor(first, "command-gate");
  EXPECT_OK(Call(*first_server, absl::Seconds(30)));
  const std::string heard = "<command-gate 0af7651916cd43dd8448eb211c80319c";
  EXPECT_EQ(response_.text(), heard + heard);
}

TEST_F(HopsTest, TheNextHopEndsALittleSooner) {
  SyncEcho last;
  const auto last_server = ServerFor(last, "command-gate");
  Hop first(last_server->Channel());
  const auto first_server = ServerFor(first, "command-gate");
  const absl::Time latest = SystemClock().Now() + absl::Seconds(30);
  EXPECT_OK(Call(*first_server, absl::Seconds(30)));
  EXPECT_LE(last.log().deadline(), latest - absl::Milliseconds(10));
  EXPECT_GE(last.log().deadline(), latest - absl::Seconds(5));
}

TEST_F(HopsTest, ARefusalOfALaterHopKeepsItsReason) {
  Hop last(nullptr);
  const auto last_server = ServerFor(last, "portal");
  Hop first(last_server->Channel());
  const auto first_server = ServerFor(first, "command-gate");
  EXPECT_THAT(Call(*first_server, absl::Seconds(30)),
              HasReason(reason::kCallerNotAllowed));
}

// The callback echo service, offered to an allowed caller and to another one.
class LoadTest : public testing::Test {
 protected:
  // Calls as fast as it can from `threads` threads on each server; counts the
  // answers that were not as `expected` says.
  static int WrongAnswers(Server& server, int threads, bool expected_ok) {
    std::atomic<int> wrong{0};
    std::vector<std::thread> running;
    running.reserve(static_cast<size_t>(threads));
    for (int t = 0; t < threads; ++t) {
      running.emplace_back([&server, &wrong, expected_ok] {
        const auto stub = Echo::NewStub(server.Channel());
        for (int i = 0; i < kCalls; ++i) {
          grpc::ClientContext context;
          EchoMessage message;
          message.set_text("x");
          const grpc::Status status = stub->Say(&context, message, &message);
          if (status.ok() != expected_ok) ++wrong;
        }
      });
    }
    for (std::thread& thread : running) thread.join();
    return wrong;
  }

  static constexpr int kCalls = 200;
  CallbackEcho echo_;
};

TEST_F(LoadTest, CallersStayApart) {
  const auto gate = ServerFor(echo_, "command-gate");
  const auto portal = ServerFor(echo_, "portal");
  int wrong_refusals = -1;
  std::thread refused(
      [&] { wrong_refusals = WrongAnswers(*portal, 2, false); });
  EXPECT_EQ(WrongAnswers(*gate, 2, true), 0);
  refused.join();
  EXPECT_EQ(wrong_refusals, 0);
  EXPECT_EQ(echo_.log().entered(), 2 * kCalls);
}

TEST_F(LoadTest, StreamsThatAreGivenUpLeaveNothingBehind) {
  metrics::Registry registry;
  CallObserver observer(registry, ServiceList().Add<Echo>(echo_).descriptors(),
                        SystemClock());
  ServerOptions options;
  options.observer = &observer;
  options.streams_per_caller = 1;
  auto server = ServerFor(echo_, "command-gate", options);
  const auto stub = Echo::NewStub(server->Channel());
  int entered = 0;
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    const auto stream = stub->Chat(&context);
    EchoMessage message;
    stream->Write(message);
    // A place is free a moment after the former stream's client has gone.
    if (stream->Read(&message)) ++entered;
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_GT(entered, 0);
  server.reset();
  EXPECT_THAT(
      registry.Text(),
      testing::HasSubstr("grpc_server_started_total{grpc_method=\"Chat\","
                         "grpc_service=\"u2fi.rpc.test.Echo\","
                         "grpc_type=\"bidi_stream\"} 50"));
}

// Calls that wait in their handlers until the server gives them up.
TEST_F(LoadTest, ShuttingDownEndsTheStreamsThatAreOpen) {
  auto server = ServerFor(echo_, "command-gate");
  const auto stub = Echo::NewStub(server->Channel());
  grpc::ClientContext context;
  const auto stream = stub->Chat(&context);
  EchoMessage message;
  stream->Write(message);
  ASSERT_TRUE(stream->Read(&message));
  server->Shutdown(absl::Milliseconds(10));
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_FALSE(stream->Finish().ok());
}

}  // namespace
}  // namespace u2fi::rpc
