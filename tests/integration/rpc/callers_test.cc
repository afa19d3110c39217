// Who gets in over mutual TLS, and what the others are told.
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

using testing::StartsWith;

class CallersTest : public MeshTestCase {
 protected:
  CallersTest() { Listen(); }
};

TEST_F(CallersTest, AnAllowedRoleGetsIn) {
  EXPECT_OK(Say(ChannelOf("client/t1/app")));
  EXPECT_EQ(echo_.log().caller(), "spiffe://test/client/t1/app");
}

TEST_F(CallersTest, AnAllowedServiceGetsIn) {
  EXPECT_OK(Say(ChannelOf("service/command-gate")));
}

TEST_F(CallersTest, AnotherRoleIsRefusedBeforeTheHandler) {
  for (const char* identity : {"gateway/t1/s1/g1", "operator/t1/ann",
                               "operator/-/root", "service/portal"}) {
    EXPECT_THAT(Say(ChannelOf(identity)), HasReason(reason::kCallerNotAllowed))
        << identity;
  }
  EXPECT_EQ(Entered(), 0);
}

TEST_F(CallersTest, ARefusalArrivesWithExactlyOneErrorInfo) {
  const grpc::Status status = SayRaw(ChannelOf("gateway/t1/s1/g1"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 1);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(details.details(0).UnpackTo(&info));
  EXPECT_EQ(info.domain(), "u2fi");
  EXPECT_EQ(info.reason(), "CALLER_NOT_ALLOWED");
  EXPECT_EQ(info.metadata().at("caller"), "spiffe://test/gateway/t1/s1/g1");
}

TEST_F(CallersTest, AnErrorOfAHandlerArrivesWithItsDetails) {
  const grpc::Status status = SayRaw(ChannelOf("client/t1/app"), "refuse");
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(status.error_details()));
  ASSERT_EQ(details.details_size(), 2);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(details.details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "text");
}

TEST_F(CallersTest, AForeignErrorOfAHandlerArrivesWithoutItsCause) {
  const grpc::Status status = SayRaw(ChannelOf("client/t1/app"), "fail");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "internal error");
}

// Certificates of the same CA that say something else.
class CertificateTest : public CallersTest {
 protected:
  absl::Status SayAs(const dev_ca::Leaf& leaf) {
    return Say(RawChannel(&leaf));
  }
  dev_ca::Leaf leaf_ = ca_.LeafOf("client/t1/app");
};

TEST_F(CertificateTest, AGoodOneGetsInAlsoWithoutOurClient) {
  EXPECT_OK(SayAs(leaf_));
}

TEST_F(CertificateTest, OneOutsideTheGrammarIsNobody) {
  for (const char* uri :
       {"spiffe://test/client/T1/app", "spiffe://test/client/app",
        "spiffe://test/client/t1/app/x", "spiffe://test/admin/t1/app",
        "spiffe://test/client//app"}) {
    leaf_.uri = uri;
    EXPECT_THAT(SayAs(leaf_), HasReason(reason::kCallerUnknown)) << uri;
  }
  EXPECT_EQ(Entered(), 0);
}

TEST_F(CertificateTest, OneOfAnotherTrustDomainIsNobody) {
  leaf_.uri = "spiffe://other/client/t1/app";
  EXPECT_THAT(SayAs(leaf_), HasReason(reason::kCallerUnknown));
}

TEST_F(CertificateTest, OneWithAnotherKindOfUriIsNobody) {
  leaf_.uri = "https://test/client/t1/app";
  EXPECT_THAT(SayAs(leaf_), HasReason(reason::kCallerUnknown));
}

TEST_F(CertificateTest, AnExpiredOneDoesNotEvenConnect) {
  leaf_.not_after = SystemClock().Now() - absl::Minutes(1);
  leaf_.not_before = leaf_.not_after - absl::Hours(1);
  EXPECT_THAT(SayAs(leaf_), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(CertificateTest, AMissingOneDoesNotEvenConnect) {
  EXPECT_THAT(Say(RawChannel(nullptr)), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(CertificateTest, OneOfAnotherCaDoesNotEvenConnect) {
  const dev_ca::TestCa other;
  const dev_ca::Issued issued = other.ca().Issue(leaf_);
  grpc::SslCredentialsOptions options{ca_.ca().certificate(), issued.key,
                                      issued.certificate};
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  EXPECT_THAT(Say(grpc::CreateCustomChannel(
                  Target(), grpc::SslCredentials(options), arguments)),
              HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

TEST_F(CertificateTest, PlaintextDoesNotEvenConnect) {
  EXPECT_THAT(
      Say(grpc::CreateChannel(Target(), grpc::InsecureChannelCredentials())),
      HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Entered(), 0);
}

// What others implement: reflection and channelz.
class IntrospectionTest : public MeshTestCase {
 protected:
  grpc::Status Reflect(const std::string& identity,
                       std::string* services = nullptr) {
    // ServerReflectionRequest{list_services: "*"}
    return CallRaw(ChannelOf(identity),
                   "/grpc.reflection.v1alpha.ServerReflection/"
                   "ServerReflectionInfo",
                   "\x3a\x01*", services);
  }
  ServerOptions options_;
};

TEST_F(IntrospectionTest, IsOffUnlessAskedFor) {
  Listen(options_);
  EXPECT_EQ(Reflect("operator/-/root").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(IntrospectionTest, IsForOperatorsOfThePlatform) {
  options_.reflection = true;
  Listen(options_);
  std::string services;
  EXPECT_TRUE(Reflect("operator/-/root", &services).ok());
  EXPECT_THAT(services, testing::HasSubstr("u2fi.rpc.test.Echo"));
}

TEST_F(IntrospectionTest, RefusesOthersAndNamesTheReason) {
  options_.reflection = true;
  Listen(options_);
  for (const char* identity : {"operator/t1/ann", "client/t1/app"}) {
    const grpc::Status status = Reflect(identity);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_THAT(status.error_message(), StartsWith("CALLER_NOT_ALLOWED: "));
  }
}

TEST_F(IntrospectionTest, IsForTheConfiguredCallersOnly) {
  options_.reflection = true;
  options_.reflection_callers = {"spiffe://test/operator/t1/ann"};
  Listen(options_);
  EXPECT_TRUE(Reflect("operator/t1/ann").ok());
  EXPECT_EQ(Reflect("operator/-/root").error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(IntrospectionTest, ChannelzGoesWithReflection) {
  const std::string path = "/grpc.channelz.v1.Channelz/GetServers";
  options_.reflection = true;
  Listen(options_);
  EXPECT_TRUE(CallRaw(ChannelOf("operator/-/root"), path).ok());
  EXPECT_EQ(CallRaw(ChannelOf("client/t1/app"), path).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(IntrospectionTest, AnUnknownRpcIsUnimplementedSoThatToolsFallBack) {
  options_.reflection = true;
  Listen(options_);
  EXPECT_EQ(CallRaw(ChannelOf("operator/-/root"),
                    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
                .error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(IntrospectionTest, AServerWithoutItHasNoneAfterOneThatHasIt) {
  options_.reflection = true;
  Listen(options_);
  options_.reflection = false;
  Listen(options_);
  EXPECT_EQ(Reflect("operator/-/root").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace u2fi::rpc
