#include "services/common/rpc/caller_factory.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

constexpr char kDomain[] = "mesh.example";

absl::StatusOr<Caller> Parse(absl::string_view path) {
  return CallerFactory::FromUri(absl::StrCat("spiffe://mesh.example/", path),
                                kDomain);
}

TEST(CallerFactoryTest, ReadsAService) {
  ASSERT_OK_AND_ASSIGN(const Caller caller, Parse("service/command-gate"));
  EXPECT_EQ(caller.role(), Role::kService);
  EXPECT_EQ(caller.name(), "command-gate");
  EXPECT_EQ(caller.tenant(), "");
  EXPECT_EQ(caller.uri(), "spiffe://mesh.example/service/command-gate");
  EXPECT_TRUE(caller.IsService("command-gate"));
  EXPECT_FALSE(caller.IsService("challenge"));
}

TEST(CallerFactoryTest, ReadsAGateway) {
  ASSERT_OK_AND_ASSIGN(const Caller caller, Parse("gateway/t1/s1/g1"));
  EXPECT_EQ(caller.role(), Role::kGateway);
  EXPECT_EQ(caller.tenant(), "t1");
  EXPECT_EQ(caller.site(), "s1");
  EXPECT_EQ(caller.name(), "g1");
}

TEST(CallerFactoryTest, ReadsAnOperatorOfATenant) {
  ASSERT_OK_AND_ASSIGN(const Caller caller, Parse("operator/t1/ann"));
  EXPECT_EQ(caller.role(), Role::kOperator);
  EXPECT_EQ(caller.tenant(), "t1");
  EXPECT_EQ(caller.name(), "ann");
}

TEST(CallerFactoryTest, ReadsAnOperatorOfThePlatformWithoutATenant) {
  ASSERT_OK_AND_ASSIGN(const Caller caller, Parse("operator/-/root"));
  EXPECT_EQ(caller.role(), Role::kPlatformOperator);
  EXPECT_EQ(caller.tenant(), "");
  EXPECT_EQ(caller.name(), "root");
}

TEST(CallerFactoryTest, ReadsAClient) {
  ASSERT_OK_AND_ASSIGN(const Caller caller, Parse("client/t1/app"));
  EXPECT_EQ(caller.role(), Role::kClient);
  EXPECT_EQ(caller.tenant(), "t1");
}

TEST(CallerFactoryTest, TheHyphenIsATenantOnlyForOperators) {
  for (const char* path : {"client/-/app", "gateway/-/s1/g1", "service/-",
                           "operator/-/-", "operator/t1/-"}) {
    EXPECT_THAT(Parse(path), HasReason(reason::kCallerUnknown)) << path;
  }
}

TEST(CallerFactoryTest, RefusesAnyOtherPath) {
  for (const char* path : {"",
                           "/",
                           "service",
                           "service/",
                           "service/a/b",
                           "service//a",
                           "service/a/",
                           "gateway/t1/s1",
                           "gateway/t1/s1/g1/x",
                           "gateway/t1//g1",
                           "operator/ann",
                           "client/app",
                           "client/t1/app/x",
                           "Service/a",
                           "device/t1/d1",
                           "local",
                           "service/a?x",
                           "service/a#x",
                           "service/%61",
                           "service/../a",
                           "service/A"}) {
    EXPECT_THAT(Parse(path), HasReason(reason::kCallerUnknown)) << path;
  }
}

TEST(CallerFactoryTest, RefusesAnotherTrustDomain) {
  for (const char* uri :
       {"spiffe://other/service/a", "spiffe://mesh.example.evil/service/a",
        "spiffe://mesh.exampl/service/a", "spiffe:///service/a",
        "spiffe://MESH.example/service/a",
        "spiffe://x@mesh.example/service/a"}) {
    EXPECT_THAT(CallerFactory::FromUri(uri, kDomain),
                HasReason(reason::kCallerUnknown))
        << uri;
  }
}

TEST(CallerFactoryTest, RefusesAnotherScheme) {
  for (const char* uri :
       {"", "https://mesh.example/service/a", "SPIFFE://mesh.example/service/a",
        "spiffe:/mesh.example/service/a"}) {
    EXPECT_THAT(CallerFactory::FromUri(uri, kDomain),
                HasReason(reason::kCallerUnknown))
        << uri;
  }
}

TEST(CallerFactoryTest, RefusesEverythingWithoutATrustDomain) {
  EXPECT_THAT(CallerFactory::FromUri("spiffe:///service/a", ""),
              HasReason(reason::kCallerUnknown));
}

TEST(CallerFactoryTest, ReadsTheLongestIdsAndRefusesLongerUris) {
  const std::string id(64, 'a');
  EXPECT_OK(Parse(absl::StrCat("gateway/", id, "/", id, "/", id)));
  EXPECT_THAT(Parse(std::string(600, 'a')), HasReason(reason::kCallerUnknown));
}

TEST(CallerFactoryTest, OnlyTheServiceItselfIsAReplica) {
  ASSERT_OK_AND_ASSIGN(
      const Caller replica,
      CallerFactory::AsReplica(TestCaller("service/gate"), "gate"));
  EXPECT_EQ(replica.role(), Role::kReplica);
  EXPECT_THAT(CallerFactory::AsReplica(TestCaller("service/other"), "gate"),
              HasReason(reason::kCallerUnknown));
  EXPECT_THAT(CallerFactory::AsReplica(TestCaller("client/t1/gate"), "gate"),
              HasReason(reason::kCallerUnknown));
}

TEST(CallerFactoryTest, TheLocalCallerHasNoIds) {
  const Caller local = TestCaller("local");
  EXPECT_EQ(local.role(), Role::kLocal);
  EXPECT_EQ(local.tenant() + local.site() + local.name(), "");
}

TEST(CallerFactoryTest, KnowsTrustDomains) {
  EXPECT_TRUE(IsTrustDomain("mesh.example"));
  EXPECT_TRUE(IsTrustDomain(std::string(255, 'a')));
  for (const std::string& bad :
       {std::string(), std::string("A"), std::string("a/b"), std::string("a:1"),
        std::string(256, 'a')}) {
    EXPECT_FALSE(IsTrustDomain(bad)) << bad;
  }
}

}  // namespace
}  // namespace u2fi::rpc
