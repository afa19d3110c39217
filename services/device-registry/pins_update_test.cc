#include "services/device-registry/pins_update.h"

#include "gmock/gmock.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::PinSet;

class PinsUpdateTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeBoundWorld();
    ASSERT_OK(core_->confirmations().Confirm(gate_, ConfirmRequest()));
  }

  proof::PinSet Present() {
    v1::ListPinRevisionsRequest list;
    list.set_device("lock-1");
    const auto revisions = core_->reader().ListPinRevisions(client_, list);
    EXPECT_OK(revisions);
    return *proof::PinSet::Parse(revisions->pin_revisions(0).pin_set());
  }
  // The next revision, in which the camera is forbidden.
  PinSet Stricter() {
    PinSet next = proof::FakeSite::Next(Present());
    proof::v1::OperationRule& entry = *next.add_rules();
    entry.set_operation("camera.on");
    *entry.mutable_rule() = proof::ForbiddenRule();
    return next;
  }
  // Touched for by `touches`, under PINS.
  v1::ApplyRequest Request(const PinSet& next,
                           std::vector<proof::FakeTouch> touches) {
    NextRequest();
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_PINS;
    proof::v1::Command command =
        site_.Command("u2fi.pins", proof::PinSet::Encode(next)->bytes());
    command.set_gateway(executor_gateway_);
    fake.commands = {proof::Encode(command)};
    fake.touches = std::move(touches);
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    return request;
  }
  v1::ApplyRequest ByAlice(const PinSet& next) {
    return Request(next, {{&site_.alice, &site_.gw1}});
  }
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(core_->applier().Apply(gate_, request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
    EXPECT_EQ(Device().pins_revision(), 1u);
  }
  // A second token of alice, which the device does not believe yet.
  v1::ApplyRequest EnrolSecond() {
    NextRequest();
    v1::ApplyRequest enrol = EnrolRequest(
        second_, {{&second_, &site_.gw1}, {&site_.alice, &site_.gw1}});
    EXPECT_OK(core_->applier().Apply(gate_, enrol));
    return enrol;
  }
  static void AddEvidence(const v1::ApplyRequest& enrol,
                          v1::ApplyRequest& request) {
    proof::v1::EnrolmentProof& evidence =
        *request.mutable_evidence()->add_enrolments();
    *evidence.mutable_registration() = enrol.evidence().registration();
    evidence.set_command(enrol.items(0).command());
    *evidence.mutable_proof()->mutable_approvals() = enrol.approvals();
  }

  // The account revokes `token` with `by`.
  void Revoke(const std::string& token, proof::FakeToken* by) {
    NextRequest();
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    proof::v1::Command command =
        site_.Command("u2fi.token.revoke", proof::Encode(arguments));
    command.set_device(proof::AccountTarget("alice"));
    proof::FakeRequest fake;
    fake.purpose = proof::v1::PURPOSE_TOKEN;
    fake.commands = {proof::Encode(command)};
    fake.touches = {{by, &site_.gw1}};
    v1::ApplyRequest request;
    request.set_tenant("acme");
    *request.mutable_approvals() = site_.Prove(fake).approvals();
    request.add_items()->set_command(fake.commands[0]);
    ASSERT_OK(core_->applier().Apply(gate_, request));
  }

  proof::FakeToken second_{"token-2", "alice"};
  std::string executor_gateway_ = "gw-1";
};

TEST_F(PinsUpdateTest, RecordsTheNextRevision) {
  const PinSet next = Stricter();
  ASSERT_OK_AND_ASSIGN(const auto applied,
                       core_->applier().Apply(gate_, ByAlice(next)));
  EXPECT_EQ(applied.results(0).resource(), "devices/lock-1");
  EXPECT_EQ(applied.access_tokens_size(), 0);
  EXPECT_EQ(Device().pins_revision(), 2u);
  EXPECT_EQ(Device().reported_pins_revision(), 1u);
  EXPECT_EQ(Present().fields().rules_size(), next.rules_size());
}

TEST_F(PinsUpdateTest, IsInForceAtOnceForTheGate) {
  ASSERT_OK(core_->applier().Apply(gate_, ByAlice(Stricter())));
  EXPECT_THAT(core_->resolver().Resolve(gate_, ResolveRequest("camera.on")),
              HasReason(reason::kOperationForbidden));
}

TEST_F(PinsUpdateTest, IsOneCommitWithItsRow) {
  const v1::ApplyRequest request = ByAlice(Stricter());
  const int commits = Commits();
  const size_t rows = AuditRows();
  ASSERT_OK(core_->applier().Apply(gate_, request));
  EXPECT_EQ(Commits(), commits + 1);
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(PinsUpdateTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = ByAlice(Stricter());
  ASSERT_OK(core_->applier().Apply(gate_, request));
  const int commits = Commits();
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto second,
                       core_->applier().Apply(gate_, request));
  EXPECT_TRUE(second.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(PinsUpdateTest, OfTwoForTheSameRevisionOneIsTaken) {
  const v1::ApplyRequest first = ByAlice(Stricter());
  PinSet other = Stricter();
  other.clear_rules();
  const v1::ApplyRequest second = ByAlice(other);
  ASSERT_OK(core_->applier().Apply(gate_, first));
  EXPECT_THAT(core_->applier().Apply(gate_, second),
              HasReason(reason::kPinsRevision));
}

TEST_F(PinsUpdateTest, TakesAKeyWithItsEnrolment) {
  const v1::ApplyRequest enrol = EnrolSecond();
  PinSet next = proof::FakeSite::Next(Present());
  *next.add_keys() = second_.Pinned(proof::v1::KEY_ROLE_OWNER);
  v1::ApplyRequest request = ByAlice(next);
  AddEvidence(enrol, request);
  ASSERT_OK(core_->applier().Apply(gate_, request));
  EXPECT_EQ(Present().fields().keys_size(), 2);
}

TEST_F(PinsUpdateTest, RefusesAKeyWithoutItsEnrolment) {
  EnrolSecond();
  PinSet next = proof::FakeSite::Next(Present());
  *next.add_keys() = second_.Pinned(proof::v1::KEY_ROLE_OWNER);
  ExpectRefused(ByAlice(next), reason::kEnrolmentMissing);
}

TEST_F(PinsUpdateTest, RefusesAKeyThatTheAccountHasNoMore) {
  const v1::ApplyRequest enrol = EnrolSecond();
  PinSet next = proof::FakeSite::Next(Present());
  *next.add_keys() = second_.Pinned(proof::v1::KEY_ROLE_OWNER);
  v1::ApplyRequest request = ByAlice(next);
  AddEvidence(enrol, request);
  Revoke("token-2", &site_.alice);
  ExpectRefused(request, reason::kTokenNotPinned);
}

TEST_F(PinsUpdateTest, RefusesAKeyThatIsNotPinned) {
  EnrolSecond();
  ExpectRefused(Request(Stricter(), {{&second_, &site_.gw1}}),
                reason::kTokenNotPinned);
}

TEST_F(PinsUpdateTest, RefusesATouchOfATokenThatIsRevokedSince) {
  EnrolSecond();
  const v1::ApplyRequest request = ByAlice(Stricter());
  Revoke(site_.alice.id, &second_);
  ExpectRefused(request, reason::kTokenRevoked);
}

TEST_F(PinsUpdateTest, RefusesATouchOfATokenThatIsSuspendedSince) {
  const v1::ApplyRequest request = ByAlice(Stricter());
  v1::TokenWord word;
  word.set_account("alice");
  word.set_suspended(site_.alice.id);
  ASSERT_OK(Tell(word));
  EXPECT_FALSE(core_->applier().Apply(gate_, request).ok());
  EXPECT_EQ(Device().pins_revision(), 1u);
}

TEST_F(PinsUpdateTest, RefusesATransaction) {
  v1::ApplyRequest request = ByAlice(Stricter());
  request.set_transaction("some-tx");
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(PinsUpdateTest, RefusesASetThatDoesNotFollow) {
  PinSet next = Stricter();
  next.set_previous(std::string(32, 'x'));
  ExpectRefused(ByAlice(next), reason::kPinsPrevious);
}

TEST_F(PinsUpdateTest, RefusesAnotherOwner) {
  PinSet next = Stricter();
  next.set_account("bob");
  next.mutable_keys(0)->set_account("bob");
  ExpectRefused(ByAlice(next), reason::kPinsChange);
}

TEST_F(PinsUpdateTest, RefusesToLoseTheGatewayThatServes) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  PinSet next = Stricter();
  next.clear_gateways();
  *next.add_gateways() = second.Pinned();
  ExpectRefused(ByAlice(next), reason::kPinsChange);
}

TEST_F(PinsUpdateTest, RefusesASetUnderWhichItServesNoMore) {
  PinSet next = Stricter();
  next.mutable_gateways(0)->clear_may_execute();
  ExpectRefused(ByAlice(next), reason::kPinsChange);
}

TEST_F(PinsUpdateTest, RefusesAnotherExecutorThanWhoServes) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  executor_gateway_ = "gw-8";
  ExpectRefused(ByAlice(Stricter()), reason::kGatewayMismatch);
}

TEST_F(PinsUpdateTest, RefusesATouchThatIsTooOld) {
  const v1::ApplyRequest request = ByAlice(Stricter());
  clock_.Advance(absl::Hours(24 * 60));
  ExpectRefused(request, reason::kExecuteByPassed);
}

TEST_F(PinsUpdateTest, TakesAFurtherGatewayOfTheSite) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  PinSet next = Stricter();
  *next.add_gateways() = second.Pinned();
  ASSERT_OK(core_->applier().Apply(gate_, ByAlice(next)));
  EXPECT_EQ(Present().fields().gateways_size(), 2);
}

TEST_F(PinsUpdateTest, RefusesAGatewayThatTheRegistryDoesNotKnow) {
  PinSet next = Stricter();
  *next.add_gateways() = proof::FakeGateway("gw-9", "home").Pinned();
  ExpectRefused(ByAlice(next), reason::kResourceUnknown);
}

TEST_F(PinsUpdateTest, RefusesAGatewayThatIsSaidToBeElsewhere) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  PinSet next = Stricter();
  *next.add_gateways() = site_.gw2.Pinned(true, false);
  next.mutable_gateways()->rbegin()->set_site("home");
  ExpectRefused(ByAlice(next), reason::kGatewayMismatch);
}

TEST_F(PinsUpdateTest, TakesAGatewayOfTheOwnersOtherSiteForTouchesAlone) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  PinSet next = Stricter();
  *next.add_gateways() = site_.gw2.Pinned();
  ExpectRefused(ByAlice(next), reason::kGatewayMismatch);
  next.mutable_gateways()->rbegin()->clear_may_execute();
  EXPECT_OK(core_->applier().Apply(gate_, ByAlice(next)));
}

TEST_F(PinsUpdateTest, RefusesAGatewayOfAStrangersSite) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  PinSet next = Stricter();
  *next.add_gateways() = site_.gw2.Pinned(true, false);
  ExpectRefused(ByAlice(next), reason::kGatewayMismatch);
}

TEST_F(PinsUpdateTest, RefusesATouchAtAGatewayThatIsNotTheOwners) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  PinSet next = Stricter();
  *next.add_gateways() = second.Pinned();
  ASSERT_OK(core_->applier().Apply(gate_, ByAlice(next)));
  EXPECT_THAT(
      core_->applier().Apply(gate_, Request(proof::FakeSite::Next(Present()),
                                            {{&site_.alice, &second}})),
      HasReason(reason::kPlaceNotAllowed));
}

TEST_F(PinsUpdateTest, RefusesADeviceThatIsBlank) {
  ImportDevice("lock-2");
  ClaimDevice("lock-2", "alice");
  PinSet next = Stricter();
  next.set_device("lock-2");
  site_.device = "lock-2";
  EXPECT_THAT(core_->applier().Apply(gate_, ByAlice(next)),
              HasReason(reason::kDeviceState));
}

TEST_F(PinsUpdateTest, ADeviceThatIsBehindGetsWhatFollows) {
  v1::ConfirmRequest report = ConfirmRequest();
  const v1::ApplyRequest request = ByAlice(Stricter());
  ASSERT_OK(core_->applier().Apply(gate_, request));
  ASSERT_OK_AND_ASSIGN(const auto answer,
                       core_->confirmations().Confirm(gate_, report));
  ASSERT_EQ(answer.updates_size(), 1);
  EXPECT_EQ(answer.updates(0).item().command(), request.items(0).command());
  EXPECT_EQ(answer.updates(0).approvals_size(), 1);
  ASSERT_OK_AND_ASSIGN(const auto none,
                       core_->confirmations().Confirm(gate_, ConfirmRequest()));
  EXPECT_EQ(none.updates_size(), 0);
  EXPECT_EQ(Device().reported_pins_revision(), 2u);
}

TEST_F(PinsUpdateTest, ADeviceThatSaysItHasAnotherSetGetsNothing) {
  v1::ConfirmRequest report = ConfirmRequest();
  ASSERT_OK(core_->applier().Apply(gate_, ByAlice(Stricter())));
  report.mutable_results(0)->set_pins_hash(std::string(32, 'x'));
  ASSERT_OK_AND_ASSIGN(const auto answer,
                       core_->confirmations().Confirm(gate_, report));
  EXPECT_EQ(answer.updates_size(), 0);
}

TEST_F(PinsUpdateTest, ARefusedUpdateIsAnAlarmAndNotSentAgain) {
  v1::ConfirmRequest report = ConfirmRequest();
  ASSERT_OK(core_->applier().Apply(gate_, ByAlice(Stricter())));
  report.mutable_results(0)->set_command_id(command_id());
  report.mutable_results(0)->set_reason("SEQUENCE_STALE");
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto answer,
                       core_->confirmations().Confirm(gate_, report));
  EXPECT_EQ(answer.updates_size(), 0);
  EXPECT_EQ(AuditRows(), rows + 1);
}

}  // namespace
}  // namespace u2fi::device_registry
