#include "services/device-registry/pins_update_planner.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

class PinsUpdatePlannerTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeBoundWorld(); }

  static v1::PlanPinsRequest Request() {
    v1::PlanPinsRequest request;
    request.set_purpose(proof::v1::PURPOSE_PINS);
    request.add_devices("lock-1");
    return request;
  }
  absl::StatusOr<v1::PlanPinsResponse> Plan(
      const v1::PlanPinsRequest& request) {
    return core_->planner().PlanPins(client_, request);
  }
  proof::v1::PinSet Planned(const v1::PlanPinsRequest& request) {
    const auto plan = Plan(request);
    EXPECT_OK(plan);
    return plan.ok() ? plan->plans(0).readable() : proof::v1::PinSet();
  }
  void ExpectBadField(const v1::PlanPinsRequest& request,
                      const std::string& field) {
    const auto plan = Plan(request);
    EXPECT_THAT(plan, HasReason(reason::kInvalidField));
    EXPECT_THAT(FieldsOf(plan.status()), ElementsAre(Key(field)));
  }
  static void AddKey(v1::PlanPinsRequest& request, const std::string& token,
                     const std::string& account, uint32_t roles) {
    request.set_replace_keys(true);
    proof::v1::PinnedKey& key = *request.add_keys();
    key.set_token_id(token);
    key.set_account(account);
    key.set_roles(roles);
  }
  void EnrolSecond() {
    NextRequest();
    ASSERT_OK(core_->applier().Apply(
        gate_, EnrolRequest(second_, {{&second_, &site_.gw1},
                                      {&site_.alice, &site_.gw1}})));
  }

  proof::FakeToken second_{"token-2", "alice"};
};

TEST_F(PinsUpdatePlannerTest, WithoutReplacementsItIsThePresentSetOnceMore) {
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(Request()));
  ASSERT_OK_AND_ASSIGN(const auto pins,
                       proof::PinSet::Parse(plan.plans(0).pin_set()));
  EXPECT_EQ(pins.fields().revision(), 2u);
  EXPECT_EQ(pins.fields().previous(), Device().pins_hash());
  EXPECT_EQ(pins.fields().keys(0).token_id(), site_.alice.id);
  EXPECT_TRUE(plan.evidence().empty());
}

TEST_F(PinsUpdatePlannerTest, RulesAreReplaced) {
  v1::PlanPinsRequest request = Request();
  request.set_replace_rules(true);
  EXPECT_EQ(Planned(request).rules_size(), 0);
  request.add_rules()->set_operation("camera.on");
  *request.mutable_rules(0)->mutable_rule() = proof::ForbiddenRule();
  EXPECT_EQ(Planned(request).rules(0).operation(), "camera.on");
}

TEST_F(PinsUpdatePlannerTest, RulesWithoutTheFlagAreRefused) {
  v1::PlanPinsRequest request = Request();
  request.add_rules()->set_operation("camera.on");
  ExpectBadField(request, "rules");
}

TEST_F(PinsUpdatePlannerTest, AFurtherKeyComesWithItsEnrolment) {
  EnrolSecond();
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_OWNER);
  AddKey(request, "token-2", "alice", proof::v1::KEY_ROLE_MEMBER);
  ASSERT_OK_AND_ASSIGN(const auto plan, Plan(request));
  EXPECT_EQ(plan.plans(0).readable().keys(1).point(),
            second_.key.public_key().point());
  proof::v1::Evidence evidence;
  ASSERT_TRUE(evidence.ParseFromString(plan.evidence()));
  EXPECT_EQ(evidence.enrolments_size(), 1);
}

TEST_F(PinsUpdatePlannerTest, AKeyThatNobodyEnrolledIsRefused) {
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_OWNER);
  AddKey(request, "token-9", "alice", proof::v1::KEY_ROLE_MEMBER);
  EXPECT_THAT(Plan(request), HasReason(reason::kNoCredentials));
}

TEST_F(PinsUpdatePlannerTest, AKnownKeyUnderAnothersNameIsRefused) {
  MakeAccount("bob");
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "bob", proof::v1::KEY_ROLE_OWNER);
  EXPECT_THAT(Plan(request), HasReason(reason::kNoCredentials));
}

TEST_F(PinsUpdatePlannerTest, KeysAndIssuersNeedTheirFlags) {
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_OWNER);
  request.clear_replace_keys();
  ExpectBadField(request, "keys");
  request = Request();
  request.add_lease_issuers()->set_id("desk");
  ExpectBadField(request, "lease_issuers");
}

TEST_F(PinsUpdatePlannerTest, LeaseIssuersAreReplaced) {
  v1::PlanPinsRequest request = Request();
  proof::v1::LeaseIssuer& issuer = *request.add_lease_issuers();
  issuer.set_id("desk");
  issuer.set_point(proof::FakeKey("desk").public_key().point());
  issuer.set_max_lease_s(60);
  request.set_replace_lease_issuers(true);
  const proof::v1::PinSet planned = Planned(request);
  ASSERT_EQ(planned.lease_issuers_size(), 1);
  EXPECT_EQ(planned.lease_issuers(0).id(), "desk");
}

TEST_F(PinsUpdatePlannerTest, IdsHaveTheirForm) {
  v1::PlanPinsRequest request = Request();
  AddKey(request, "Token", "alice", proof::v1::KEY_ROLE_OWNER);
  ExpectBadField(request, "keys.token_id");
  request = Request();
  AddKey(request, "token", "Alice", proof::v1::KEY_ROLE_OWNER);
  ExpectBadField(request, "keys.account");
  request = Request();
  request.add_gateways("GW");
  ExpectBadField(request, "gateways");
}

TEST_F(PinsUpdatePlannerTest, AKeyForLeasesAloneIsRefused) {
  MakeAccount("bob");
  NextRequest();
  ASSERT_OK(core_->applier().Apply(
      gate_, EnrolRequest(site_.bob, {{&site_.bob, &site_.gw1}}, "home")));
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_OWNER);
  AddKey(request, site_.bob.id, "bob", proof::v1::KEY_ROLE_APPROVER);
  const absl::Status status = Plan(request).status();
  EXPECT_THAT(status, HasReason(reason::kEnrolmentInvalid));
  EXPECT_EQ(MetadataOf(status)["lease_site"], "home");
}

TEST_F(PinsUpdatePlannerTest, AKeyForRecoveryHasNoOtherRole) {
  NextRequest();
  ASSERT_OK(core_->applier().Apply(
      gate_, EnrolRequest(second_,
                          {{&second_, &site_.gw1}, {&site_.alice, &site_.gw1}},
                          "", /*recovery=*/true)));
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_OWNER);
  AddKey(request, second_.id, "alice", proof::v1::KEY_ROLE_MEMBER);
  EXPECT_THAT(Plan(request), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(PinsUpdatePlannerTest, ASetWithoutOwnerIsRefused) {
  v1::PlanPinsRequest request = Request();
  AddKey(request, site_.alice.id, "alice", proof::v1::KEY_ROLE_MEMBER);
  EXPECT_THAT(Plan(request), HasReason(reason::kPinSetFormat));
}

TEST_F(PinsUpdatePlannerTest, GatewaysAreReplaced) {
  MakeGateway(proof::FakeGateway("gw-8", "home"));
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw-1");
  request.add_gateways("gw-8");
  EXPECT_EQ(Planned(request).gateways(1).id(), "gw-8");
}

TEST_F(PinsUpdatePlannerTest, ElsewhereAGatewayOfTheOwnerIsForTouchesAlone) {
  MakeSite("office", "alice");
  MakeGateway(site_.gw2);
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw-1");
  request.add_gateways("gw-2");
  const proof::v1::PinSet next = Planned(request);
  EXPECT_TRUE(next.gateways(1).may_approve());
  EXPECT_FALSE(next.gateways(1).may_execute());
}

TEST_F(PinsUpdatePlannerTest, AGatewayOfAStrangersSiteIsRefused) {
  MakeAccount("bob");
  MakeSite("office", "bob");
  MakeGateway(site_.gw2);
  v1::PlanPinsRequest request = Request();
  request.add_gateways("gw-2");
  const absl::Status status = Plan(request).status();
  EXPECT_THAT(status, HasReason(reason::kResourceUnknown));
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("no site of the device's owner"));
}

TEST_F(PinsUpdatePlannerTest, NeitherSiteNorLeaseGoWithIt) {
  v1::PlanPinsRequest request = Request();
  request.set_site("home");
  ExpectBadField(request, "purpose");
  request = Request();
  request.set_lease("lease-1");
  ExpectBadField(request, "purpose");
}

TEST_F(PinsUpdatePlannerTest, AnAccountDoesNotGoWithIt) {
  v1::PlanPinsRequest request = Request();
  request.set_account("alice");
  ExpectBadField(request, "purpose");
}

TEST_F(PinsUpdatePlannerTest, ABlankDeviceHasNoNextSet) {
  ImportDevice("lock-2");
  ClaimDevice("lock-2", "alice");
  v1::PlanPinsRequest request = Request();
  request.set_devices(0, "lock-2");
  EXPECT_THAT(Plan(request), HasReason(reason::kDeviceState));
}

}  // namespace
}  // namespace u2fi::device_registry
