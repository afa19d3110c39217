#include "services/device-registry/transfer_planner.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/transfer_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

class TransferPlannerTest : public TransferTestCase {
 protected:
  void ExpectBadField(const v1::PlanPinsRequest& request,
                      const std::string& field) {
    const auto plan = core_->planner().PlanPins(client_, request);
    EXPECT_THAT(plan, HasReason(reason::kInvalidField));
    EXPECT_THAT(FieldsOf(plan.status()), ElementsAre(Key(field)));
  }
};

TEST_F(TransferPlannerTest, TheNextSetIsTheNewOwners) {
  const proof::v1::PinSet next = Planned();
  EXPECT_EQ(next.revision(), 2u);
  EXPECT_EQ(next.previous(), Device().pins_hash());
  EXPECT_EQ(next.account(), "frank");
  ASSERT_EQ(next.keys_size(), 1);
  EXPECT_EQ(next.keys(0).token_id(), "tok-frank");
  EXPECT_EQ(next.keys(0).account(), "frank");
  EXPECT_EQ(next.keys(0).roles(), proof::v1::KEY_ROLE_OWNER + 0u);
}

TEST_F(TransferPlannerTest, ItStaysWhereItIsUnderItsRules) {
  const proof::v1::PinSet next = Planned();
  EXPECT_EQ(next.site(), "home");
  EXPECT_GT(next.rules_size(), 0);
  ASSERT_EQ(next.gateways_size(), 2);
  EXPECT_EQ(next.gateways(0).id(), "gw-1");
  EXPECT_TRUE(next.gateways(0).may_execute());
}

TEST_F(TransferPlannerTest, WhoLeasedItForTheOldOwnerDoesSoNoMore) {
  v1::ListPinRevisionsRequest list;
  list.set_device("lock-1");
  ASSERT_OK_AND_ASSIGN(const auto revisions,
                       core_->reader().ListPinRevisions(client_, list));
  proof::v1::PinSet leasable = proof::FakeSite::Next(
      *proof::PinSet::Parse(revisions.pin_revisions(0).pin_set()));
  *leasable.mutable_lease_issuers() = site_.FirstPins().lease_issuers();
  ASSERT_OK(core_->applier().Apply(
      gate_, Request(leasable, {{&site_.alice, &site_.gw1}},
                     proof::v1::PURPOSE_PINS)));
  const proof::v1::PinSet next = Planned();
  EXPECT_EQ(next.revision(), 3u);
  EXPECT_EQ(next.lease_issuers_size(), 0);
}

TEST_F(TransferPlannerTest, NothingElseGoesWithIt) {
  v1::PlanPinsRequest request = PlanRequest();
  request.add_rules()->set_operation("door.unlock");
  ExpectBadField(request, "purpose");
  request = PlanRequest();
  request.add_keys()->set_token_id("tok-frank");
  ExpectBadField(request, "purpose");
  request = PlanRequest();
  request.add_lease_issuers()->set_id("desk");
  ExpectBadField(request, "purpose");
  request = PlanRequest();
  request.set_lease("lease-1");
  ExpectBadField(request, "purpose");
}

TEST_F(TransferPlannerTest, TouchesCountAtTheNewOwnersGateway) {
  const proof::v1::PinSet next = Planned();
  EXPECT_EQ(next.gateways(1).id(), "gw-9");
  EXPECT_EQ(next.gateways(1).site(), "cottage");
  EXPECT_TRUE(next.gateways(1).may_approve());
  EXPECT_FALSE(next.gateways(1).may_execute());
}

TEST_F(TransferPlannerTest, HisFirstKeyTouchesAndTheOthersBringTheirProof) {
  EnrolFranksSecond();
  ASSERT_OK_AND_ASSIGN(const auto plan,
                       core_->planner().PlanPins(client_, PlanRequest()));
  EXPECT_EQ(plan.plans(0).readable().keys_size(), 2);
  proof::v1::Evidence evidence;
  ASSERT_TRUE(evidence.ParseFromString(plan.evidence()));
  EXPECT_EQ(evidence.enrolments_size(), 1);
}

TEST_F(TransferPlannerTest, OneOfHisKeysIsEnough) {
  EnrolFranksSecond();
  v1::PlanPinsRequest request = PlanRequest();
  request.set_token_id("tok-frank2");
  ASSERT_OK_AND_ASSIGN(const auto plan,
                       core_->planner().PlanPins(client_, request));
  ASSERT_EQ(plan.plans(0).readable().keys_size(), 1);
  EXPECT_EQ(plan.plans(0).readable().keys(0).token_id(), "tok-frank2");
  EXPECT_TRUE(plan.evidence().empty());
}

TEST_F(TransferPlannerTest, AnAccountWithoutKeyGetsNothing) {
  MakeAccount("greta");
  v1::PlanPinsRequest request = PlanRequest();
  request.set_account("greta");
  EXPECT_THAT(core_->planner().PlanPins(client_, request),
              HasReason(reason::kNoCredentials));
}

TEST_F(TransferPlannerTest, NorOneWithoutAGatewayToTouchAt) {
  v1::SuspendGatewayRequest suspend;
  suspend.set_name("gateways/gw-9");
  ASSERT_OK(core_->gateways().SuspendGateway(operator_, suspend));
  EXPECT_THAT(core_->planner().PlanPins(client_, PlanRequest()),
              HasReason(reason::kPlaceNotAllowed));
}

TEST_F(TransferPlannerTest, TheOwnerHasItAlready) {
  v1::PlanPinsRequest request = PlanRequest();
  request.set_account("alice");
  ExpectBadField(request, "account");
}

TEST_F(TransferPlannerTest, AnAccountOfAnotherTenantIsUnknown) {
  v1::PlanPinsRequest request = PlanRequest();
  request.set_account("nobody");
  EXPECT_THAT(core_->planner().PlanPins(client_, request),
              HasReason(reason::kResourceUnknown));
}

TEST_F(TransferPlannerTest, ABlankDeviceIsNobodysToGive) {
  ImportDevice("lock-2");
  v1::PlanPinsRequest request = PlanRequest();
  request.set_devices(0, "lock-2");
  EXPECT_THAT(core_->planner().PlanPins(client_, request),
              HasReason(reason::kDeviceState));
}

TEST_F(TransferPlannerTest, NothingElseIsChangedOnTheWay) {
  v1::PlanPinsRequest request = PlanRequest();
  request.set_replace_rules(true);
  ExpectBadField(request, "purpose");
  request = PlanRequest();
  request.add_gateways("gw-9");
  ExpectBadField(request, "purpose");
  request = PlanRequest();
  request.set_site("cottage");
  ExpectBadField(request, "purpose");
}

TEST_F(TransferPlannerTest, OneDeviceAtATime) {
  v1::PlanPinsRequest request = PlanRequest();
  request.add_devices("lock-2");
  EXPECT_THAT(core_->planner().PlanPins(client_, request),
              HasReason(reason::kUnimplemented));
  request.clear_devices();
  ExpectBadField(request, "devices");
}

}  // namespace
}  // namespace u2fi::device_registry
