#include "services/device-registry/enrolment.h"

#include "gmock/gmock.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class EnrolmentTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeWorld(); }

  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }

  // A first token of alice at gw-1.
  v1::ApplyRequest FirstToken() {
    return EnrolRequest(site_.alice, {{&site_.alice, &site_.gw1}});
  }

  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }

  // A second token, with the touches that it needs.
  v1::ApplyRequest SecondToken(proof::FakeToken& token) {
    NextRequest();
    return EnrolRequest(token,
                        {{&token, &site_.gw1}, {&site_.alice, &site_.gw1}});
  }
};

TEST_F(EnrolmentTest, KeepsTheFirstKeyAndBeginsTheGateways) {
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(FirstToken()));
  EXPECT_EQ(applied.results(0).resource(), "accounts/alice");
  const v1::Account account = Account();
  ASSERT_EQ(account.keys_size(), 1);
  EXPECT_EQ(account.keys(0).token_id(), "tok-alice");
  EXPECT_EQ(account.keys(0).point(), site_.alice.key.public_key().point());
  EXPECT_TRUE(account.keys(0).active());
  ASSERT_EQ(account.gateways_size(), 1);
  EXPECT_EQ(account.gateways(0).id(), "gw-1");
  EXPECT_EQ(account.gateways(0).channel_key(), site_.gw1.ChannelKey());
}

TEST_F(EnrolmentTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = FirstToken();
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
  EXPECT_EQ(Account().keys_size(), 1);
}

TEST_F(EnrolmentTest, ASecondTokenNeedsAnEnrolledOne) {
  ASSERT_OK(Apply(FirstToken()));
  proof::FakeToken second("tok-alice2", "alice");
  NextRequest();
  ExpectRefused(EnrolRequest(second, {{&second, &site_.gw1}}),
                reason::kRuleNotSatisfied);
  EXPECT_OK(Apply(SecondToken(second)));
  EXPECT_EQ(Account().keys_size(), 2);
  EXPECT_EQ(Account().gateways_size(), 1);
}

TEST_F(EnrolmentTest, RefusesARegistrationThatWasSwapped) {
  v1::ApplyRequest request = FirstToken();
  *request.mutable_evidence()->mutable_registration() =
      site_.bob.Registration();
  EXPECT_THAT(Apply(request).status().code(),
              absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Account().keys_size(), 0);
}

TEST_F(EnrolmentTest, RefusesAGatewayThatIsUnknown) {
  ExpectRefused(EnrolRequest(site_.alice, {{&site_.alice, &site_.gw2}}),
                reason::kResourceUnknown);
}

TEST_F(EnrolmentTest, RefusesASuspendedGateway) {
  v1::SuspendGatewayRequest suspend;
  suspend.set_name("gateways/gw-1");
  ASSERT_OK(core_->gateways().SuspendGateway(operator_, suspend));
  ExpectRefused(FirstToken(), reason::kGatewayNotActive);
}

TEST_F(EnrolmentTest, RefusesAnotherKeyOfTheGateway) {
  proof::FakeGateway forged = site_.gw1;
  forged.key = proof::FakeKey("forged");
  ExpectRefused(EnrolRequest(site_.alice, {{&site_.alice, &forged}}),
                reason::kChannelKeyMismatch);
}

TEST_F(EnrolmentTest, AFirstTokenAtAForeignSiteIsForItsLeasesOnly) {
  MakeAccount("bob");
  const std::vector<proof::FakeTouch> touches = {{&site_.bob, &site_.gw1}};
  NextRequest();
  ExpectRefused(EnrolRequest(site_.bob, touches), reason::kPlaceNotAllowed);
  NextRequest();
  ASSERT_OK(Apply(EnrolRequest(site_.bob, touches, "home")));
  const v1::Account account = Account("bob");
  EXPECT_EQ(account.keys(0).lease_site(), "home");
  EXPECT_EQ(account.gateways_size(), 0);
}

TEST_F(EnrolmentTest, RefusesALimitAtTheOwnSite) {
  ExpectRefused(EnrolRequest(site_.alice, {{&site_.alice, &site_.gw1}}, "home"),
                reason::kPlaceNotAllowed);
}

TEST_F(EnrolmentTest, RefusesATokenThatTheAccountHas) {
  ASSERT_OK(Apply(FirstToken()));
  NextRequest();
  EXPECT_FALSE(Apply(FirstToken()).ok());
  EXPECT_EQ(Account().keys_size(), 1);
}

TEST_F(EnrolmentTest, RefusesAfterTheTimeToExecute) {
  const v1::ApplyRequest request = FirstToken();
  clock_.Advance(absl::Minutes(2) + absl::Milliseconds(1));
  ExpectRefused(request, reason::kExecuteByPassed);
}

TEST_F(EnrolmentTest, RefusesAnotherRelyingParty) {
  site_.rp_id = "evil.example";
  ExpectRefused(FirstToken(), reason::kRpIdHashMismatch);
}

TEST_F(EnrolmentTest, RefusesATransaction) {
  v1::ApplyRequest request = FirstToken();
  request.set_transaction("tx");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(EnrolmentTest, ABrowserIsNotThereYet) {
  ExpectRefused(EnrolRequest(site_.alice, {{&site_.alice, nullptr}}),
                reason::kUnimplemented);
}

TEST_F(EnrolmentTest, ARecoveryTokenIsNotTheFirst) {
  ExpectRefused(
      EnrolRequest(site_.alice, {{&site_.alice, &site_.gw1}}, "", true),
      reason::kNoCredentials);
}

TEST_F(EnrolmentTest, ARecoveryTokenIsKeptAndApprovesNothing) {
  ASSERT_OK(Apply(FirstToken()));
  proof::FakeToken recovery("tok-recovery", "alice");
  NextRequest();
  ASSERT_OK(Apply(EnrolRequest(
      recovery, {{&recovery, &site_.gw1}, {&site_.alice, &site_.gw1}}, "",
      true)));
  ASSERT_EQ(Account().keys_size(), 2);
  EXPECT_TRUE(Account().keys(1).recovery());
  proof::FakeToken third("tok-alice3", "alice");
  NextRequest();
  ExpectRefused(
      EnrolRequest(third, {{&third, &site_.gw1}, {&recovery, &site_.gw1}}),
      reason::kTokenNotPinned);
}

TEST_F(EnrolmentTest, AnotherTenantsAccountIsUnknown) {
  v1::ApplyRequest request = FirstToken();
  request.set_tenant("other");
  ExpectRefused(request, reason::kResourceUnknown);
}

TEST_F(EnrolmentTest, OneOfTwoFirstTokensAtATimeIsTheFirst) {
  const v1::ApplyRequest request = FirstToken();
  proof::FakeToken rival("tok-rival", "alice");
  NextRequest();
  const v1::ApplyRequest other = EnrolRequest(rival, {{&rival, &site_.gw1}});
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(NewReplica()->core.applier().Apply(gate_, other)); });
  EXPECT_THAT(Apply(request), HasReason(reason::kRuleNotSatisfied));
  ASSERT_EQ(Account().keys_size(), 1);
  EXPECT_EQ(Account().keys(0).token_id(), "tok-rival");
}

}  // namespace
}  // namespace u2fi::device_registry
