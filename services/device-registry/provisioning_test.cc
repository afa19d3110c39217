#include "services/device-registry/provisioning.h"

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::PinSet;

class ProvisioningTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeEnrolledWorld(); }

  // Expects that nothing was bound.
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(core_->applier().Apply(gate_, request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
    EXPECT_NE(Device().state(), v1::DEVICE_STATE_BOUND);
  }
};

TEST_F(ProvisioningTest, BindsTheDevice) {
  ArmAndStage();
  const PinSet pins = PlannedPins();
  ASSERT_OK_AND_ASSIGN(const auto applied,
                       core_->applier().Apply(gate_, PinsRequest(pins)));
  EXPECT_FALSE(applied.results(0).already_applied());
  EXPECT_EQ(applied.access_tokens_size(), 1);
  const v1::Device device = Device();
  EXPECT_EQ(device.state(), v1::DEVICE_STATE_BOUND);
  EXPECT_EQ(device.account(), "alice");
  EXPECT_EQ(device.site(), "home");
  EXPECT_EQ(device.gateway(), "gw-1");
  EXPECT_EQ(device.pins_revision(), 1u);
  EXPECT_EQ(device.pins_hash(),
            crypto::ToString(proof::PinSet::Encode(pins)->hash()));
  EXPECT_EQ(Transaction(command_id()).state(), v1::TRANSACTION_STATE_COMMITTED);
}

TEST_F(ProvisioningTest, KeepsThePinSetWithItsProof) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  ASSERT_OK(core_->applier().Apply(gate_, request));
  v1::ListPinRevisionsRequest list;
  list.set_device("lock-1");
  ASSERT_OK_AND_ASSIGN(const auto revisions,
                       core_->reader().ListPinRevisions(client_, list));
  ASSERT_EQ(revisions.pin_revisions_size(), 1);
  const v1::PinRevision& revision = revisions.pin_revisions(0);
  EXPECT_EQ(revision.command(), request.items(0).command());
  proof::v1::Proof proof;
  ASSERT_TRUE(proof.ParseFromString(revision.proof()));
  EXPECT_EQ(proof.approvals(0).SerializeAsString(),
            request.approvals(0).SerializeAsString());
}

TEST_F(ProvisioningTest, MakesABinding) {
  ArmAndStage();
  ASSERT_OK_AND_ASSIGN(
      const auto applied,
      core_->applier().Apply(gate_, PinsRequest(PlannedPins())));
  v1::GetBindingRequest request;
  request.set_name(applied.results(0).resource());
  ASSERT_OK_AND_ASSIGN(const auto found,
                       core_->reader().GetBinding(client_, request));
  EXPECT_EQ(found.binding().device(), "lock-1");
  EXPECT_EQ(found.binding().account(), "alice");
  EXPECT_EQ(found.binding().command(), command_id());
  EXPECT_EQ(found.binding().state(), v1::BINDING_STATE_COMMITTED);
}

TEST_F(ProvisioningTest, IsOneCommitWithItsMemoryAndItsRows) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  const int commits = Commits();
  const size_t rows = AuditRows();
  ASSERT_OK(core_->applier().Apply(gate_, request));
  EXPECT_EQ(Commits(), commits + 1);
  EXPECT_EQ(AuditRows(), rows + 2);
}

TEST_F(ProvisioningTest, TheSameCommandAgainChangesNothing) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  ASSERT_OK_AND_ASSIGN(const auto first,
                       core_->applier().Apply(gate_, request));
  const int commits = Commits();
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto second,
                       core_->applier().Apply(gate_, request));
  EXPECT_TRUE(second.results(0).already_applied());
  EXPECT_EQ(second.results(0).resource(), first.results(0).resource());
  EXPECT_EQ(second.access_tokens_size(), 1);
  EXPECT_EQ(Commits(), commits);
}

TEST_F(ProvisioningTest, AnOutcomeThatIsUnknownIsNoSuccessAndCanBeRepeated) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(core_->applier().Apply(gate_, request),
              HasReason(reason::kStoreOutcomeUnknown));
  ASSERT_OK_AND_ASSIGN(const auto second,
                       core_->applier().Apply(gate_, request));
  EXPECT_TRUE(second.results(0).already_applied());
}

TEST_F(ProvisioningTest, RefusesACommandWithoutTransaction) {
  ArmAndStage();
  v1::ApplyRequest request = PinsRequest(PlannedPins());
  request.clear_transaction();
  ExpectRefused(request, reason::kInvalidField);
}

TEST_F(ProvisioningTest, RefusesATransactionThatIsOnlyArmed) {
  NextRequest();
  ASSERT_OK(core_->transactions().Arm(gate_, ArmRequest()));
  ExpectRefused(PinsRequest(PlannedPins()), reason::kTransactionState);
}

TEST_F(ProvisioningTest, RefusesAtTheInstantOfTheDeadline) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  clock_.Advance(absl::Minutes(2));
  ExpectRefused(request, reason::kTransactionState);
}

TEST_F(ProvisioningTest, RefusesATransactionThatWasRolledBack) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  clock_.Advance(absl::Minutes(2));
  ASSERT_THAT(core_->sweeper().Sweep(), IsOkAndHolds(1));
  ExpectRefused(request, reason::kTransactionState);
}

TEST_F(ProvisioningTest, RefusesAnotherDeviceThanTheTransactions) {
  ImportDevice("lock-2");
  ClaimDevice("lock-2", "alice");
  ArmAndStage();
  PinSet pins = PlannedPins();
  pins.set_device("lock-2");
  site_.device = "lock-2";
  const auto refused = core_->applier().Apply(gate_, PinsRequest(pins));
  EXPECT_THAT(refused, HasReason(reason::kDeviceState));
}

TEST_F(ProvisioningTest, RefusesATouchOverOtherBytes) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  v1::ApplyRequest request = PinsRequest(pins);
  pins.mutable_rules(0)->mutable_rule()->set_kind(
      proof::v1::RULE_KIND_FORBIDDEN);
  pins.clear_rules();
  request.mutable_items(0)->set_command(
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes()));
  ExpectRefused(request, reason::kCommandMismatch);
}

TEST_F(ProvisioningTest, RefusesATokenThatIsNotInThePinSet) {
  ArmAndStage();
  const PinSet pins = PlannedPins();
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes())};
  fake.touches = {{&site_.bob, &site_.gw1}};
  v1::ApplyRequest request = PinsRequest(pins);
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  ExpectRefused(request, reason::kTokenNotPinned);
}

TEST_F(ProvisioningTest, RefusesAKeyThatTheAccountDidNotEnrol) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  proof::FakeToken other("tok-other", "alice");
  *pins.mutable_keys(0) = other.Pinned(proof::v1::KEY_ROLE_OWNER);
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes())};
  fake.touches = {{&other, &site_.gw1}};
  v1::ApplyRequest request = PinsRequest(pins);
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  ExpectRefused(request, reason::kTokenNotPinned);
}

// What a first set's approver is good for nobody else has checked.
TEST_F(ProvisioningTest, RefusesABetterLevelThanTheKeyHas) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  pins.mutable_keys(0)->set_level(pins.keys(0).level() + 1);
  ExpectRefused(PinsRequest(pins), reason::kTokenNotPinned);
}

TEST_F(ProvisioningTest, RefusesAFurtherKeyWithoutEnrolmentProof) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  *pins.add_keys() = site_.bob.Pinned(proof::v1::KEY_ROLE_MEMBER);
  ExpectRefused(PinsRequest(pins), reason::kEnrolmentMissing);
}

TEST_F(ProvisioningTest, RefusesAnotherOwner) {
  MakeAccount("bob");
  ArmAndStage();
  PinSet pins = PlannedPins();
  pins.set_account("bob");
  pins.mutable_keys(0)->set_account("bob");
  pins.mutable_keys(0)->set_token_id("tok-bob");
  pins.mutable_keys(0)->set_point(site_.bob.key.public_key().point());
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes())};
  fake.touches = {{&site_.bob, &site_.gw1}};
  v1::ApplyRequest request = PinsRequest(pins);
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  ExpectRefused(request, reason::kAccountMismatch);
}

TEST_F(ProvisioningTest, RefusesAnotherRelyingParty) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  site_.rp_id = "evil.example";
  pins.set_rp_id_hash(crypto::ToString(crypto::Sha256(site_.rp_id)));
  ExpectRefused(PinsRequest(pins), reason::kRpIdHashMismatch);
}

TEST_F(ProvisioningTest, RefusesAPinSetOfAnotherTenant) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  pins.set_tenant("other");
  site_.tenant = "other";
  v1::ApplyRequest request = PinsRequest(pins);
  proof::v1::Command command;
  command.ParseFromString(request.items(0).command());
  command.set_command_id(command_id());
  request.mutable_items(0)->set_command(proof::Encode(command));
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {request.items(0).command()};
  fake.touches = {{&site_.alice, &site_.gw1}};
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  ExpectRefused(request, reason::kTenantMismatch);
}

TEST_F(ProvisioningTest, RefusesAPinSetForAnotherSite) {
  MakeSite("office", "alice");
  ArmAndStage();
  PinSet pins = PlannedPins();
  pins.set_site("office");
  site_.site = "office";
  ExpectRefused(PinsRequest(pins), reason::kSiteMismatch);
}

TEST_F(ProvisioningTest, RefusesAnotherExecutorThanTheTransactions) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  ArmAndStage();
  const PinSet pins = PlannedPins();
  site_.gw1.id = "gw-8";
  const v1::ApplyRequest elsewhere = PinsRequest(pins);
  site_.gw1.id = "gw-1";
  ExpectRefused(elsewhere, reason::kGatewayMismatch);
}

TEST_F(ProvisioningTest, RefusesAGatewayOfAnotherSite) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  ArmAndStage();
  PinSet pins = PlannedPins();
  *pins.add_gateways() = site_.gw2.Pinned();
  ExpectRefused(PinsRequest(pins), reason::kGatewayMismatch);
}

TEST_F(ProvisioningTest, RefusesAGatewayWithAnotherKey) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  proof::FakeGateway forged("gw-9", "home");
  *pins.add_gateways() = forged.Pinned();
  MakeGateway(proof::FakeGateway("gw-8", "home"));
  pins.mutable_gateways(1)->set_id("gw-8");
  ExpectRefused(PinsRequest(pins), reason::kGatewayMismatch);
}

TEST_F(ProvisioningTest, RefusesASuspendedGateway) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  v1::SuspendGatewayRequest suspend;
  suspend.set_name("gateways/gw-1");
  ASSERT_OK(core_->gateways().SuspendGateway(operator_, suspend));
  ExpectRefused(request, reason::kGatewayNotActive);
}

TEST_F(ProvisioningTest, RefusesATouchAtAGatewayThatIsNotTheAccountsOwn) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  ArmAndStage();
  const PinSet pins = PlannedPins();
  ASSERT_EQ(pins.gateways_size(), 2);
  proof::FakeRequest fake;
  fake.purpose = proof::v1::PURPOSE_PROVISION;
  fake.commands = {
      site_.CommandBytes("u2fi.pins", proof::PinSet::Encode(pins)->bytes())};
  fake.touches = {{&site_.alice, &second}};
  v1::ApplyRequest request = PinsRequest(pins);
  *request.mutable_approvals() = site_.Prove(fake).approvals();
  ExpectRefused(request, reason::kPlaceNotAllowed);
}

TEST_F(ProvisioningTest, RefusesAnotherCommandUnderAnAppliedId) {
  ArmAndStage();
  PinSet pins = PlannedPins();
  ASSERT_OK(core_->applier().Apply(gate_, PinsRequest(pins)));
  pins.clear_rules();
  EXPECT_THAT(core_->applier().Apply(gate_, PinsRequest(pins)),
              HasReason(reason::kCommandMismatch));
}

TEST_F(ProvisioningTest, LosesAgainstASuspensionThatComesBetween) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  store_.BeforeNextCommit([this] {
    v1::SuspendGatewayRequest suspend;
    suspend.set_name("gateways/gw-1");
    ASSERT_OK(NewReplica()->core.gateways().SuspendGateway(operator_, suspend));
  });
  EXPECT_THAT(core_->applier().Apply(gate_, request),
              HasReason(reason::kGatewayNotActive));
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_STAGED);
}

TEST_F(ProvisioningTest, NothingHappensWithTheStoreAway) {
  ArmAndStage();
  const v1::ApplyRequest request = PinsRequest(PlannedPins());
  store_.SetAway(true);
  EXPECT_THAT(core_->applier().Apply(gate_, request),
              HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  EXPECT_EQ(Device().state(), v1::DEVICE_STATE_STAGED);
}

}  // namespace
}  // namespace u2fi::device_registry
