#include "services/common/proof/rules.h"

#include "google/protobuf/util/message_differencer.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

using google::protobuf::util::MessageDifferencer;

MATCHER_P(IsRule, rule, "is the rule") {
  *result_listener << arg.ShortDebugString();
  return MessageDifferencer::Equals(arg, rule);
}

// The field at fault of `rule` for an operation, or "".
std::string WrongField(const v1::Rule& rule,
                       absl::string_view operation = "door.unlock") {
  return MetadataOf(CheckRuleForm(rule, operation))["field"];
}

CountedApproval By(uint32_t roles, absl::string_view gateway = "gw-1",
                   absl::string_view site = "home") {
  CountedApproval approval;
  approval.roles = roles;
  approval.gateway = gateway;
  approval.site = site;
  return approval;
}

v1::PinSet WithDefault(const v1::Rule& rule) {
  v1::PinSet pins;
  *pins.mutable_default_rule() = rule;
  return pins;
}

TEST(RulesTest, ARuleHasANameForPeople) {
  EXPECT_EQ(RuleName(TouchUvRule()), "touch_uv");
  EXPECT_EQ(RuleName(QuorumRule(2)), "quorum");
  EXPECT_EQ(RuleName(QuorumRule(3)), "3 approvals");
  EXPECT_EQ(RuleName(OwnerTouchRule()), "1 approval");
}

TEST(RulesTest, OnlyThePlainQuorumIsCalledThat) {
  v1::Rule rule = QuorumRule(2);
  rule.set_distinct_sites(true);
  EXPECT_EQ(RuleName(rule), "2 approvals");
  EXPECT_EQ(RuleName(QuorumRule(1)), "1 approval");
}

TEST(PresetTest, NamesRoundTrip) {
  for (const char* name :
       {"FREE", "TOUCH", "TOUCH_UV", "QUORUM", "FORBIDDEN"}) {
    EXPECT_EQ(PresetName(*PresetByName(name)), name);
    EXPECT_OK(CheckRuleForm(*PresetByName(name), "door.unlock"));
  }
  EXPECT_EQ(PresetByName("free"), absl::nullopt);
  EXPECT_EQ(PresetName(QuorumRule(5)), "QUORUM");
  EXPECT_EQ(PresetName(OwnerTouchRule()), "");
}

TEST(RuleFormTest, UnsetAndUnknownKindsAreRefused) {
  v1::Rule rule;
  EXPECT_EQ(WrongField(rule), "kind");
  rule.set_kind(static_cast<v1::RuleKind>(4));
  EXPECT_EQ(WrongField(rule), "kind");
}

TEST(RuleFormTest, FreeAndForbiddenHaveNothingElse) {
  v1::Rule rule = FreeRule();
  rule.set_uv(true);
  EXPECT_EQ(WrongField(rule), "kind");
  rule = ForbiddenRule();
  rule.set_roles(1);
  EXPECT_EQ(WrongField(rule), "kind");
}

TEST(RuleFormTest, FreeIsNeitherADefaultNorForReservedOperations) {
  EXPECT_EQ(WrongField(FreeRule(), ""), "kind");
  EXPECT_EQ(WrongField(FreeRule(), "u2fi.pins"), "kind");
  EXPECT_EQ(WrongField(ForbiddenRule(), ""), "");
}

TEST(RuleFormTest, ApprovalsAre1To8) {
  v1::Rule rule = TouchRule();
  rule.set_approvals(8);
  EXPECT_EQ(WrongField(rule), "");
  rule.set_approvals(9);
  EXPECT_EQ(WrongField(rule), "approvals");
  rule.set_approvals(0);
  EXPECT_EQ(WrongField(rule), "approvals");
}

TEST(RuleFormTest, RolesAreThoseThatRulesAskFor) {
  v1::Rule rule = TouchRule();
  for (const int roles : {0, 16, 32, 64, 17}) {
    rule.set_roles(roles);
    EXPECT_EQ(WrongField(rule), "roles") << roles;
  }
  rule.set_roles(15);
  EXPECT_EQ(WrongField(rule), "");
}

TEST(RuleFormTest, LevelsAreAtMost2) {
  v1::Rule rule = TouchRule();
  rule.set_level(3);
  EXPECT_EQ(WrongField(rule), "level");
}

TEST(RuleFormTest, ReservedOperationsAreNeverForBrowsersOrLessees) {
  v1::Rule rule = TouchRule();
  rule.set_browser_ok(true);
  EXPECT_EQ(WrongField(rule), "");
  EXPECT_EQ(WrongField(rule, "u2fi.unbind"), "browser_ok");
  rule = TouchRule();
  rule.set_lessee(true);
  EXPECT_EQ(WrongField(rule, "u2fi.pins"), "lessee");
}

TEST(StrictestTest, KindsAreOrdered) {
  EXPECT_THAT(Strictest(FreeRule(), TouchRule()), IsRule(TouchRule()));
  EXPECT_THAT(Strictest(TouchRule(), FreeRule()), IsRule(TouchRule()));
  EXPECT_THAT(Strictest(FreeRule(), FreeRule()), IsRule(FreeRule()));
  EXPECT_THAT(Strictest(ForbiddenRule(), TouchRule()), IsRule(ForbiddenRule()));
  EXPECT_THAT(Strictest(FreeRule(), ForbiddenRule()), IsRule(ForbiddenRule()));
}

TEST(StrictestTest, EveryFieldIsTakenFromTheStricterRule) {
  v1::Rule a = QuorumRule(2);
  a.set_uv(true);
  a.set_browser_ok(true);
  v1::Rule b = TouchRule();
  b.set_level(2);
  b.set_distinct_sites(true);
  b.set_lessee(true);
  v1::Rule both = QuorumRule(2);
  both.set_roles(v1::KEY_ROLE_OWNER | v1::KEY_ROLE_MEMBER);
  both.set_uv(true);
  both.set_level(2);
  both.set_distinct_sites(true);
  both.set_lessee(true);
  EXPECT_THAT(Strictest(a, b), IsRule(both));
  EXPECT_THAT(Strictest(b, a), IsRule(both));
}

TEST(StrictestTest, DistinctGatewaysAreAskedForIfOneAsks) {
  v1::Rule rule = QuorumRule(2);
  rule.set_distinct_gateways(true);
  EXPECT_THAT(Strictest(rule, QuorumRule(2)), IsRule(rule));
  EXPECT_THAT(Strictest(QuorumRule(2), rule), IsRule(rule));
}

TEST(StrictestTest, ABrowserIsEnoughIfBothSaySo) {
  v1::Rule rule = TouchRule();
  rule.set_browser_ok(true);
  EXPECT_THAT(Strictest(rule, rule), IsRule(rule));
  EXPECT_THAT(Strictest(rule, TouchRule()), IsRule(TouchRule()));
}

TEST(StrictestTest, RolesWithNothingInCommonForbid) {
  v1::Rule approver = TouchRule();
  approver.set_roles(v1::KEY_ROLE_APPROVER);
  EXPECT_THAT(Strictest(OwnerTouchRule(), approver), IsRule(ForbiddenRule()));
}

TEST(StrictestTest, ComparesRules) {
  EXPECT_TRUE(IsAtLeastAsStrict(TouchUvRule(), TouchRule()));
  EXPECT_FALSE(IsAtLeastAsStrict(TouchRule(), TouchUvRule()));
  EXPECT_TRUE(IsAtLeastAsStrict(OwnerTouchRule(), TouchRule()));
  EXPECT_FALSE(IsAtLeastAsStrict(TouchRule(), OwnerTouchRule()));
  EXPECT_TRUE(IsAtLeastAsStrict(ForbiddenRule(), QuorumRule(8)));
  EXPECT_FALSE(IsAtLeastAsStrict(FreeRule(), TouchRule()));
}

TEST(EffectiveRuleTest, AbsentMeansATouchByTheOwner) {
  EXPECT_THAT(EffectiveRule({}, "camera.on"), IsRule(OwnerTouchRule()));
  EXPECT_THAT(EffectiveRule({}, "u2fi.pins"), IsRule(OwnerTouchRule()));
}

TEST(EffectiveRuleTest, NamesAreExact) {
  v1::PinSet pins;
  v1::OperationRule& entry = *pins.add_rules();
  entry.set_operation("lamp.on");
  *entry.mutable_rule() = FreeRule();
  EXPECT_THAT(EffectiveRule(pins, "lamp.on"), IsRule(FreeRule()));
  EXPECT_THAT(EffectiveRule(pins, "lamp.on2"), IsRule(OwnerTouchRule()));
  EXPECT_THAT(EffectiveRule(pins, "lamp.o"), IsRule(OwnerTouchRule()));
}

TEST(EffectiveRuleTest, TheDefaultIsForUnnamedDeviceOperations) {
  EXPECT_THAT(EffectiveRule(WithDefault(QuorumRule(3)), "camera.on"),
              IsRule(QuorumRule(3)));
}

TEST(EffectiveRuleTest, TheDefaultHandsNobodyThePinSet) {
  EXPECT_THAT(EffectiveRule(WithDefault(TouchRule()), "u2fi.pins"),
              IsRule(OwnerTouchRule()));
  EXPECT_THAT(EffectiveRule(WithDefault(ForbiddenRule()), "u2fi.pins"),
              IsRule(OwnerTouchRule()));
  v1::Rule open = QuorumRule(2);
  open.set_browser_ok(true);
  open.set_lessee(true);
  v1::Rule kept = QuorumRule(2);
  kept.set_roles(v1::KEY_ROLE_OWNER | v1::KEY_ROLE_APPROVER);
  EXPECT_THAT(EffectiveRule(WithDefault(open), "u2fi.unbind"), IsRule(kept));
}

// An approver helps the owner where several approve, and never stands for him.
TEST(EffectiveRuleTest, NoDefaultLetsAnApproverAloneChangePins) {
  v1::Rule rule = OwnerTouchRule();
  rule.set_roles(v1::KEY_ROLE_OWNER | v1::KEY_ROLE_APPROVER);
  EXPECT_THAT(EffectiveRule(WithDefault(rule), "u2fi.pins"),
              IsRule(OwnerTouchRule()));
}

TEST(CheckRuleTest, FreeNeedsNothingAndForbiddenHasNothing) {
  EXPECT_OK(CheckRule(FreeRule(), false, {}));
  EXPECT_THAT(CheckRule(ForbiddenRule(), false, {By(1), By(1)}),
              HasReason(reason::kOperationForbidden));
}

TEST(CheckRuleTest, ApprovalsAreCounted) {
  EXPECT_OK(CheckRule(QuorumRule(2), false, {By(1), By(8)}));
  EXPECT_THAT(CheckRule(QuorumRule(2), false, {By(1)}),
              HasReason(reason::kRuleNotSatisfied));
  EXPECT_THAT(CheckRule(TouchRule(), false, {}),
              HasReason(reason::kRuleNotSatisfied));
}

TEST(CheckRuleTest, OtherRolesDoNotCount) {
  EXPECT_THAT(CheckRule(OwnerTouchRule(), false, {By(2), By(8)}),
              HasReason(reason::kRuleNotSatisfied));
  EXPECT_OK(CheckRule(OwnerTouchRule(), false, {By(2), By(1)}));
}

TEST(CheckRuleTest, UserVerificationAndLevelCount) {
  v1::Rule rule = TouchUvRule();
  rule.set_level(1);
  CountedApproval approval = By(1);
  approval.level = 1;
  EXPECT_FALSE(CheckRule(rule, false, {approval}).ok());
  approval.user_verified = true;
  EXPECT_OK(CheckRule(rule, false, {approval}));
  approval.level = 0;
  EXPECT_FALSE(CheckRule(rule, false, {approval}).ok());
}

TEST(CheckRuleTest, DistinctGatewaysCountOnce) {
  v1::Rule rule = QuorumRule(2);
  rule.set_distinct_gateways(true);
  EXPECT_FALSE(CheckRule(rule, false, {By(1), By(2)}).ok());
  EXPECT_OK(CheckRule(rule, false, {By(1), By(2, "gw-2")}));
}

TEST(CheckRuleTest, DistinctSitesCountOnce) {
  v1::Rule rule = QuorumRule(2);
  rule.set_distinct_sites(true);
  EXPECT_FALSE(CheckRule(rule, false, {By(1), By(2, "gw-2")}).ok());
  EXPECT_OK(CheckRule(rule, false, {By(1), By(2, "gw-2", "office")}));
}

TEST(CheckRuleTest, BrowsersNeedTheirFlagAndAreNoPlace) {
  v1::Rule rule = QuorumRule(2);
  const std::vector<CountedApproval> approvals = {By(1), By(2, "", "")};
  EXPECT_THAT(CheckRule(rule, false, approvals),
              HasReason(reason::kBrowserNotAllowed));
  rule.set_browser_ok(true);
  EXPECT_OK(CheckRule(rule, false, approvals));
  rule.set_distinct_gateways(true);
  EXPECT_THAT(CheckRule(rule, false, approvals),
              HasReason(reason::kRuleNotSatisfied));
}

TEST(CheckRuleTest, DuringALeaseOnlyTheLesseeCounts) {
  v1::Rule rule = TouchRule();
  rule.set_lessee(true);
  EXPECT_OK(CheckRule(rule, false, {By(v1::KEY_ROLE_OWNER)}));
  EXPECT_FALSE(CheckRule(rule, true, {By(v1::KEY_ROLE_OWNER)}).ok());
  EXPECT_OK(CheckRule(rule, true, {By(v1::KEY_ROLE_LESSEE)}));
}

}  // namespace
}  // namespace u2fi::proof
