// Bounds of a listener, and the listeners that are not for the mesh.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/common/logging/logging.h"
#include "services/common/metrics/exposer.h"
#include "services/common/rpc/call_observer.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/health_server.h"
#include "services/common/rpc/server_runner.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;

class ListenerTest : public MeshTestCase {};

TEST_F(ListenerTest, AMessageOfTheLimitPassesAndALargerOneDoesNot) {
  Listen();
  const dev_ca::Leaf leaf = ca_.LeafOf("client/t1/app");
  const auto channel = RawChannel(&leaf);
  // Field number, length and the text make exactly the limit.
  const std::string text(kMaxMessageBytes - 5, 'x');
  grpc::Status status = CallRaw(channel, "/u2fi.rpc.test.Echo/Collect",
                                "\x0a\xfb\xff\xff\x01" + text);
  EXPECT_TRUE(status.ok()) << status.error_message();
  status = CallRaw(channel, "/u2fi.rpc.test.Echo/Collect",
                   "\x0a\xfc\xff\xff\x01" + text + "x");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(ListenerTest, OurClientDoesNotSendALargerOne) {
  Listen();
  EXPECT_THAT(
      Say(ChannelOf("client/t1/app"), std::string(kMaxMessageBytes, 'x')),
      HasReason(reason::kPeerLimit));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(ListenerTest, ACallWithoutADeadlineHasOneAtTheServer) {
  ServerOptions options;
  options.max_call_time = absl::Seconds(7);
  Listen(options);
  grpc::ClientContext context;
  test::EchoMessage response;
  EXPECT_OK(
      FromGrpcStatus(test::Echo::NewStub(ChannelOf("client/t1/app"))
                         ->Say(&context, test::EchoMessage(), &response)));
  EXPECT_LE(echo_.log().deadline(), SystemClock().Now() + absl::Seconds(7));
}

TEST_F(ListenerTest, APortIsNotListenedOnTwice) {
  Listen();
  EXPECT_THAT(Server::ListenMutualTls(
                  ServiceList().Add<test::Echo>(echo_), {}, *server_tls_,
                  absl::StrCat("127.0.0.1:", server_->port())),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ListenerTest, ConnectionsBeyondTheRateWaitAndThenGetIn) {
  ServerOptions options;
  options.accepts_per_second = 2;
  Listen(options);
  const dev_ca::Leaf leaf = ca_.LeafOf("client/t1/app");
  const absl::Duration start = SystemClock().Uptime();
  for (int i = 0; i < 4; ++i) EXPECT_OK(Say(RawChannel(&leaf)));
  EXPECT_GE(SystemClock().Uptime() - start, absl::Milliseconds(900));
}

TEST_F(ListenerTest, OldConnectionsAreReplacedAndNothingIsLost) {
  ServerOptions options;
  // Longer than any handshake: a connection that is over before it was used
  // counts as one that failed.
  options.max_connection_age = absl::Milliseconds(500);
  options.max_connection_grace = absl::InfiniteDuration();
  Listen(options);
  const auto channel = ChannelOf("client/t1/app");
  grpc::ClientContext context;
  const auto stream = test::Echo::NewStub(channel)->Chat(&context);
  test::EchoMessage message;
  stream->Write(message);
  ASSERT_TRUE(stream->Read(&message));
  std::set<std::string> connections;
  while (connections.size() < 3) {
    ASSERT_OK(Say(channel));
    connections.insert(echo_.log().peer());
  }
  // A stream stays where it is.
  EXPECT_TRUE(stream->Write(message));
  EXPECT_TRUE(stream->Read(&message));
  stream->WritesDone();
  EXPECT_OK(FromGrpcStatus(stream->Finish()));
}

TEST_F(ListenerTest, AStoppedServerIsGone) {
  Listen();
  const auto channel = ChannelOf("client/t1/app");
  ASSERT_OK(Say(channel));
  server_->Shutdown(absl::Seconds(1));
  grpc::ClientContext context;
  context.set_wait_for_ready(false);
  PrepareCall(context, absl::Seconds(5));
  test::EchoMessage response;
  EXPECT_FALSE(test::Echo::NewStub(channel)->Say(&context, {}, &response).ok());
}

TEST_F(ListenerTest, ReplicasAreLetInAndOthersAreNot) {
  server_tls_ = ca_.Identity("service/command-gate");
  server_ =
      Server::ListenToReplicas(ServiceList().Add<test::Echo>(echo_), {},
                               *server_tls_, "command-gate", "127.0.0.1:0")
          .value();
  const std::string whisper = "/u2fi.rpc.test.Echo/Whisper";
  EXPECT_TRUE(CallRaw(ChannelOf("service/command-gate"), whisper).ok());
  EXPECT_EQ(CallRaw(ChannelOf("service/portal"), whisper).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  // A replica is not a service: it may call only what is for replicas.
  EXPECT_THAT(Say(ChannelOf("service/command-gate")),
              HasReason(reason::kCallerNotAllowed));
}

TEST_F(ListenerTest, OnTheMeshAServiceIsNoReplica) {
  Listen();
  EXPECT_EQ(
      CallRaw(ChannelOf("service/command-gate"), "/u2fi.rpc.test.Echo/Whisper")
          .error_code(),
      grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(ListenerTest, TheUnixSocketIsForLocalCallers) {
  const std::string path = ca_.folder() + "/s";
  server_ =
      Server::ListenOnUnixSocket(ServiceList().Add<test::Echo>(echo_), {}, path)
          .value();
  const auto channel =
      grpc::CreateChannel("unix:" + path, grpc::InsecureChannelCredentials());
  EXPECT_TRUE(CallRaw(channel, "/u2fi.rpc.test.Echo/Whisper").ok());
  EXPECT_THAT(Say(channel), HasReason(reason::kCallerNotAllowed));
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);
}

TEST_F(ListenerTest, MayShutDownWhileCallsCome) {
  for (int round = 0; round < 5; ++round) {
    Listen();
    std::thread calls([channel = ChannelOf("client/t1/app")] {
      for (int i = 0; i < 50; ++i) CallRaw(channel, "/u2fi.rpc.test.Echo/Say");
    });
    server_->Shutdown(absl::Milliseconds(round));
    server_.reset();
    calls.join();
  }
}

// grpc.health.v1.Health, by hand: Debian ships no stubs.
class HealthTest : public MeshTestCase {
 protected:
  HealthTest()
      : health_(HealthServer::Listen("127.0.0.1:0", {"u2fi.a.v1.A"}).value()),
        channel_(grpc::CreateChannel(
            absl::StrCat("ipv4:127.0.0.1:", health_->port()),
            grpc::InsecureChannelCredentials())) {}

  // 1 is SERVING, 2 NOT_SERVING; -1: unknown.
  int StateOf(const std::string& name) {
    std::string request;
    if (!name.empty()) {
      request = absl::StrCat("\x0a", std::string(1, name.size()), name);
    }
    std::string response;
    const grpc::Status status =
        CallRaw(channel_, "/grpc.health.v1.Health/Check", request, &response);
    if (!status.ok()) return -1;
    return response.size() == 2 ? response[1] : 0;
  }

  std::unique_ptr<HealthServer> health_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(HealthTest, NothingServesAtFirst) {
  EXPECT_EQ(StateOf(""), 2);
  EXPECT_EQ(StateOf("u2fi.a.v1.A"), 2);
}

TEST_F(HealthTest, TellsEachNameApart) {
  health_->SetServing("u2fi.a.v1.A", true);
  EXPECT_EQ(StateOf("u2fi.a.v1.A"), 1);
  EXPECT_EQ(StateOf(""), 2);
  health_->SetAllServing(true);
  EXPECT_EQ(StateOf(""), 1);
}

TEST_F(HealthTest, AnUnknownNameIsUnknown) { EXPECT_EQ(StateOf("x"), -1); }

// There is no certificate to be shown: anybody may ask.
TEST_F(HealthTest, ALongQuestionIsNotRead) {
  EXPECT_EQ(CallRaw(channel_, "/grpc.health.v1.Health/Check",
                    std::string(2000, '\x01'))
                .error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(StateOf(""), 2);
}

TEST_F(HealthTest, TheListenerHasNothingElse) {
  // Also not after a server with introspection was made.
  ServerOptions options;
  options.reflection = true;
  Listen(options);
  health_ = HealthServer::Listen("127.0.0.1:0", {}).value();
  channel_ =
      grpc::CreateChannel(absl::StrCat("ipv4:127.0.0.1:", health_->port()),
                          grpc::InsecureChannelCredentials());
  for (const char* path :
       {"/u2fi.rpc.test.Echo/Say", "/grpc.channelz.v1.Channelz/GetServers",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    EXPECT_EQ(CallRaw(channel_, path).error_code(),
              grpc::StatusCode::UNIMPLEMENTED)
        << path;
  }
}

TEST_F(HealthTest, TheMeshListenerHasNoHealth) {
  Listen();
  EXPECT_EQ(
      CallRaw(ChannelOf("operator/-/root"), "/grpc.health.v1.Health/Check")
          .error_code(),
      grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(HealthTest, APortInUseIsAnError) {
  EXPECT_THAT(
      HealthServer::Listen(absl::StrCat("127.0.0.1:", health_->port()), {}),
      StatusIs(absl::StatusCode::kUnavailable));
}

// A whole process's life.
class RunnerTest : public HealthTest {
 protected:
  RunnerTest() { Listen(); }
  ServerRunner runner_{absl::Seconds(10)};
};

TEST_F(RunnerTest, ServesUntilItIsStoppedAndDrainsInOrder) {
  const auto channel = ChannelOf("client/t1/app");
  std::vector<int> states;
  bool served_while_draining = false;
  runner_.OnDrain([&](absl::Time) {
    states.push_back(StateOf(""));
    served_while_draining = Say(channel).ok();
  });
  runner_.Add(std::move(server_));
  runner_.SetHealth(std::move(health_));
  std::thread serving([this] { runner_.Serve(); });
  while (StateOf("") != 1) {
  }
  EXPECT_OK(Say(channel));
  runner_.Stop();
  serving.join();
  EXPECT_THAT(states, testing::ElementsAre(2));
  EXPECT_TRUE(served_while_draining);
  EXPECT_FALSE(Say(channel).ok());
}

TEST_F(RunnerTest, ACallThatRunsMayEndWithinTheGrace) {
  const auto stub = test::Echo::NewStub(ChannelOf("client/t1/app"));
  grpc::ClientContext context;
  const auto stream = stub->Chat(&context);
  test::EchoMessage message;
  stream->Write(message);
  ASSERT_TRUE(stream->Read(&message));
  runner_.Add(std::move(server_));
  runner_.Stop();
  std::thread serving([this] { runner_.Serve(); });
  message.set_text("still there");
  EXPECT_TRUE(stream->Write(message));
  EXPECT_TRUE(stream->Read(&message));
  stream->WritesDone();
  EXPECT_OK(FromGrpcStatus(stream->Finish()));
  serving.join();
}

TEST_F(RunnerTest, ACallThatDoesNotEndIsCancelledAfterTheGrace) {
  ServerRunner runner(absl::ZeroDuration());
  const auto stub = test::Echo::NewStub(ChannelOf("client/t1/app"));
  grpc::ClientContext context;
  const auto stream = stub->Chat(&context);
  test::EchoMessage message;
  stream->Write(message);
  ASSERT_TRUE(stream->Read(&message));
  runner.Add(std::move(server_));
  runner.Stop();
  runner.Serve();
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_FALSE(stream->Finish().ok());
}

// What one HTTP GET of /metrics brings.
std::string Scrape(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string page;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
      0) {
    const std::string request =
        "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    send(fd, request.data(), request.size(), 0);
    char buffer[4096];
    ssize_t count = 0;
    while ((count = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
      page.append(buffer, static_cast<size_t>(count));
    }
  }
  close(fd);
  return page;
}

TEST(ExposerTest, ShowsTheMetricsOverHttp) {
  metrics::Registry registry;
  metrics::AddBuildInfo(registry, "challenge", "1");
  ASSERT_OK_AND_ASSIGN(const auto exposer,
                       metrics::Exposer::Start(registry, "127.0.0.1:0"));
  const std::string page = Scrape(exposer->port());
  EXPECT_THAT(page, HasSubstr("HTTP/1.1 200 OK"));
  EXPECT_THAT(page, HasSubstr("u2fi_build_info{service=\"challenge\""));
}

TEST(ExposerTest, AnAddressThatCannotBeListenedOnIsAnError) {
  metrics::Registry registry;
  EXPECT_THAT(metrics::Exposer::Start(registry, "203.0.113.1:1"),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(ListenerTest, CallsAreCountedByRpcAndCode) {
  metrics::Registry registry;
  CallObserver observer(registry,
                        ServiceList().Add<test::Echo>(echo_).descriptors(),
                        SystemClock());
  ServerOptions options;
  options.observer = &observer;
  Listen(options);
  EXPECT_OK(Say(ChannelOf("client/t1/app")));
  EXPECT_FALSE(Say(ChannelOf("gateway/t1/s1/g1")).ok());
  server_.reset();
  const std::string page = registry.Text();
  const std::string labels =
      "grpc_method=\"Say\",grpc_service=\"u2fi.rpc.test.Echo\","
      "grpc_type=\"unary\"}";
  EXPECT_THAT(page, HasSubstr("grpc_server_started_total{" + labels + " 2"));
  EXPECT_THAT(page, HasSubstr("grpc_server_handled_total{grpc_code=\"OK\"," +
                              labels + " 1"));
  EXPECT_THAT(page, HasSubstr("grpc_server_handled_total{grpc_code="
                              "\"PermissionDenied\"," +
                              labels + " 1"));
  EXPECT_THAT(page,
              HasSubstr("grpc_server_handling_seconds_count{" + labels + " 2"));
}

TEST_F(ListenerTest, CallsAreLoggedWithTheirTraceAndCaller) {
  metrics::Registry registry;
  CallObserver observer(registry,
                        ServiceList().Add<test::Echo>(echo_).descriptors(),
                        SystemClock());
  ServerOptions options;
  options.observer = &observer;
  Listen(options);
  logging::Start(
      {"gate", "1", logging::Severity::kInfo, logging::Format::kJson});
  const auto channel = ChannelOf("client/t1/app");
  testing::internal::CaptureStderr();
  grpc::ClientContext context;
  context.AddMetadata(
      "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  test::EchoMessage request;
  request.set_text("refuse");
  request.set_request_id("0123456789abcdef0123456789abcdef");
  test::EchoMessage response;
  test::Echo::NewStub(channel)->Say(&context, request, &response);
  server_.reset();
  const std::string log = testing::internal::GetCapturedStderr();
  for (const char* part : {R"("trace_id":"0af7651916cd43dd8448eb211c80319c")",
                           R"("request_id":"0123456789abcdef0123456789abcdef")",
                           R"("rpc":"/u2fi.rpc.test.Echo/Say")",
                           R"("peer":"spiffe://test/client/t1/app")",
                           R"("code":"InvalidArgument")", R"("dur_ms":)"}) {
    EXPECT_THAT(log, HasSubstr(part));
  }
}

}  // namespace
}  // namespace u2fi::rpc
