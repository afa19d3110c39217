// A whole binary of the mesh, but for its main().
#include "services/common/rpc/mesh_process.h"

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

class MeshProcessTest : public MeshTestCase {
 protected:
  MeshProcessTest() {
    const TlsFiles files = ca_.Files("service/command-gate");
    options_.program = "gate";
    options_.identity = "command-gate";
    options_.listen.set_address("127.0.0.1:0");
    options_.listen.set_health_address("127.0.0.1:0");
    options_.listen.mutable_shutdown_grace()->set_seconds(5);
    options_.metrics.set_address("127.0.0.1:0");
    options_.tls.set_certificate_file(files.certificate);
    options_.tls.set_key_file(files.key);
    options_.tls.set_ca_file(files.roots);
    options_.tls.set_trust_domain(files.trust_domain);
  }

  MeshProcess::Options options_;
  ServiceList services_ = ServiceList().Add<test::Echo>(echo_);
};

TEST_F(MeshProcessTest, ServesUntilItIsStopped) {
  ASSERT_OK_AND_ASSIGN(const auto process, MeshProcess::Start(options_));
  ASSERT_OK(process->Declare(services_.descriptors()));
  ASSERT_OK(process->Listen(services_, process->server_options()));
  ASSERT_OK(process->ListenToReplicas(services_, "127.0.0.1:0"));
  config::v1::PeerConfig peer;
  peer.set_target(absl::StrCat("ipv4:127.0.0.1:", process->port()));
  auto channel = process->ChannelTo(peer, "command-gate");
  std::thread serving([&process] { EXPECT_OK(process->Serve()); });
  EXPECT_OK(Say(channel));
  channel.reset();
  process->runner().Stop();
  serving.join();
  EXPECT_THAT(process->metrics().Text(),
              testing::HasSubstr("grpc_server_handled_total{grpc_code=\"OK\","
                                 "grpc_method=\"Say\",grpc_service="
                                 "\"u2fi.rpc.test.Echo\",grpc_type=\"unary\"} "
                                 "1"));
  EXPECT_THAT(
      process->metrics().Text(),
      testing::HasSubstr("u2fi_peer_unreachable{peer=\"command-gate\"} 0"));
}

TEST_F(MeshProcessTest, DoesNotStartWithAWrongClock) {
  options_.shared_clock = [] { return SystemClock().Now() + absl::Hours(1); };
  EXPECT_THAT(MeshProcess::Start(options_), HasReason(reason::kClockSkew));
}

TEST_F(MeshProcessTest, EndsWhenItsClockGoesWrong) {
  absl::Duration ahead;
  options_.shared_clock = [&ahead] { return SystemClock().Now() + ahead; };
  ASSERT_OK_AND_ASSIGN(const auto process, MeshProcess::Start(options_));
  ASSERT_OK(process->Declare(services_.descriptors()));
  ASSERT_OK(process->Listen(services_, process->server_options()));
  ahead = absl::Seconds(3);
  EXPECT_THAT(process->Serve(), HasReason(reason::kClockSkew));
}

TEST_F(MeshProcessTest, ServesWhileTheSharedClockIsAway) {
  options_.shared_clock = [] {
    return Error(reason::kStoreUnavailable, "away");
  };
  ASSERT_OK_AND_ASSIGN(const auto process, MeshProcess::Start(options_));
  process->runner().Stop();
  EXPECT_OK(process->Serve());
}

TEST_F(MeshProcessTest, DoesNotStartWithTheCertificateOfAnotherService) {
  options_.identity = "challenge";
  EXPECT_THAT(MeshProcess::Start(options_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(MeshProcessTest, DoesNotStartWithoutItsMetricsPage) {
  options_.metrics.set_address("203.0.113.1:1");
  EXPECT_THAT(MeshProcess::Start(options_),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(MeshProcessTest, DoesNotStartWithoutItsHealthListener) {
  options_.listen.set_health_address("203.0.113.1:1");
  ASSERT_OK_AND_ASSIGN(const auto process, MeshProcess::Start(options_));
  EXPECT_THAT(process->Declare(services_.descriptors()),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace u2fi::rpc
