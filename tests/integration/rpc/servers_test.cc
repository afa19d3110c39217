// Which servers our clients believe, and how certificates change.
#include <string>
#include <vector>

#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

class ServersTest : public MeshTestCase {
 protected:
  // A new connection's call, the certificate that the server showed, and the
  // caller that it saw.
  std::string CertificateShown(const TlsIdentity& client) {
    const auto channel = NewChannel(client, Target(), "command-gate");
    grpc::ClientContext context;
    PrepareCall(context, absl::Seconds(20));
    test::EchoMessage message;
    if (!test::Echo::NewStub(channel)->Say(&context, {}, &message).ok()) {
      return "";
    }
    const auto names =
        context.auth_context()->FindPropertyValues("x509_pem_cert");
    return names.empty() ? "" : std::string(names[0].data(), names[0].size());
  }

  // Calls `done` until it is true. Certificates are looked at every second.
  template <typename Condition>
  static bool Eventually(Condition done) {
    const absl::Duration end = SystemClock().Uptime() + absl::Seconds(20);
    while (SystemClock().Uptime() < end) {
      if (done()) return true;
    }
    return false;
  }
};

TEST_F(ServersTest, TheRightServiceIsBelieved) {
  Listen();
  EXPECT_OK(Say(ChannelOf("client/t1/app")));
}

TEST_F(ServersTest, AnotherServiceOfTheSameCaIsNotBelieved) {
  Listen({}, "service/challenge");
  EXPECT_THAT(Say(ChannelOf("client/t1/app")),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(ServersTest, AGatewaysCertificateMakesNoServer) {
  Listen({}, "gateway/t1/s1/g1");
  EXPECT_THAT(Say(ChannelOf("client/t1/app")),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(ServersTest, AServiceOfAnotherCaIsNotBelieved) {
  Listen();
  const dev_ca::TestCa other;
  const auto client = other.Identity("client/t1/app");
  EXPECT_THAT(Say(NewChannel(*client, Target(), "command-gate")),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(ServersTest, ANewServerCertificateIsUsedWithoutARestart) {
  Listen();
  const auto client = ca_.Identity("client/t1/app");
  const std::string before = CertificateShown(*client);
  ASSERT_NE(before, "");
  ca_.Files("service/command-gate");
  EXPECT_TRUE(Eventually([&] {
    const std::string shown = CertificateShown(*client);
    return !shown.empty() && shown != before;
  }));
}

TEST_F(ServersTest, ANewClientCertificateIsUsedWithoutARestart) {
  Listen();
  const auto client = ca_.Identity("client/t1/app");
  ASSERT_NE(CertificateShown(*client), "");
  EXPECT_EQ(echo_.log().caller(), "spiffe://test/client/t1/app");
  ca_.Files("client/t1/app", ca_.LeafOf("client/t2/app"));
  EXPECT_TRUE(Eventually([&] {
    CertificateShown(*client);
    return echo_.log().caller() == "spiffe://test/client/t2/app";
  }));
}

TEST_F(ServersTest, NewCertificatesOfTheSameCaNeverBreakCalls) {
  Listen();
  const auto client = ca_.Identity("client/t1/app");
  const std::string before = CertificateShown(*client);
  ca_.Files("service/command-gate");
  ca_.Files("client/t1/app");
  int failures = 0;
  EXPECT_TRUE(Eventually([&] {
    const std::string shown = CertificateShown(*client);
    if (shown.empty()) ++failures;
    return !shown.empty() && shown != before;
  }));
  EXPECT_EQ(failures, 0);
}

}  // namespace
}  // namespace u2fi::rpc
