#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/policy_change_act.h"
#include "services/device-registry/policy_test_case.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// While nobody could touch.
class FirstPolicyTest : public PolicyChangeTest {
 protected:
  void SetUp() override { MakeTenant(); }
};

TEST_F(FirstPolicyTest, WhileNobodyHasAKeyALooserPolicyHoldsAtOnce) {
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithoutLamp()));
  EXPECT_EQ(changed.policy().rules_size(), 1);
  EXPECT_THAT(changed.policy().pending(), IsEmpty());
}

TEST_F(FirstPolicyTest, SoDoesALooserModel) {
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithFreeCamera()));
  EXPECT_FALSE(changed.has_waits());
  EXPECT_EQ(Model().operations(3).rule().kind(), proof::v1::RULE_KIND_FREE);
}

TEST_F(FirstPolicyTest, SoDoesTheFirstGuardian) {
  v1::Policy policy = Present();
  policy.add_guardians("alice");
  ASSERT_OK(Update(policy));
  EXPECT_THAT(Present().guardians(), ElementsAre("alice"));
}

TEST_F(FirstPolicyTest, AGuardianIsAnAccount) {
  v1::Policy policy = Present();
  policy.add_guardians("nobody");
  EXPECT_THAT(Update(policy), HasReason(reason::kResourceUnknown));
}

TEST_F(FirstPolicyTest, WhereOneIsNamedChangesWaitWhetherHeHasAKeyOrNot) {
  v1::Policy policy = Present();
  policy.add_guardians("alice");
  ASSERT_OK(Update(policy));
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithoutLamp()));
  EXPECT_EQ(changed.policy().rules_size(), 2);
  EXPECT_EQ(changed.policy().pending_size(), 1);
}

TEST_F(GatedPolicyTest, WhatIsStricterHoldsAtOnce) {
  v1::Policy policy = Present();
  SetRule(policy, "camera.on", proof::ForbiddenRule());
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(policy));
  EXPECT_EQ(changed.policy().rules_size(), 3);
  EXPECT_THAT(changed.policy().pending(), IsEmpty());
}

TEST_F(GatedPolicyTest, WhatIsLooserWaits) {
  const v1::Policy before = Present();
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithoutLamp()));
  EXPECT_EQ(changed.policy().rules_size(), 2);
  EXPECT_NE(changed.policy().etag(), before.etag());
  ASSERT_EQ(changed.policy().pending_size(), 1);
  const v1::PolicyChange& waits = changed.policy().pending(0);
  EXPECT_EQ(waits.resource(), "policy");
  EXPECT_THAT(waits.looser(), ElementsAre("lamp.on=free"));
  EXPECT_EQ(waits.policy().rules_size(), 1);
  EXPECT_EQ(waits.change().size(), 32u);
  EXPECT_THAT(waits.agreements(), IsEmpty());
}

TEST_F(GatedPolicyTest, ALooserModelWaitsInThePolicy) {
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithFreeCamera()));
  EXPECT_FALSE(changed.model().operations(3).has_rule());
  EXPECT_THAT(changed.waits().looser(), ElementsAre("camera.on=free"));
  ASSERT_EQ(Present().pending_size(), 1);
  EXPECT_EQ(Present().pending(0).SerializeAsString(),
            changed.waits().SerializeAsString());
}

TEST_F(GatedPolicyTest, OneWhoseKeyWasTakenAwayWasThere) {
  v1::TokenWord word;
  word.set_account("alice");
  word.set_revoked(site_.alice.id);
  ASSERT_OK(Tell(word));
  ASSERT_THAT(Account().keys(), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const auto changed, Update(WithoutLamp()));
  EXPECT_EQ(changed.policy().pending_size(), 1);
}

TEST_F(GatedPolicyTest, ACheckSaysThatItWouldWaitAndChangesNothing) {
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto checked,
                       Update(WithoutLamp(), /*validate_only=*/true));
  EXPECT_EQ(checked.policy().pending_size(), 1);
  EXPECT_THAT(Present().pending(), IsEmpty());
  EXPECT_EQ(AuditRows(), rows);
}

TEST_F(GatedPolicyTest, ATouchOfWhoOwnsASiteLetsItHold) {
  ASSERT_OK(Update(WithoutLamp()));
  const std::string etag = Present().etag();
  const size_t rows = AuditRows();
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(Asked(Arguments())));
  EXPECT_EQ(applied.results(0).resource(), "policy");
  EXPECT_EQ(Present().rules_size(), 1);
  EXPECT_THAT(Present().pending(), IsEmpty());
  EXPECT_NE(Present().etag(), etag);
  EXPECT_EQ(AuditRows(), rows + 1);
}

TEST_F(GatedPolicyTest, SoDoesItForAModel) {
  ASSERT_OK(Update(WithFreeCamera()));
  const std::string etag = Model().etag();
  ASSERT_OK_AND_ASSIGN(const auto applied, Apply(Asked(Arguments())));
  EXPECT_EQ(applied.results(0).resource(), "models/lock");
  EXPECT_EQ(Model().operations(3).rule().kind(), proof::v1::RULE_KIND_FREE);
  EXPECT_NE(Model().etag(), etag);
  EXPECT_THAT(Present().pending(), IsEmpty());
  EXPECT_EQ(Present().rules_size(), 2);
}

TEST_F(GatedPolicyTest, WhatHoldsIsResolvedFromThenOn) {
  const auto rule = [this] {
    return core_->resolver()
        .Resolve(gate_, ResolveRequest("camera.on"))
        ->items(0)
        .rule()
        .kind();
  };
  ArmAndStage();
  ASSERT_OK(Apply(PinsRequest(PlannedPins())));
  ASSERT_OK(Update(WithFreeCamera()));
  EXPECT_EQ(rule(), proof::v1::RULE_KIND_APPROVALS);
}

TEST_F(GatedPolicyTest, TheSameCommandAgainChangesNothing) {
  ASSERT_OK(Update(WithoutLamp()));
  const v1::ApplyRequest request = Asked(Arguments());
  ASSERT_OK(Apply(request));
  const int commits = Commits();
  ASSERT_OK_AND_ASSIGN(const auto again, Apply(request));
  EXPECT_TRUE(again.results(0).already_applied());
  EXPECT_EQ(Commits(), commits);
}

TEST_F(GatedPolicyTest, WithoutAGenuineTouchNothingChanges) {
  ASSERT_OK(Update(WithoutLamp()));
  v1::ApplyRequest request = Asked(Arguments());
  std::string& signature = *request.mutable_approvals(0)->mutable_signature();
  signature[signature.size() - 1] ^= 1;
  ExpectRefused(request, reason::kSignatureInvalid);
}

TEST_F(GatedPolicyTest, ATouchInABrowserDoesNotCount) {
  ASSERT_OK(Update(WithoutLamp()));
  ExpectRefused(AccountActRequest(kPolicy, proof::Encode(Arguments()),
                                  {{&site_.alice, nullptr}}),
                reason::kPlaceNotAllowed);
}

TEST_F(GatedPolicyTest, OnlyWhatWaitsIsAgreedTo) {
  ASSERT_OK(Update(WithoutLamp()));
  proof::v1::PolicyChangeArguments other = Arguments();
  other.set_change(std::string(32, 'x'));
  ExpectRefused(Asked(other), reason::kPolicyChangeUnknown);
  other = Arguments();
  other.set_resource("models/lock");
  ExpectRefused(Asked(other), reason::kPolicyChangeUnknown);
}

TEST_F(GatedPolicyTest, TheTouchNamesAllThatBecomesLooser) {
  v1::Policy policy = Present();
  policy.clear_rules();
  ASSERT_OK(Update(policy));
  proof::v1::PolicyChangeArguments less = Arguments();
  less.mutable_looser()->RemoveLast();
  ExpectRefused(Asked(less), reason::kPolicyChangeUnknown);
}

TEST_F(GatedPolicyTest, WhatTookItsPlaceIsAnotherChange) {
  ASSERT_OK(Update(WithoutLamp()));
  const v1::ApplyRequest late = Asked(Arguments());
  ASSERT_OK(Update(WithoutLamp()));
  EXPECT_EQ(Present().pending_size(), 1);
  ExpectRefused(late, reason::kPolicyChangeUnknown);
}

TEST_F(GatedPolicyTest, WhatIsTakenBackWaitsNoMore) {
  ASSERT_OK(Update(WithoutLamp()));
  const v1::ApplyRequest late = Asked(Arguments());
  ASSERT_OK(Update(Present()));
  EXPECT_THAT(Present().pending(), IsEmpty());
  ExpectRefused(late, reason::kPolicyChangeUnknown);
}

TEST_F(GatedPolicyTest, WhatWaitsCannotBeWrittenByTheRequest) {
  ASSERT_OK(Update(WithoutLamp()));
  v1::Policy forged = Present();
  forged.mutable_pending(0)->mutable_policy()->clear_rules();
  ASSERT_OK(Update(forged));
  EXPECT_THAT(Present().pending(), IsEmpty());
}

TEST_F(GatedPolicyTest, WhatWaitsForAModelOutlivesAChangeOfThePolicy) {
  ASSERT_OK(Update(WithFreeCamera()));
  v1::Policy stricter = Present();
  stricter.set_forbid_break_glass(true);
  ASSERT_OK(Update(stricter));
  ASSERT_EQ(Present().pending_size(), 1);
  EXPECT_OK(Apply(Asked(Arguments())));
}

TEST_F(GatedPolicyTest, AStricterModelDropsWhatWaitsForIt) {
  ASSERT_OK(Update(WithFreeCamera()));
  v1::Model stricter = Model();
  *stricter.mutable_operations(3)->mutable_rule() = proof::ForbiddenRule();
  ASSERT_OK(Update(stricter));
  EXPECT_THAT(Present().pending(), IsEmpty());
}

TEST_F(GatedPolicyTest, MoreThanSixteenThingsAtOnceAreTooMany) {
  v1::Policy policy = Present();
  for (int i = 0; i < 17; ++i) {
    SetRule(policy, absl::StrCat("op.", i), proof::TouchRule());
  }
  ASSERT_OK(Update(policy));
  policy = Present();
  policy.clear_rules();
  EXPECT_THAT(Update(policy), HasReason(reason::kPolicyChangeLimit));
}

TEST_F(GatedPolicyTest, WhoIsNoGuardianDoesNotAgree) {
  MakeAccount("bob");
  v1::Policy policy = Present();
  policy.add_guardians("bob");
  ASSERT_OK(Update(policy));
  EXPECT_THAT(Present().guardians(), IsEmpty());
  EXPECT_THAT(Present().pending(0).looser(), ElementsAre("guardians"));
  ASSERT_OK(Apply(Asked(Arguments())));
  EXPECT_THAT(Present().guardians(), ElementsAre("bob"));
  ASSERT_OK(Update(WithoutLamp()));
  ExpectRefused(Asked(Arguments()), reason::kNotAGuardian);
}

TEST_F(GatedPolicyTest, AGuardianAgrees) {
  v1::Policy policy = Present();
  policy.add_guardians("alice");
  ASSERT_OK(Update(policy));
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_OK(Update(WithoutLamp()));
  ASSERT_OK(Apply(Asked(Arguments())));
  EXPECT_EQ(Present().rules_size(), 1);
}

TEST_F(GatedPolicyTest, AnotherTenantsChangeIsUnknown) {
  ASSERT_OK(Update(WithoutLamp()));
  v1::ApplyRequest request = Asked(Arguments());
  request.set_tenant("other");
  EXPECT_FALSE(Apply(request).ok());
  EXPECT_EQ(Present().rules_size(), 2);
}

// door.unlock wants its user verified.
TEST_F(GatedPolicyTest, WhoLoosensSatisfiesTheRuleBeforeTheChange) {
  v1::Policy policy = Present();
  policy.mutable_rules()->DeleteSubrange(0, 1);
  ASSERT_OK(Update(policy));
  ASSERT_OK(Apply(Asked(Arguments())));
  ASSERT_EQ(Present().pending_size(), 1);
  ASSERT_EQ(Present().pending(0).agreements_size(), 1);
  EXPECT_FALSE(Present().pending(0).agreements(0).user_verified());
  EXPECT_EQ(Present().rules_size(), 2);
  proof::FakeTouch verified{&site_.alice, &site_.gw1};
  verified.ctap2 = true;
  verified.flags = 0x05;
  ASSERT_OK(Apply(
      AccountActRequest(kPolicy, proof::Encode(Arguments()), {verified})));
  EXPECT_THAT(Present().pending(), IsEmpty());
  EXPECT_EQ(Present().rules_size(), 1);
}

TEST_F(GatedPolicyTest, TheGateIsToldToAskForThat) {
  v1::ResolveRequest request;
  request.set_tenant("acme");
  request.set_on_behalf_of("alice");
  request.set_purpose(proof::v1::PURPOSE_TOKEN);
  request.set_approver_gateway("gw-1");
  request.add_items()->set_device("account:alice");
  request.mutable_items(0)->set_operation(kPolicy);
  const auto uv = [&] {
    return core_->resolver().Resolve(gate_, request)->items(0).rule().uv();
  };
  ASSERT_OK(Update(WithoutLamp()));
  EXPECT_FALSE(uv());
  v1::Policy policy = Present();
  policy.clear_rules();
  ASSERT_OK(Update(policy));
  EXPECT_TRUE(uv());
}

TEST_F(GatedPolicyTest, OneOfTwoAtATimeChangesThePolicy) {
  ASSERT_OK(Update(WithoutLamp()));
  const v1::ApplyRequest request = Asked(Arguments());
  store_.BeforeNextCommit([this] {
    v1::UpdatePolicyRequest stricter;
    *stricter.mutable_policy() = Present();
    ASSERT_OK(NewReplica()->core.policies().UpdatePolicy(operator_, stricter));
  });
  EXPECT_THAT(Apply(request), HasReason(reason::kPolicyChangeUnknown));
  EXPECT_EQ(Present().rules_size(), 2);
}

}  // namespace
}  // namespace u2fi::device_registry
