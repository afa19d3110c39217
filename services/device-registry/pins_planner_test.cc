#include "services/device-registry/pins_planner.h"

#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class PinsPlannerTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeEnrolledWorld(); }

  static v1::PlanPinsRequest Request() {
    v1::PlanPinsRequest request;
    request.set_purpose(proof::v1::PURPOSE_PROVISION);
    request.add_devices("lock-1");
    request.set_account("alice");
    request.set_site("home");
    return request;
  }

  absl::StatusOr<v1::PlanPinsResponse> Plan(
      const v1::PlanPinsRequest& request) {
    return core_->planner().PlanPins(client_, request);
  }
};

TEST_F(PinsPlannerTest, PlansAFirstPinSet) {
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(Request()));
  ASSERT_EQ(plan.plans_size(), 1);
  ASSERT_OK_AND_ASSIGN(const auto pins,
                       proof::PinSet::Parse(plan.plans(0).pin_set()));
  EXPECT_EQ(pins.fields().revision(), 1u);
  EXPECT_EQ(pins.fields().account(), "alice");
  EXPECT_EQ(pins.fields().keys(0).roles(),
            static_cast<uint32_t>(proof::v1::KEY_ROLE_OWNER));
  EXPECT_EQ(pins.fields().gateways(0).id(), "gw-1");
  EXPECT_EQ(pins.fields().rp_id_hash(),
            crypto::ToString(crypto::Sha256(site_.rp_id)));
  EXPECT_TRUE(plan.evidence().empty());
}

TEST_F(PinsPlannerTest, StoresNothing) {
  const int commits = Commits();
  ASSERT_OK(Plan(Request()));
  EXPECT_EQ(Commits(), commits);
}

TEST_F(PinsPlannerTest, LeavesSuspendedGatewaysOutUnlessNamed) {
  proof::FakeGateway second("gw-8", "home");
  MakeGateway(second);
  v1::SuspendGatewayRequest suspend;
  suspend.set_name("gateways/gw-8");
  ASSERT_OK(core_->gateways().SuspendGateway(operator_, suspend));
  EXPECT_EQ(Plan(Request())->plans(0).readable().gateways_size(), 1);
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw-8");
  EXPECT_THAT(Plan(request), HasReason(reason::kGatewayNotActive));
}

TEST_F(PinsPlannerTest, AGatewayOfAnotherSiteIsUnknown) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw-2");
  EXPECT_THAT(Plan(request), HasReason(reason::kResourceUnknown));
}

TEST_F(PinsPlannerTest, RefusesAnAccountWithoutKey) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  v1::PlanPinsRequest request = Request();
  request.set_account("bob");
  request.set_site("office");
  EXPECT_THAT(Plan(request), HasReason(reason::kNoCredentials));
}

TEST_F(PinsPlannerTest, RefusesASiteThatTheAccountDoesNotOwn) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  v1::PlanPinsRequest request = Request();
  request.set_site("office");
  EXPECT_THAT(Plan(request), HasReason(reason::kNotAMember));
}

TEST_F(PinsPlannerTest, RefusesADeviceThatIsNotClaimed) {
  ImportDevice("lock-2");
  v1::PlanPinsRequest request = Request();
  request.set_devices(0, "lock-2");
  EXPECT_THAT(Plan(request), HasReason(reason::kDeviceState));
}

TEST_F(PinsPlannerTest, OtherPurposesAreNotThereYet) {
  v1::PlanPinsRequest request = Request();
  request.set_purpose(proof::v1::PURPOSE_PINS);
  EXPECT_THAT(Plan(request), HasReason(reason::kUnimplemented));
  request.clear_purpose();
  EXPECT_THAT(Plan(request), HasReason(reason::kInvalidField));
}

TEST_F(PinsPlannerTest, AnotherTenantsDeviceIsUnknown) {
  EXPECT_THAT(core_->planner().PlanPins(stranger_, Request()),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::device_registry
