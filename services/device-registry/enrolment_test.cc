#include "services/device-registry/enrolment.h"

#include "gmock/gmock.h"
#include "services/common/fido/cose_key_test_util.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"
#include "u2fi/proof/v1/operations.pb.h"

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
  // It approves no other token either.
  proof::FakeToken second("tok-bob2", "bob");
  NextRequest();
  ExpectRefused(EnrolRequest(second, {{&second, &site_.gw1}, touches[0]}),
                reason::kNoCredentials);
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

TEST_F(EnrolmentTest, AFirstTokenJoinsInThePortal) {
  ASSERT_OK(Apply(EnrolRequest(site_.alice, {{&site_.alice, nullptr}})));
  ASSERT_EQ(Account().keys_size(), 1);
  EXPECT_EQ(Account().gateways_size(), 0);
}

TEST_F(EnrolmentTest, RefusesAnotherPortal) {
  site_.portal_origin = "https://evil.example";
  ExpectRefused(EnrolRequest(site_.alice, {{&site_.alice, nullptr}}),
                reason::kBrowserNotAllowed);
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

TEST_F(EnrolmentTest, RefusesATokenThatWasRevokedMeanwhile) {
  ASSERT_OK(Apply(FirstToken()));
  v1::TokenWord word;
  word.set_account("alice");
  word.set_revoked("tok-alice2");
  ASSERT_OK(Tell(word));
  proof::FakeToken second("tok-alice2", "alice");
  ExpectRefused(SecondToken(second), reason::kTokenRevoked);
}

// Alice's only token is lost; a recovery of her account opens now.
class RecoveredEnrolmentTest : public EnrolmentTest {
 protected:
  void SetUp() override {
    EnrolmentTest::SetUp();
    ASSERT_OK(Apply(FirstToken()));
    word_.set_account("alice");
    v1::AccountRecovery& recovery = *word_.mutable_recovery();
    recovery.set_recovery("r-1");
    SetOpen(absl::ZeroDuration());
  }
  void SetOpen(absl::Duration from_now) {
    const int64_t open_ms =
        UnixMillis(clock_) + absl::ToInt64Milliseconds(from_now);
    *word_.mutable_recovery()->mutable_open_time() = ToTimestamp(open_ms);
    *word_.mutable_recovery()->mutable_expire_time() =
        ToTimestamp(open_ms + absl::ToInt64Milliseconds(absl::Hours(24 * 7)));
  }
  // The new token's own touch and no other.
  v1::ApplyRequest Alone(proof::FakeToken& token) {
    NextRequest();
    return EnrolRequest(token, {{&token, &site_.gw1}});
  }

  v1::TokenWord word_;
  proof::FakeToken new_{"tok-new", "alice"};
};

TEST_F(RecoveredEnrolmentTest, TheNewTokenAloneIsEnough) {
  ASSERT_OK(Tell(word_));
  ASSERT_OK(Apply(Alone(new_)));
  const v1::Account account = Account();
  ASSERT_EQ(account.keys_size(), 2);
  EXPECT_TRUE(account.keys(0).active());
  EXPECT_FALSE(account.keys(0).has_recover_time());
  EXPECT_EQ(account.keys(1).token_id(), "tok-new");
  EXPECT_EQ(ToMillis(account.keys(1).recover_time()), UnixMillis(clock_));
  EXPECT_EQ(account.gateways_size(), 1);
}

TEST_F(RecoveredEnrolmentTest, LetsOneTokenInAndNoOther) {
  ASSERT_OK(Tell(word_));
  ASSERT_OK(Apply(Alone(new_)));
  proof::FakeToken other("tok-other", "alice");
  ExpectRefused(Alone(other), reason::kRuleNotSatisfied);
  ASSERT_OK(Tell(word_));
  ExpectRefused(Alone(other), reason::kRuleNotSatisfied);
}

TEST_F(RecoveredEnrolmentTest, BeforeItOpensNothingIsDifferent) {
  SetOpen(absl::Hours(24));
  ASSERT_OK(Tell(word_));
  ExpectRefused(Alone(new_), reason::kRuleNotSatisfied);
  clock_.Advance(absl::Hours(24));
  site_.now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  EXPECT_OK(Apply(Alone(new_)));
}

TEST_F(RecoveredEnrolmentTest, AfterItsEndNothingIsDifferent) {
  SetOpen(-absl::Hours(24 * 7 + 1));
  ASSERT_OK(Tell(word_));
  ExpectRefused(Alone(new_), reason::kRuleNotSatisfied);
}

TEST_F(RecoveredEnrolmentTest, OneThatWasStoppedLetsNobodyIn) {
  ASSERT_OK(Tell(word_));
  v1::TokenWord stopped = word_;
  stopped.mutable_recovery()->set_cancelled(true);
  ASSERT_OK(Tell(stopped));
  ExpectRefused(Alone(new_), reason::kRuleNotSatisfied);
  // The first word comes again, late.
  ASSERT_OK(Tell(word_));
  ExpectRefused(Alone(new_), reason::kRuleNotSatisfied);
}

TEST_F(RecoveredEnrolmentTest, IsTheAccountsOwn) {
  word_.set_account("bob");
  ASSERT_OK(Tell(word_));
  ExpectRefused(Alone(new_), reason::kRuleNotSatisfied);
}

TEST_F(RecoveredEnrolmentTest, DoesNotLetARecoveryTokenIn) {
  ASSERT_OK(Tell(word_));
  NextRequest();
  ExpectRefused(EnrolRequest(new_, {{&new_, &site_.gw1}}, "", true),
                reason::kRuleNotSatisfied);
}

TEST_F(RecoveredEnrolmentTest, AForeignGatewayIsNoPlaceForIt) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  ASSERT_OK(Tell(word_));
  NextRequest();
  ExpectRefused(EnrolRequest(new_, {{&new_, &site_.gw2}}, "office"),
                reason::kPlaceNotAllowed);
}

// Else whoever may revoke without a touch could join with a key of his own.
TEST_F(RecoveredEnrolmentTest, AfterTheLastKeyIsRevokedTheNextIsNoFirst) {
  v1::TokenWord revoked;
  revoked.set_account("alice");
  revoked.set_revoked("tok-alice");
  ASSERT_OK(Tell(revoked));
  ASSERT_EQ(Account().keys_size(), 0);
  ExpectRefused(Alone(new_), reason::kNoCredentials);
  ASSERT_OK(Tell(word_));
  ASSERT_OK(Apply(Alone(new_)));
  proof::FakeToken second("tok-second", "alice");
  NextRequest();
  EXPECT_OK(Apply(
      EnrolRequest(second, {{&second, &site_.gw1}, {&new_, &site_.gw1}})));
}

// What is bound from now on pins what the recovery let in, and what that
// approved; no proof connects it with the lost key.
TEST_F(RecoveredEnrolmentTest, IsPinnedWithoutTheLostKey) {
  ASSERT_OK(Tell(word_));
  ASSERT_OK(Apply(Alone(new_)));
  proof::FakeToken third("tok-third", "alice");
  NextRequest();
  ASSERT_OK(
      Apply(EnrolRequest(third, {{&third, &site_.gw1}, {&new_, &site_.gw1}})));
  proof::FakeToken fourth("tok-fourth", "alice");
  NextRequest();
  ASSERT_OK(Apply(EnrolRequest(
      fourth, {{&fourth, &site_.gw1}, {&site_.alice, &site_.gw1}})));
  const proof::v1::PinSet pins = PlannedPins();
  ASSERT_EQ(pins.keys_size(), 2);
  EXPECT_EQ(pins.keys(0).token_id(), "tok-new");
  EXPECT_EQ(pins.keys(1).token_id(), "tok-third");
}

TEST_F(RecoveredEnrolmentTest, StillWantsTheNewKeysOwnTouch) {
  ASSERT_OK(Tell(word_));
  NextRequest();
  ExpectRefused(EnrolRequest(new_, {{&site_.alice, &site_.gw1}}),
                reason::kTokenNotPinned);
}

// A key of another kind than P-256, from a browser, signs with alice's token.
class OtherKeysTest : public EnrolmentTest,
                      public testing::WithParamInterface<fido::AlgorithmCase> {
 protected:
  static std::string Cose() {
    return fido::cbor::Map(
        fido::CosePairsOf(fido::TestKeyOf(GetParam()), GetParam()));
  }
  // The touch again, signed with the other key.
  static void Sign(proof::v1::Approval& approval) {
    approval.set_signature(
        fido::TestKeyOf(GetParam())
            .Sign(GetParam().signature,
                  proof::SignedBytes(approval.authenticator_data(),
                                     approval.client_data())));
  }
  // Enrols it in the portal, as the account's first.
  v1::ApplyRequest Request() {
    proof::v1::Registration registration = site_.alice.Registration();
    registration.set_public_key(Cose());
    proof::v1::EnrolArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id("tok-alice");
    arguments.set_registration_digest(
        crypto::ToString(proof::RegistrationDigest(registration)));
    proof::v1::Command command =
        site_.Command("u2fi.enrol", proof::Encode(arguments));
    command.set_device(proof::AccountTarget("alice"));
    return Signed(proof::v1::PURPOSE_ENROL, command, registration);
  }
  v1::ApplyRequest Signed(proof::v1::Purpose purpose,
                          proof::v1::Command command,
                          const proof::v1::Registration& registration) {
    command.clear_gateway();
    command.clear_sequence();
    proof::FakeRequest fake;
    fake.purpose = purpose;
    fake.commands = {proof::Encode(command)};
    fake.touches = {{&site_.alice, nullptr}};
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    Sign(*request.mutable_approvals(0));
    request.add_items()->set_command(fake.commands[0]);
    *request.mutable_evidence()->mutable_registration() = registration;
    return request;
  }
};
INSTANTIATE_TEST_SUITE_P(All, OtherKeysTest,
                         testing::ValuesIn(fido::kAlgorithmCases + 1,
                                           std::end(fido::kAlgorithmCases)));

TEST_P(OtherKeysTest, JoinsAndHasNoPoint) {
  ASSERT_OK(Apply(Request()));
  ASSERT_EQ(Account().keys_size(), 1);
  EXPECT_EQ(Account().keys(0).public_key(), Cose());
  EXPECT_EQ(Account().keys(0).point(), "");
}

TEST_P(OtherKeysTest, AnotherKeysSignatureIsRefused) {
  v1::ApplyRequest request = Request();
  request.mutable_approvals(0)->mutable_signature()->back() ^= 1;
  ExpectRefused(request, reason::kSignatureInvalid);
}

TEST_P(OtherKeysTest, ApprovesActsOnTheAccount) {
  ASSERT_OK(Apply(Request()));
  NextRequest();
  proof::v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id("tok-alice");
  proof::v1::Command command =
      site_.Command("u2fi.token.suspend", proof::Encode(arguments));
  command.set_device(proof::AccountTarget("alice"));
  ASSERT_OK(Apply(Signed(proof::v1::PURPOSE_TOKEN, command, {})));
  EXPECT_FALSE(Account().keys(0).active());
}

TEST_P(OtherKeysTest, NoDeviceCanPinIt) {
  ASSERT_OK(Apply(Request()));
  v1::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PROVISION);
  plan.add_devices("lock-1");
  plan.set_account("alice");
  plan.set_site("home");
  EXPECT_THAT(core_->planner().PlanPins(client_, plan),
              HasReason(reason::kNoCredentials));
  plan.set_token_id("tok-alice");
  EXPECT_THAT(core_->planner().PlanPins(client_, plan),
              HasReason(reason::kAlgNotAllowed));
}

}  // namespace
}  // namespace u2fi::device_registry
