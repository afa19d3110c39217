#include "services/command-gate/session_list.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::command_gate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A stream that takes everything.
class SilentStream : public GatewayStream {
 public:
  absl::Status Enqueue(gateway::v1::MeshMessage) override {
    return absl::OkStatus();
  }
  size_t queued() override { return 0; }
  void Close(const absl::Status&) override {}
};

class SessionListTest : public GateTestCase {
 protected:
  GatewaySession Connect(const std::string& gateway,
                         const std::string& tenant = "t1",
                         const std::string& site = "s1") {
    GatewaySession session = FakeGateways::SessionOf(gateway);
    session.tenant = tenant;
    session.site = site;
    session.open_time = clock_.Now();
    session.agent_version = "0.1.0";
    return *sessions_.Add(session, std::make_shared<SilentStream>());
  }
  absl::StatusOr<v1::ListGatewaySessionsResponse> List(
      const std::string& caller = "operator/t1/olga") {
    return list_.List(rpc::TestCaller(caller), request_);
  }
  std::vector<std::string> Names() {
    const auto listed = List();
    EXPECT_OK(listed);
    std::vector<std::string> names;
    for (const v1::GatewaySession& session : listed->sessions()) {
      names.push_back(session.gateway());
    }
    return names;
  }

  GatewaySessions sessions_{clock_, absl::Seconds(5)};
  SessionList list_{clock_, sessions_, gate().commands};
  v1::ListGatewaySessionsRequest request_;
};

TEST_F(SessionListTest, WithoutGatewaysItIsEmpty) {
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(SessionListTest, GatewaysComeById) {
  Connect("g2");
  Connect("g1");
  EXPECT_THAT(Names(), ElementsAre("g1", "g2"));
}

TEST_F(SessionListTest, EachSaysWhatIsKnownOfItsStream) {
  const GatewaySession session = Connect("g1");
  Asked();
  ASSERT_OK_AND_ASSIGN(const auto listed, List());
  const v1::GatewaySession& view = listed.sessions(0);
  EXPECT_EQ(view.site(), "s1");
  EXPECT_EQ(view.generation(), session.generation);
  EXPECT_EQ(view.agent_version(), "0.1.0");
  EXPECT_EQ(view.open_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(view.open_approvals(), 1u);
}

TEST_F(SessionListTest, OtherTenantsGatewaysStayUnseen) {
  Connect("g1", "t2");
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(SessionListTest, OneSiteMayBeAskedFor) {
  Connect("g1", "t1", "s1");
  Connect("g2", "t1", "s2");
  request_.set_site("s2");
  EXPECT_THAT(Names(), ElementsAre("g2"));
}

TEST_F(SessionListTest, AGatewayThatLeftIsNotListed) {
  sessions_.Remove(Connect("g1"));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(SessionListTest, APageLeadsOnToTheNext) {
  Connect("g1");
  Connect("g2");
  Connect("g3");
  request_.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const auto first, List());
  EXPECT_EQ(first.sessions_size(), 2);
  request_.set_page_token(first.next_page_token());
  ASSERT_OK_AND_ASSIGN(const auto second, List());
  ASSERT_EQ(second.sessions_size(), 1);
  EXPECT_EQ(second.sessions(0).gateway(), "g3");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(SessionListTest, AFullLastPageHasNoNext) {
  Connect("g1");
  Connect("g2");
  request_.set_page_size(2);
  ASSERT_OK_AND_ASSIGN(const auto listed, List());
  EXPECT_EQ(listed.next_page_token(), "");
}

TEST_F(SessionListTest, ATokenOfAnotherListIsRefused) {
  Connect("g1");
  Connect("g2");
  request_.set_page_size(1);
  ASSERT_OK_AND_ASSIGN(const auto first, List());
  request_.set_page_token(first.next_page_token());
  request_.set_site("s1");
  EXPECT_THAT(List(), HasReason(reason::kPageTokenInvalid));
}

TEST_F(SessionListTest, AnotherTenantCannotBeNamed) {
  request_.set_tenant("t2");
  EXPECT_THAT(List(), HasReason(reason::kTenantMismatch));
}

TEST_F(SessionListTest, ThePlatformNamesTheTenant) {
  EXPECT_THAT(List("operator/-/root"), HasReason(reason::kInvalidField));
}

TEST_F(SessionListTest, ASiteMustBeAnId) {
  request_.set_site("S 1");
  EXPECT_THAT(List(), HasReason(reason::kInvalidField));
}

// Streams at two replicas, as the directory has them.
class DirectoryListTest : public SessionListTest {
 protected:
  GatewaySession Claim(GatewayDirectory& directory, const std::string& gateway,
                       const std::string& site = "s1") {
    GatewaySession session = FakeGateways::SessionOf(gateway);
    session.site = site;
    const auto claimed = directory.Claim(session);
    EXPECT_OK(claimed);
    return claimed.ok() ? *claimed : session;
  }
  std::vector<std::string> All() {
    const auto listed =
        all_.List(rpc::TestCaller("operator/t1/olga"), request_);
    EXPECT_OK(listed);
    std::vector<std::string> names;
    for (const v1::GatewaySession& session : listed->sessions()) {
      names.push_back(session.gateway() + "@" + session.replica());
    }
    request_.set_page_token(listed->next_page_token());
    return names;
  }

  GatewayDirectory here_{clock_, store_, {"aaaa", "a:1"}};
  GatewayDirectory there_{clock_, store_, {"bbbb", "b:1"}};
  SessionList all_{clock_, sessions_, gate().commands, &here_};
};

TEST_F(DirectoryListTest, HasTheStreamsOfAllReplicas) {
  Claim(there_, "g2");
  Claim(here_, "g1");
  EXPECT_THAT(All(), ElementsAre("g1@a:1", "g2@b:1"));
}

TEST_F(DirectoryListTest, NotThoseThatAreClosedOrWhoseLeaseHasEnded) {
  const GatewaySession closed = Claim(there_, "g1");
  ASSERT_OK(there_.Release({{closed, clock_.Now()}}));
  Claim(there_, "g2");
  EXPECT_THAT(All(), ElementsAre("g2@b:1"));
  clock_.Advance(there_.options().lease);
  EXPECT_THAT(All(), IsEmpty());
}

TEST_F(DirectoryListTest, SaysWhenTheLeaseEnds) {
  Claim(there_, "g1");
  ASSERT_OK_AND_ASSIGN(
      const auto listed,
      all_.List(rpc::TestCaller("operator/t1/olga"), request_));
  EXPECT_EQ(listed.sessions(0).lease_expire_time().seconds(),
            absl::ToUnixSeconds(clock_.Now() + there_.options().lease));
}

TEST_F(DirectoryListTest, PagesAndSitesAsBefore) {
  for (const char* gateway : {"g1", "g2", "g3"}) Claim(there_, gateway);
  Claim(there_, "g4", "s2");
  request_.set_site("s1");
  request_.set_page_size(2);
  EXPECT_THAT(All(), ElementsAre("g1@b:1", "g2@b:1"));
  EXPECT_THAT(All(), ElementsAre("g3@b:1"));
  EXPECT_EQ(request_.page_token(), "");
}

TEST_F(DirectoryListTest, WithoutStoreItFails) {
  store_.SetAway(true);
  EXPECT_THAT(all_.List(rpc::TestCaller("operator/t1/olga"), request_),
              HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::command_gate
