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

// What TlsIdentity says of files.
class TlsFilesTest : public testing::Test {
 protected:
  std::string ErrorOf() const {
    const auto identity = TlsIdentity::Load(files_, SystemClock().Now());
    return identity.ok() ? "" : std::string(identity.status().message());
  }

  dev_ca::TestCa ca_;
  dev_ca::Leaf leaf_ = ca_.LeafOf("service/a");
  TlsFiles files_ = ca_.Files("service/a");
};

TEST_F(TlsFilesTest, GoodOnesTellWhoTheProcessIs) {
  ASSERT_OK_AND_ASSIGN(const auto identity,
                       TlsIdentity::Load(files_, SystemClock().Now()));
  EXPECT_EQ(identity->uri(), "spiffe://test/service/a");
  ASSERT_OK_AND_ASSIGN(const absl::Time end, identity->NotAfter());
  EXPECT_LE(end, SystemClock().Now() + absl::Hours(1));
  EXPECT_GT(end, SystemClock().Now() + absl::Minutes(50));
}

TEST_F(TlsFilesTest, AMissingFileIsNamed) {
  for (std::string* path : {&files_.certificate, &files_.key, &files_.roots}) {
    const std::string former = *path;
    *path = "/nonexistent";
    EXPECT_EQ(ErrorOf(), "/nonexistent: cannot be read");
    *path = former;
  }
}

TEST_F(TlsFilesTest, AFileOfAnotherKindIsNamed) {
  files_.certificate = files_.key;
  EXPECT_THAT(ErrorOf(), testing::StartsWith(files_.key));
}

TEST_F(TlsFilesTest, ACertificateIsNoKey) {
  files_.key = files_.certificate;
  EXPECT_EQ(ErrorOf(), files_.key + ": has no private key");
}

TEST_F(TlsFilesTest, AnExpiredCertificateIsRefused) {
  leaf_.not_after = SystemClock().Now() - absl::Minutes(1);
  leaf_.not_before = leaf_.not_after - absl::Hours(1);
  files_ = ca_.Files("service/a", leaf_);
  EXPECT_EQ(ErrorOf(), files_.certificate + ": is over or not yet good");
}

TEST_F(TlsFilesTest, ACertificateOfAnotherTrustDomainIsRefused) {
  files_.trust_domain = "other";
  EXPECT_EQ(ErrorOf(),
            files_.certificate + ": is not for one URI of the trust domain");
}

TEST_F(TlsFilesTest, AMalformedTrustDomainIsRefused) {
  files_.trust_domain = "Test/";
  EXPECT_EQ(ErrorOf(), "the trust domain is malformed");
}

}  // namespace
}  // namespace u2fi::rpc
