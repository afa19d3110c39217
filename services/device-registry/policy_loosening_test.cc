#include "services/device-registry/policy_loosening.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/proof/rules.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

v1::Policy PolicyWith(const std::string& operation,
                      const proof::v1::Rule& rule) {
  v1::Policy policy;
  proof::v1::OperationRule& entry = *policy.add_rules();
  entry.set_operation(operation);
  *entry.mutable_rule() = rule;
  return policy;
}

v1::Model ModelWith(const std::string& operation, const proof::v1::Rule& rule) {
  v1::Model model;
  v1::ModelOperation& entry = *model.add_operations();
  entry.set_operation(operation);
  *entry.mutable_rule() = rule;
  return model;
}

template <typename Resource>
void Remember(const std::string& operation, const proof::v1::Rule& rule,
              Resource& resource) {
  proof::v1::OperationRule& entry = *resource.add_before_forbidden();
  entry.set_operation(operation);
  *entry.mutable_rule() = rule;
}

TEST(PolicyLooseningTest, TheSamePolicyLoosensNothing) {
  const v1::Policy policy = PolicyWith("door.open", proof::TouchRule());
  EXPECT_THAT(LooseningOf(policy, policy).looser, IsEmpty());
}

TEST(PolicyLooseningTest, ANewRuleLoosensNothing) {
  EXPECT_THAT(
      LooseningOf(v1::Policy(), PolicyWith("door.open", proof::ForbiddenRule()))
          .looser,
      IsEmpty());
}

TEST(PolicyLooseningTest, AStricterRuleLoosensNothing) {
  EXPECT_THAT(LooseningOf(PolicyWith("door.open", proof::TouchRule()),
                          PolicyWith("door.open", proof::TouchUvRule()))
                  .looser,
              IsEmpty());
}

TEST(PolicyLooseningTest, ALooserRuleIsOneWhoseOldFormIsToBeSatisfied) {
  const Loosening loosening =
      LooseningOf(PolicyWith("door.open", proof::QuorumRule(3)),
                  PolicyWith("door.open", proof::TouchRule()));
  EXPECT_THAT(loosening.looser, ElementsAre("door.open=touch"));
  ASSERT_THAT(loosening.rules, SizeIs(2));
  EXPECT_EQ(loosening.rules[0].approvals(), 3u);
}

TEST(PolicyLooseningTest, ARuleThatIsDroppedIsFree) {
  EXPECT_THAT(
      LooseningOf(PolicyWith("door.open", proof::TouchRule()), v1::Policy())
          .looser,
      ElementsAre("door.open=free"));
}

TEST(PolicyLooseningTest, WhatIsStricterInOneFieldAndLooserInAnotherIsLooser) {
  EXPECT_THAT(LooseningOf(PolicyWith("door.open", proof::TouchUvRule()),
                          PolicyWith("door.open", proof::QuorumRule(2)))
                  .looser,
              ElementsAre("door.open=quorum"));
}

TEST(PolicyLooseningTest, NobodyCanSatisfyForbiddenSoOneTouchEndsIt) {
  const Loosening loosening =
      LooseningOf(PolicyWith("bomb.arm", proof::ForbiddenRule()), v1::Policy());
  EXPECT_THAT(loosening.looser, ElementsAre("bomb.arm=free"));
  EXPECT_THAT(loosening.rules, SizeIs(1));
}

TEST(PolicyLooseningTest, WhatAForbiddenOperationAskedForIsToBeSatisfied) {
  v1::Policy before = PolicyWith("bomb.arm", proof::ForbiddenRule());
  Remember("bomb.bay", proof::QuorumRule(4), before);
  Remember("bomb.arm", proof::QuorumRule(3), before);
  const Loosening loosening = LooseningOf(before, v1::Policy());
  ASSERT_THAT(loosening.rules, SizeIs(2));
  EXPECT_EQ(loosening.rules[0].approvals(), 3u);
}

TEST(PolicyLooseningTest, EachOtherFieldThatAsksForLessIsNamed) {
  v1::Policy before;
  before.set_forbid_break_glass(true);
  before.set_lease_grace_s(60);
  v1::Policy after;
  after.set_allow_self_approval(true);
  after.set_release_deadline_s(60);
  after.add_guardians("ann");
  EXPECT_THAT(LooseningOf(before, after).looser,
              ElementsAre("allow_self_approval", "forbid_break_glass",
                          "guardians", "lease_grace_s", "release_deadline_s"));
}

TEST(PolicyLooseningTest, EachOtherFieldThatAsksForMoreIsNot) {
  v1::Policy before;
  before.set_allow_self_approval(true);
  before.set_release_deadline_s(60);
  v1::Policy after;
  after.set_forbid_break_glass(true);
  after.set_lease_grace_s(60);
  EXPECT_THAT(LooseningOf(before, after).looser, IsEmpty());
}

template <typename Resource>
std::vector<std::string> Remembered(const Resource& resource) {
  std::vector<std::string> names;
  for (const auto& entry : resource.before_forbidden()) {
    names.push_back(
        absl::StrCat(entry.operation(), "=", proof::RuleName(entry.rule())));
  }
  return names;
}

// Forbidding an operation first is no way round those who have to agree.
TEST(KeepForbiddenTest, WhatIsForbiddenRemembersWhatItAskedFor) {
  v1::Policy before = PolicyWith("a", proof::QuorumRule(2));
  const auto add = [&before](const std::string& operation,
                             const proof::v1::Rule& rule) {
    before.add_rules()->set_operation(operation);
    *before.mutable_rules()->rbegin()->mutable_rule() = rule;
  };
  proof::v1::Rule level = proof::OwnerTouchRule();
  level.set_level(1);
  add("b", proof::TouchUvRule());
  add("c", level);
  add("d", proof::TouchRule());
  add("e", proof::FreeRule());
  v1::Policy after = before;
  for (auto& entry : *after.mutable_rules()) {
    *entry.mutable_rule() = proof::ForbiddenRule();
  }
  KeepForbidden(before, after);
  EXPECT_THAT(Remembered(after),
              ElementsAre("a=quorum", "b=touch_uv", "c=1 approval"))
      << "one touch is asked for anyway";
  v1::Policy later = after;
  KeepForbidden(after, later);
  EXPECT_THAT(Remembered(later), SizeIs(3)) << "for as long as it is";
  KeepForbidden(after, before);
  EXPECT_THAT(Remembered(before), IsEmpty());
}

TEST(KeepForbiddenTest, AModelRemembersWhatItHasNoMore) {
  v1::Model before = ModelWith("door.open", proof::QuorumRule(2));
  v1::Model after;
  KeepForbidden(before, after);
  EXPECT_THAT(Remembered(after), ElementsAre("door.open=quorum"));
  v1::Model later;
  KeepForbidden(after, later);
  EXPECT_THAT(Remembered(later), ElementsAre("door.open=quorum"));
  const Loosening loosening =
      LooseningOf(later, ModelWith("door.open", proof::TouchRule()));
  EXPECT_THAT(loosening.looser, ElementsAre("door.open=touch"));
  ASSERT_THAT(loosening.rules, SizeIs(2));
  EXPECT_EQ(loosening.rules[0].approvals(), 2u);
}

TEST(OwnPolicyTest, AnOwnersPolicyIsChangedByTouchesAsGoodAsItAsksFor) {
  v1::Account account;
  const auto add = [&account](const proof::v1::Rule& rule) {
    *account.add_rules()->mutable_rule() = rule;
  };
  EXPECT_FALSE(RuleOfOwnPolicy(account).uv());
  proof::v1::Rule level = proof::OwnerTouchRule();
  level.set_level(2);
  add(level);
  add(proof::TouchUvRule());
  add(proof::OwnerTouchRule());
  const proof::v1::Rule rule = RuleOfOwnPolicy(account);
  EXPECT_TRUE(rule.uv());
  EXPECT_EQ(rule.level(), 2u);
  EXPECT_EQ(rule.approvals(), 1u);
}

v1::Policy WithGuardians(int count) {
  v1::Policy policy = PolicyWith("door.open", proof::QuorumRule(3));
  for (int i = 0; i < count; ++i) {
    policy.add_guardians(std::string("g") + static_cast<char>('a' + i));
  }
  return policy;
}

uint32_t WantedOf(const v1::Policy& before) {
  v1::Policy after = before;
  after.add_guardians("another");
  return LooseningOf(before, after).rules[0].approvals();
}

TEST(PolicyLooseningTest, OtherGuardiansTakeAsManyAsTheRulesWantOrMostOfThem) {
  EXPECT_EQ(WantedOf(WithGuardians(0)), 1u);
  EXPECT_EQ(WantedOf(WithGuardians(1)), 1u);
  EXPECT_EQ(WantedOf(WithGuardians(2)), 2u);
  EXPECT_EQ(WantedOf(WithGuardians(4)), 3u);
  EXPECT_EQ(WantedOf(WithGuardians(6)), 4u);
}

TEST(PolicyLooseningTest, OtherGuardiansTakeTouchesAsGoodAsAnyRuleWants) {
  v1::Policy before = WithGuardians(2);
  before.mutable_rules(0)->mutable_rule()->set_level(1);
  Remember("bomb.arm", proof::TouchUvRule(), before);
  before.mutable_before_forbidden(0)->mutable_rule()->set_level(2);
  v1::Policy after = before;
  after.add_guardians("another");
  const proof::v1::Rule rule = LooseningOf(before, after).rules[0];
  EXPECT_TRUE(rule.uv());
  EXPECT_EQ(rule.level(), 2u);
}

TEST(PolicyLooseningTest, GuardiansInAnotherOrderAreTheSame) {
  v1::Policy before;
  before.add_guardians("ann");
  before.add_guardians("bob");
  v1::Policy after;
  after.add_guardians("bob");
  after.add_guardians("ann");
  EXPECT_THAT(LooseningOf(before, after).looser, IsEmpty());
}

TEST(ModelLooseningTest, AnOperationLessLoosensNothing) {
  EXPECT_THAT(
      LooseningOf(ModelWith("door.open", proof::TouchRule()), v1::Model())
          .looser,
      IsEmpty());
}

TEST(ModelLooseningTest, AnOperationMoreWasForbidden) {
  EXPECT_THAT(
      LooseningOf(v1::Model(), ModelWith("door.open", proof::OwnerTouchRule()))
          .looser,
      ElementsAre("door.open=1 approval"));
}

TEST(ModelLooseningTest, WhereAnyOperationPassesItWasATouchByTheOwner) {
  v1::Model before;
  before.set_open(true);
  v1::Model after = ModelWith("lamp.on", proof::FreeRule());
  after.set_open(true);
  EXPECT_THAT(LooseningOf(before, after).looser, ElementsAre("lamp.on=free"));
  *after.mutable_operations(0)->mutable_rule() = proof::OwnerTouchRule();
  EXPECT_THAT(LooseningOf(before, after).looser, IsEmpty());
}

TEST(ModelLooseningTest, OpeningAModelIsOne) {
  v1::Model after;
  after.set_open(true);
  EXPECT_THAT(LooseningOf(v1::Model(), after).looser, ElementsAre("open"));
}

TEST(ModelLooseningTest, AFieldThatNeedNotBeSealedAnyMoreIsOne) {
  v1::Model before = ModelWith("wifi.join", proof::TouchRule());
  before.mutable_operations(0)->add_secret_fields("password");
  const v1::Model after = ModelWith("wifi.join", proof::TouchRule());
  EXPECT_THAT(LooseningOf(before, after).looser,
              ElementsAre("wifi.join secret_fields"));
  EXPECT_THAT(LooseningOf(after, before).looser, IsEmpty());
  EXPECT_THAT(LooseningOf(before, before).looser, IsEmpty());
  EXPECT_THAT(LooseningOf(before, v1::Model()).looser, IsEmpty())
      << "nothing goes there any more";
}

TEST(ModelLooseningTest, AnOpenModelSealsNothingThatItDoesNotName) {
  v1::Model before = ModelWith("wifi.join", proof::OwnerTouchRule());
  before.mutable_operations(0)->add_secret_fields("password");
  before.set_open(true);
  v1::Model after;
  after.set_open(true);
  EXPECT_THAT(LooseningOf(before, after).looser,
              ElementsAre("wifi.join secret_fields"));
}

TEST(ModelLooseningTest, AnOpenModelForbidsNothingThatItDoesNotName) {
  v1::Model before = ModelWith("bomb.arm", proof::ForbiddenRule());
  before.set_open(true);
  v1::Model after;
  after.set_open(true);
  EXPECT_THAT(LooseningOf(before, after).looser,
              ElementsAre("bomb.arm=1 approval"));
}

TEST(ModelLooseningTest, NamesForPeopleAreNone) {
  v1::Model after = ModelWith("door.open", proof::TouchRule());
  after.set_display_name("Door");
  after.mutable_operations(0)->set_title("Open");
  EXPECT_THAT(
      LooseningOf(ModelWith("door.open", proof::TouchRule()), after).looser,
      IsEmpty());
}

class AgreedTest : public testing::Test {
 protected:
  void Agree(const std::string& account, const std::string& gateway,
             const std::string& site, bool user_verified = false) {
    v1::PolicyAgreement& agreement = *change_.add_agreements();
    agreement.set_account(account);
    agreement.set_gateway(gateway);
    agreement.set_site(site);
    agreement.set_user_verified(user_verified);
  }
  bool Agreed(const proof::v1::Rule& before) {
    return IsAgreed(LooseningOf(PolicyWith("door.open", before), v1::Policy()),
                    change_);
  }

  v1::PolicyChange change_;
};

TEST_F(AgreedTest, NobodyIsNotEnough) {
  EXPECT_FALSE(Agreed(proof::ForbiddenRule()));
}

TEST_F(AgreedTest, ATouchSatisfiesATouch) {
  Agree("ann", "g1", "s1");
  EXPECT_TRUE(Agreed(proof::TouchRule()));
  EXPECT_TRUE(Agreed(proof::ForbiddenRule()));
}

TEST_F(AgreedTest, AQuorumNeedsAsManyAccounts) {
  Agree("ann", "g1", "s1");
  EXPECT_FALSE(Agreed(proof::QuorumRule(2)));
  Agree("bob", "g1", "s1");
  EXPECT_TRUE(Agreed(proof::QuorumRule(2)));
}

TEST_F(AgreedTest, AtDistinctSitesIfTheRuleSaysSo) {
  proof::v1::Rule rule = proof::QuorumRule(2);
  rule.set_distinct_sites(true);
  Agree("ann", "g1", "s1");
  Agree("bob", "g2", "s1");
  EXPECT_FALSE(Agreed(rule));
  Agree("eve", "g3", "s2");
  EXPECT_TRUE(Agreed(rule));
}

TEST_F(AgreedTest, WithAVerifiedUserIfTheRuleSaysSo) {
  Agree("ann", "g1", "s1");
  EXPECT_FALSE(Agreed(proof::TouchUvRule()));
  Agree("bob", "g1", "s1", /*user_verified=*/true);
  EXPECT_TRUE(Agreed(proof::TouchUvRule()));
}

}  // namespace
}  // namespace u2fi::device_registry
