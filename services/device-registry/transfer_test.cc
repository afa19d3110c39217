// `u2fi.pins` under TRANSFER, as the registry applies it (pins_update.h).
#include <string>

#include "gmock/gmock.h"
#include "services/device-registry/pins_update.h"
#include "services/device-registry/transfer_test_case.h"

namespace u2fi::device_registry {
namespace {

class TransferTest : public TransferTestCase {
 protected:
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(core_->applier().Apply(gate_, request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
    EXPECT_EQ(Device().account(), "alice");
    EXPECT_EQ(Device().pins_revision(), 1u);
  }
  v1::Binding Binding() {
    v1::ListBindingsRequest list;
    list.set_device("lock-1");
    const auto listed = core_->reader().ListBindings(operator_, list);
    EXPECT_OK(listed);
    return listed.ok() && listed->bindings_size() == 1 ? listed->bindings(0)
                                                       : v1::Binding();
  }
};

TEST_F(TransferTest, BothTouchesMakeItTheNewOwners) {
  const proof::v1::PinSet next = Planned();
  ASSERT_OK_AND_ASSIGN(const auto applied,
                       core_->applier().Apply(gate_, ByBoth(next)));
  EXPECT_EQ(applied.results(0).resource(), "devices/lock-1");
  EXPECT_EQ(Device().account(), "frank");
  EXPECT_EQ(Device().site(), "home");
  EXPECT_EQ(Device().gateway(), "gw-1");
  EXPECT_EQ(Device().pins_revision(), 2u);
}

TEST_F(TransferTest, TheBindingGoesOnInOtherHands) {
  const std::string name = Binding().name();
  ASSERT_OK(core_->applier().Apply(gate_, ByBoth(Planned())));
  EXPECT_EQ(Binding().name(), name);
  EXPECT_EQ(Binding().account(), "frank");
  EXPECT_EQ(Binding().state(), v1::BINDING_STATE_ACTIVE);
}

TEST_F(TransferTest, TheOldOwnerHasNoRoleAnyMore) {
  ASSERT_OK(core_->applier().Apply(gate_, ByBoth(Planned())));
  v1::ResolveRequest resolve = ResolveRequest("door.unlock");
  EXPECT_THAT(core_->resolver().Resolve(gate_, resolve),
              HasReason(reason::kNotAMember));
  resolve.set_on_behalf_of("frank");
  EXPECT_OK(core_->resolver().Resolve(gate_, resolve));
}

TEST_F(TransferTest, IsOneCommitWithARowAboutEach) {
  const v1::ApplyRequest request = ByBoth(Planned());
  const int commits = Commits();
  const size_t rows = AuditRows();
  ASSERT_OK(core_->applier().Apply(gate_, request));
  EXPECT_EQ(Commits(), commits + 1);
  EXPECT_EQ(AuditRows(), rows + 2);
}

TEST_F(TransferTest, TheSameCommandAgainChangesNothing) {
  const v1::ApplyRequest request = ByBoth(Planned());
  ASSERT_OK(core_->applier().Apply(gate_, request));
  const int commits = Commits();
  RestartCore();
  ASSERT_OK_AND_ASSIGN(const auto second,
                       core_->applier().Apply(gate_, request));
  EXPECT_TRUE(second.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(TransferTest, TheNewOwnerAloneTakesNothing) {
  ExpectRefused(Request(Planned(), {{&frank_, &gw9_}}),
                reason::kRuleNotSatisfied);
}

TEST_F(TransferTest, TheOldOwnerAloneForcesItOnNobody) {
  ExpectRefused(Request(Planned(), {{&site_.alice, &site_.gw1}}),
                reason::kRuleNotSatisfied);
}

TEST_F(TransferTest, TheNewOwnerTouchesAtHisOwnGateway) {
  ExpectRefused(
      Request(Planned(), {{&site_.alice, &site_.gw1}, {&frank_, &site_.gw1}}),
      reason::kPlaceNotAllowed);
}

TEST_F(TransferTest, AndTheOldOneAtHis) {
  ExpectRefused(Request(Planned(), {{&site_.alice, &gw9_}, {&frank_, &gw9_}}),
                reason::kTokenNotPinned);
}

TEST_F(TransferTest, ItStaysAtItsSite) {
  proof::v1::PinSet next = Planned();
  next.set_site("cottage");
  ExpectRefused(ByBoth(next), reason::kPinsChange);
}

TEST_F(TransferTest, AGatewayElsewhereExecutesNothing) {
  proof::v1::PinSet next = Planned();
  next.mutable_gateways(1)->set_may_execute(true);
  ExpectRefused(ByBoth(next), reason::kGatewayMismatch);
}

TEST_F(TransferTest, AStrangersGatewayIsNoPlaceForTouches) {
  const proof::FakeGateway foreign("gw-7", "villa");
  MakeAccount("greta");
  MakeSite("villa", "greta");
  MakeGateway(foreign);
  proof::v1::PinSet next = Planned();
  *next.add_gateways() = foreign.Pinned(true, false);
  ExpectRefused(ByBoth(next), reason::kGatewayMismatch);
}

TEST_F(TransferTest, UnderPinsItChangesNoHands) {
  ExpectRefused(
      Request(Planned(), {{&site_.alice, &site_.gw1}}, proof::v1::PURPOSE_PINS),
      reason::kPinsChange);
}

TEST_F(TransferTest, HisFurtherKeysBringTheirProof) {
  EnrolFranksSecond();
  proof::v1::PinSet next = Planned();
  v1::ApplyRequest request = ByBoth(next);
  ExpectRefused(request, reason::kEnrolmentMissing);
  ASSERT_OK_AND_ASSIGN(const auto plan,
                       core_->planner().PlanPins(client_, PlanRequest()));
  ASSERT_TRUE(request.mutable_evidence()->ParseFromString(plan.evidence()));
  EXPECT_OK(core_->applier().Apply(gate_, request));
}

TEST_F(TransferTest, TheNewOwnerChangesItAtHome) {
  ASSERT_OK(core_->applier().Apply(gate_, ByBoth(Planned())));
  v1::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PINS);
  plan.add_devices("lock-1");
  ASSERT_OK_AND_ASSIGN(const auto planned,
                       core_->planner().PlanPins(client_, plan));
  ASSERT_OK(core_->applier().Apply(
      gate_, Request(planned.plans(0).readable(), {{&frank_, &gw9_}},
                     proof::v1::PURPOSE_PINS)));
  EXPECT_EQ(Device().pins_revision(), 3u);
}

TEST_F(TransferTest, TheResolverKnowsTheNewOwnersGateways) {
  v1::ResolveRequest resolve = ResolveRequest("u2fi.pins");
  resolve.set_purpose(proof::v1::PURPOSE_TRANSFER);
  resolve.set_new_owner("frank");
  ASSERT_OK_AND_ASSIGN(const auto resolved,
                       core_->resolver().Resolve(gate_, resolve));
  ASSERT_EQ(resolved.new_owner().gateways_size(), 1);
  EXPECT_EQ(resolved.new_owner().gateways(0).id(), "gw-9");
  resolve.set_new_owner("nobody");
  EXPECT_THAT(core_->resolver().Resolve(gate_, resolve),
              HasReason(reason::kResourceUnknown));
  resolve.set_new_owner("frank");
  resolve.set_purpose(proof::v1::PURPOSE_PINS);
  EXPECT_THAT(core_->resolver().Resolve(gate_, resolve),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::device_registry
