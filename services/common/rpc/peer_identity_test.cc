#include "services/common/rpc/peer_identity.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

// A connection whose certificate had these URIs.
class FakeConnection : public grpc::AuthContext {
 public:
  explicit FakeConnection(std::vector<std::string> uris)
      : uris_(std::move(uris)) {}

  std::vector<grpc::string_ref> FindPropertyValues(
      const std::string& name) const override {
    if (name != "peer_spiffe_id") return {};
    return {uris_.begin(), uris_.end()};
  }
  bool IsPeerAuthenticated() const override { return true; }
  std::vector<grpc::string_ref> GetPeerIdentity() const override { return {}; }
  std::string GetPeerIdentityPropertyName() const override { return ""; }
  grpc::AuthPropertyIterator begin() const override { return End(); }
  grpc::AuthPropertyIterator end() const override { return End(); }
  void AddProperty(const std::string&, const grpc::string_ref&) override {}
  bool SetPeerIdentityPropertyName(const std::string&) override {
    return false;
  }

 private:
  struct End : grpc::AuthPropertyIterator {};
  std::vector<std::string> uris_;
};

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
