#include "services/device-registry/token_acts.h"

#include "gmock/gmock.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/deny_list.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Alice has two tokens, enrolled at gw-1.
class TokenActsTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeEnrolledWorld();
    NextRequest();
    ASSERT_OK(Apply(
        EnrolRequest(second_, {{&second_, &gw()}, {&site_.alice, &gw()}})));
  }

  proof::FakeGateway& gw() { return site_.gw1; }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  v1::ApplyRequest Request(const std::string& what, const std::string& token,
                           std::vector<proof::FakeTouch> touches) {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    return AccountActRequest("u2fi.token." + what, proof::Encode(arguments),
                             std::move(touches));
  }
  // By the second token, about the first one.
  v1::ApplyRequest About(const std::string& what) {
    return Request(what, site_.alice.id, {{&second_, &gw()}});
  }
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
  bool IsActive(const std::string& token) {
    const v1::Account account = Account();
    for (const v1::AccountKey& key : account.keys()) {
      if (key.token_id() == token) return key.active();
    }
    ADD_FAILURE() << "no key " << token;
    return false;
  }
  gateway::v1::Revocations Denied() {
    v1::AdmitGatewayRequest admit;
    admit.set_tenant("acme");
    admit.set_site("home");
    admit.set_gateway("gw-1");
    admit.set_public_key(gw().key.public_key().Spki());
    const auto admitted = core_->gateways().AdmitGateway(gate_, admit);
    EXPECT_OK(admitted);
    return admitted.ok() ? admitted->revocations() : gateway::v1::Revocations();
  }

  proof::FakeToken second_{"tok-alice2", "alice"};
};

TEST_F(TokenActsTest, SuspendAndResumeSayWhetherTheKeyIsBelieved) {
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(About("suspend")));
  EXPECT_EQ(applied.results(0).resource(), "accounts/alice");
  EXPECT_FALSE(IsActive(site_.alice.id));
  ASSERT_OK(Apply(About("resume")));
  EXPECT_TRUE(IsActive(site_.alice.id));
  EXPECT_THAT(Denied().tokens(), IsEmpty());
}

TEST_F(TokenActsTest, ARevokedKeyIsForgottenAndDenied) {
  ASSERT_OK(Apply(About("revoke")));
  ASSERT_EQ(Account().keys_size(), 1);
  EXPECT_EQ(Account().keys(0).token_id(), "tok-alice2");
  EXPECT_THAT(Denied().tokens(), ElementsAre(site_.alice.id));
}

TEST_F(TokenActsTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = About("revoke");
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(TokenActsTest, ATokenDoesNotRevokeItself) {
  ExpectRefused(Request("revoke", site_.alice.id, {{&site_.alice, &gw()}}),
                reason::kRuleNotSatisfied);
  EXPECT_EQ(Account().keys_size(), 2);
}

TEST_F(TokenActsTest, ATokenSuspendsItselfButDoesNotResumeItself) {
  ASSERT_OK(Apply(Request("suspend", site_.alice.id, {{&site_.alice, &gw()}})));
  ExpectRefused(Request("resume", site_.alice.id, {{&site_.alice, &gw()}}),
                reason::kTokenNotPinned);
}

TEST_F(TokenActsTest, ASuspendedTokenApprovesNothing) {
  ASSERT_OK(Apply(About("suspend")));
  ExpectRefused(Request("revoke", second_.id, {{&site_.alice, &gw()}}),
                reason::kTokenNotPinned);
}

TEST_F(TokenActsTest, WithoutActiveTokensNothingIsApproved) {
  ASSERT_OK(Apply(About("suspend")));
  ASSERT_OK(Apply(Request("suspend", second_.id, {{&second_, &gw()}})));
  ExpectRefused(About("resume"), reason::kNoCredentials);
}

TEST_F(TokenActsTest, AStrangersTokenApprovesNothing) {
  ExpectRefused(Request("revoke", site_.alice.id, {{&site_.bob, &gw()}}),
                reason::kAccountMismatch);
}

TEST_F(TokenActsTest, ATokenThatTheAccountDoesNotHaveIsUnknown) {
  ExpectRefused(Request("revoke", "tok-bob", {{&second_, &gw()}}),
                reason::kResourceUnknown);
}

TEST_F(TokenActsTest, AForeignGatewayIsNoPlaceForIt) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  ExpectRefused(Request("revoke", site_.alice.id, {{&second_, &site_.gw2}}),
                reason::kPlaceNotAllowed);
}

TEST_F(TokenActsTest, ASwappedTokenIsNotCovered) {
  v1::ApplyRequest request = About("revoke");
  request.mutable_items(0)->set_command(
      Request("revoke", second_.id, {{&second_, &gw()}}).items(0).command());
  ExpectRefused(request, reason::kCommandMismatch);
}

TEST_F(TokenActsTest, RefusesATransaction) {
  v1::ApplyRequest request = About("revoke");
  request.set_transaction("tx");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(TokenActsTest, ThePortalIsAPlaceForIt) {
  ASSERT_OK(Apply(Request("revoke", site_.alice.id, {{&second_, nullptr}})));
  EXPECT_EQ(Account().keys_size(), 1);
}

TEST_F(TokenActsTest, AnotherPortalIsNot) {
  site_.portal_origin = "https://evil.example";
  ExpectRefused(Request("revoke", site_.alice.id, {{&second_, nullptr}}),
                reason::kBrowserNotAllowed);
}

TEST_F(TokenActsTest, AfterTheTimeToExecuteItIsTooLate) {
  const v1::ApplyRequest request = About("revoke");
  clock_.Advance(absl::Minutes(2) + absl::Milliseconds(1));
  ExpectRefused(request, reason::kExecuteByPassed);
}

}  // namespace
}  // namespace u2fi::device_registry
