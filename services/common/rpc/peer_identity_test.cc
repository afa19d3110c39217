#include "services/common/rpc/peer_identity.h"

#include "services/common/rpc/fake_connection.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

TEST(PeerIdentityTest, TakesTheUriOfTheCertificate) {
  const FakeConnection connection({"spiffe://d/client/t1/app"});
  ASSERT_OK_AND_ASSIGN(const Caller caller,
                       PeerIdentity::MutualTls("d").Identify(&connection));
  EXPECT_EQ(caller.role(), Role::kClient);
  EXPECT_EQ(caller.tenant(), "t1");
}

TEST(PeerIdentityTest, RefusesAConnectionWithoutAUri) {
  const FakeConnection connection({});
  EXPECT_THAT(PeerIdentity::MutualTls("d").Identify(&connection),
              HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, RefusesAConnectionWithTwoUris) {
  const FakeConnection connection(
      {"spiffe://d/client/t1/app", "spiffe://d/operator/-/root"});
  EXPECT_THAT(PeerIdentity::MutualTls("d").Identify(&connection),
              HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, RefusesAMissingConnection) {
  EXPECT_THAT(PeerIdentity::MutualTls("d").Identify(nullptr),
              HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, RefusesAUriOutsideTheGrammar) {
  const FakeConnection connection({"spiffe://d/client/T1/app"});
  EXPECT_THAT(PeerIdentity::MutualTls("d").Identify(&connection),
              HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, OnTheReplicasListenerOnlyTheSameServiceIsSomebody) {
  const PeerIdentity replicas = PeerIdentity::Replicas("d", "gate");
  const FakeConnection same({"spiffe://d/service/gate"});
  ASSERT_OK_AND_ASSIGN(const Caller caller, replicas.Identify(&same));
  EXPECT_EQ(caller.role(), Role::kReplica);
  const FakeConnection other({"spiffe://d/service/registry"});
  EXPECT_THAT(replicas.Identify(&other), HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, InProcessEverybodyIsTheOneService) {
  const FakeConnection connection({"spiffe://d/client/t1/app"});
  ASSERT_OK_AND_ASSIGN(
      const Caller caller,
      PeerIdentity::InProcess("d", "gate").Identify(&connection));
  EXPECT_EQ(caller.uri(), "spiffe://d/service/gate");
}

TEST(PeerIdentityTest, InProcessWithABadNameNobodyIsAnybody) {
  EXPECT_THAT(PeerIdentity::InProcess("d", "").Identify(nullptr),
              HasReason(reason::kCallerUnknown));
}

TEST(PeerIdentityTest, BehindTheUnixSocketEverybodyIsLocal) {
  ASSERT_OK_AND_ASSIGN(const Caller caller,
                       PeerIdentity::Local().Identify(nullptr));
  EXPECT_EQ(caller.role(), Role::kLocal);
}

}  // namespace
}  // namespace u2fi::rpc
