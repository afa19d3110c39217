#include "services/device-registry/pins_planner.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

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
  // Refused with INVALID_FIELD naming `field`.
  void ExpectBadField(const v1::PlanPinsRequest& request,
                      const std::string& field) {
    const auto plan = Plan(request);
    EXPECT_THAT(plan, HasReason(reason::kInvalidField));
    EXPECT_THAT(FieldsOf(plan.status()), ElementsAre(Key(field)));
  }
  static proof::v1::OperationRule Wish(const std::string& operation,
                                       const proof::v1::Rule& rule) {
    proof::v1::OperationRule wish;
    wish.set_operation(operation);
    *wish.mutable_rule() = rule;
    return wish;
  }
  // A second token of alice, with the proof by the first one that it is hers.
  void EnrolSecond() {
    NextRequest();
    ASSERT_OK(core_->applier().Apply(
        gate_, EnrolRequest(second_, {{&second_, &site_.gw1},
                                      {&site_.alice, &site_.gw1}})));
  }

  proof::FakeToken second_{"token-2", "alice"};
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
  request.set_purpose(proof::v1::PURPOSE_LEASE);
  EXPECT_THAT(Plan(request), HasReason(reason::kUnimplemented));
  request.clear_purpose();
  EXPECT_THAT(Plan(request), HasReason(reason::kInvalidField));
}

TEST_F(PinsPlannerTest, RefusesAPurposeThatIsUnknown) {
  v1::PlanPinsRequest request = Request();
  request.set_purpose(static_cast<proof::v1::Purpose>(999));
  ExpectBadField(request, "purpose");
}

TEST_F(PinsPlannerTest, RefusesNoDevices) {
  v1::PlanPinsRequest request = Request();
  request.clear_devices();
  ExpectBadField(request, "devices");
}

TEST_F(PinsPlannerTest, RefusesMoreThanAThousandDevices) {
  v1::PlanPinsRequest request = Request();
  while (request.devices_size() < 1001) request.add_devices("lock-1");
  ExpectBadField(request, "devices");
}

TEST_F(PinsPlannerTest, RefusesADeviceThatIsNoId) {
  v1::PlanPinsRequest request = Request();
  request.add_devices("Lock");
  ExpectBadField(request, "devices");
}

TEST_F(PinsPlannerTest, RefusesAnAccountThatIsNoId) {
  v1::PlanPinsRequest request = Request();
  request.set_account("");
  ExpectBadField(request, "account");
}

TEST_F(PinsPlannerTest, RefusesASiteThatIsNoId) {
  v1::PlanPinsRequest request = Request();
  request.set_site("a/b");
  ExpectBadField(request, "site");
}

TEST_F(PinsPlannerTest, RefusesMoreGatewaysThanAPinSetHas) {
  v1::PlanPinsRequest request = Request();
  while (request.gateways_size() < 5) request.add_gateways("gw-1");
  ExpectBadField(request, "gateways");
}

TEST_F(PinsPlannerTest, RefusesAGatewayThatIsNoId) {
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw_1");
  ExpectBadField(request, "gateways");
}

TEST_F(PinsPlannerTest, RefusesATokenThatIsNoId) {
  v1::PlanPinsRequest request = Request();
  request.set_token_id("T");
  ExpectBadField(request, "token_id");
}

TEST_F(PinsPlannerTest, ReplacingGoesWithALaterPinSetOnly) {
  v1::PlanPinsRequest request = Request();
  request.set_replace_keys(true);
  ExpectBadField(request, "replace_rules");
}

TEST_F(PinsPlannerTest, TheOwnerSaysWhatIsImportant) {
  v1::PlanPinsRequest request = Request();
  *request.add_rules() = Wish("lamp.on", proof::TouchRule());
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(request));
  EXPECT_EQ(proof::PresetName(
                proof::EffectiveRule(plan.plans(0).readable(), "lamp.on")),
            "TOUCH");
}

TEST_F(PinsPlannerTest, TheOwnersSayMakesNothingFree) {
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(Request()));
  v1::PlanPinsRequest request = Request();
  *request.add_rules() = Wish("door.unlock", proof::FreeRule());
  ASSERT_OK_AND_ASSIGN(const auto same, Plan(request));
  EXPECT_EQ(same.plans(0).pin_set(), plan.plans(0).pin_set());
}

TEST_F(PinsPlannerTest, AWishForAnOperationThatTheDeviceLacksIsRefused) {
  v1::PlanPinsRequest request = Request();
  *request.add_rules() = Wish("coffee.make", proof::TouchRule());
  EXPECT_THAT(Plan(request), HasReason(reason::kOperationUnknown));
}

TEST_F(PinsPlannerTest, RefusesAWishThatIsNoRule) {
  v1::PlanPinsRequest request = Request();
  *request.add_rules() = Wish("lamp.on", proof::v1::Rule());
  EXPECT_THAT(Plan(request), HasReason(reason::kRuleInvalid));
  *request.mutable_rules(0) = Wish("Lamp On", proof::TouchRule());
  ExpectBadField(request, "rules[0].operation");
}

TEST_F(PinsPlannerTest, ALeaseGoesWithALeaseOnly) {
  v1::PlanPinsRequest request = Request();
  request.set_lease("l1");
  ExpectBadField(request, "lease");
}

TEST_F(PinsPlannerTest, FurtherKeysAreNotThereYet) {
  v1::PlanPinsRequest request = Request();
  request.add_keys();
  EXPECT_THAT(Plan(request), HasReason(reason::kUnimplemented));
}

TEST_F(PinsPlannerTest, AnAccountThatIsNotThereIsUnknown) {
  v1::PlanPinsRequest request = Request();
  request.set_account("bob");
  EXPECT_THAT(Plan(request), HasReason(reason::kResourceUnknown));
}

TEST_F(PinsPlannerTest, ASiteThatIsNotThereIsUnknown) {
  v1::PlanPinsRequest request = Request();
  request.set_site("moon");
  EXPECT_THAT(Plan(request), HasReason(reason::kResourceUnknown));
}

TEST_F(PinsPlannerTest, RefusesADeviceThatAnotherAccountClaimed) {
  MakeAccount("bob");
  ImportDevice("lock-2");
  ClaimDevice("lock-2", "bob");
  v1::PlanPinsRequest request = Request();
  request.set_devices(0, "lock-2");
  EXPECT_THAT(Plan(request), HasReason(reason::kDeviceState));
}

TEST_F(PinsPlannerTest, RefusesADeviceThatIsBound) {
  ArmAndStage();
  ASSERT_OK(core_->applier().Apply(gate_, PinsRequest(PlannedPins())));
  EXPECT_THAT(Plan(Request()), HasReason(reason::kDeviceState));
}

TEST_F(PinsPlannerTest, EachDeviceHasItsOwnPinSet) {
  ImportDevice("lock-2");
  ClaimDevice("lock-2", "alice");
  v1::PlanPinsRequest request = Request();
  request.add_devices("lock-2");
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(request));
  ASSERT_EQ(plan.plans_size(), 2);
  EXPECT_EQ(plan.plans(0).readable().device(), "lock-1");
  EXPECT_EQ(plan.plans(1).readable().device(), "lock-2");
}

TEST_F(PinsPlannerTest, PinsTheRulesOfTheModel) {
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(Request()));
  std::set<std::string> operations;
  for (const auto& rule : plan.plans(0).readable().rules()) {
    operations.insert(rule.operation());
  }
  EXPECT_EQ(operations.count("lamp.on"), 1u);
  EXPECT_EQ(operations.count("bomb.arm"), 1u);
}

TEST_F(PinsPlannerTest, FurtherKeysComeWithTheirEnrolmentProofs) {
  EnrolSecond();
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(Request()));
  EXPECT_EQ(plan.plans(0).readable().keys_size(), 2);
  proof::v1::Evidence evidence;
  ASSERT_TRUE(evidence.ParseFromString(plan.evidence()));
  EXPECT_EQ(evidence.enrolments_size(), 1);
}

TEST_F(PinsPlannerTest, PinsOneKeyIfOneIsNamed) {
  EnrolSecond();
  v1::PlanPinsRequest request = Request();
  request.set_token_id("token-2");
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(request));
  ASSERT_EQ(plan.plans(0).readable().keys_size(), 1);
  EXPECT_EQ(plan.plans(0).readable().keys(0).token_id(), "token-2");
}

TEST_F(PinsPlannerTest, AKeyThatTheAccountDoesNotHaveIsNoCredential) {
  v1::PlanPinsRequest request = Request();
  request.set_token_id("token-9");
  EXPECT_THAT(Plan(request), HasReason(reason::kNoCredentials));
}

TEST_F(PinsPlannerTest, AnotherTenantsDeviceIsUnknown) {
  EXPECT_THAT(core_->planner().PlanPins(stranger_, Request()),
              HasReason(reason::kResourceUnknown));
}

}  // namespace
}  // namespace u2fi::device_registry
