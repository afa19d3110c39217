#include "services/device-registry/effective_rule.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::Rule;

class EffectiveRuleTest : public testing::Test {
 protected:
  EffectiveRuleTest() {
    SetModel("lamp.on", proof::FreeRule());
    SetModel("door.unlock", proof::TouchRule());
    model_.add_operations()->set_operation("camera.on");
  }

  void SetModel(const std::string& operation, const Rule& rule) {
    v1::ModelOperation& entry = *model_.add_operations();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
  }

  template <typename Message>
  static void AddRule(Message& message, const std::string& operation,
                      const Rule& rule) {
    proof::v1::OperationRule& entry = *message.add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
  }

  // The name of the preset that the rule is, or "other".
  std::string Effective(const std::string& operation) {
    const auto rule = EffectiveRuleOf(operation, sources_);
    EXPECT_OK(rule);
    if (!rule.ok()) return "";
    if (rule->SerializeAsString() ==
        proof::OwnerTouchRule().SerializeAsString()) {
      return "OWNER";
    }
    const absl::string_view name = proof::PresetName(*rule);
    return name.empty() ? "other" : std::string(name);
  }

  v1::Policy policy_;
  v1::Model model_;
  v1::Account owner_;
  proof::v1::PinSet pins_;
  RuleSources sources_{&policy_, &model_, &owner_, nullptr};
};

TEST_F(EffectiveRuleTest, IsTheMakersWhereNobodySaysMore) {
  EXPECT_EQ(Effective("lamp.on"), "FREE");
  EXPECT_EQ(Effective("door.unlock"), "TOUCH");
}

TEST_F(EffectiveRuleTest, AnOperationThatNobodyClassifiedIsCritical) {
  EXPECT_EQ(Effective("camera.on"), "OWNER");
}

TEST_F(EffectiveRuleTest, AnOperationThatTheModelDoesNotHaveIsRefused) {
  EXPECT_THAT(EffectiveRuleOf("door.melt", sources_),
              HasReason(reason::kOperationUnknown));
}

TEST_F(EffectiveRuleTest, AnOpenModelPassesItOnAsCritical) {
  model_.set_open(true);
  EXPECT_EQ(Effective("door.melt"), "OWNER");
}

TEST_F(EffectiveRuleTest, ThePolicyMakesItStricter) {
  AddRule(policy_, "lamp.on", proof::TouchUvRule());
  EXPECT_EQ(Effective("lamp.on"), "TOUCH_UV");
}

TEST_F(EffectiveRuleTest, ThePolicyMakesNothingLooser) {
  AddRule(policy_, "door.unlock", proof::FreeRule());
  EXPECT_EQ(Effective("door.unlock"), "TOUCH");
}

TEST_F(EffectiveRuleTest, TheOwnerMakesItStricter) {
  AddRule(owner_, "door.unlock", proof::ForbiddenRule());
  EXPECT_EQ(Effective("door.unlock"), "FORBIDDEN");
}

TEST_F(EffectiveRuleTest, TheDeviceMakesItStricter) {
  sources_.pins = &pins_;
  EXPECT_EQ(Effective("lamp.on"), "OWNER");
  AddRule(pins_, "lamp.on", proof::FreeRule());
  EXPECT_EQ(Effective("lamp.on"), "FREE");
}

TEST_F(EffectiveRuleTest, TheDeviceMakesNothingLooser) {
  sources_.pins = &pins_;
  AddRule(pins_, "door.unlock", proof::FreeRule());
  EXPECT_EQ(Effective("door.unlock"), "TOUCH");
}

TEST_F(EffectiveRuleTest, FieldsOfSeveralSourcesCombine) {
  AddRule(policy_, "door.unlock", proof::TouchUvRule());
  AddRule(owner_, "door.unlock", proof::OwnerTouchRule());
  ASSERT_OK_AND_ASSIGN(const Rule rule,
                       EffectiveRuleOf("door.unlock", sources_));
  EXPECT_TRUE(rule.uv());
  EXPECT_EQ(rule.roles(), static_cast<uint32_t>(proof::v1::KEY_ROLE_OWNER));
}

TEST_F(EffectiveRuleTest, RulesOfOtherOperationsDoNotCount) {
  AddRule(policy_, "lamp.off", proof::ForbiddenRule());
  AddRule(owner_, "lamp", proof::ForbiddenRule());
  EXPECT_EQ(Effective("lamp.on"), "FREE");
}

TEST_F(EffectiveRuleTest, AReservedOperationNeedsTheOwner) {
  EXPECT_EQ(Effective("u2fi.pins"), "OWNER");
  sources_.model = nullptr;
  EXPECT_EQ(Effective("u2fi.enrol"), "OWNER");
}

TEST_F(EffectiveRuleTest, ThePolicyMakesAReservedOperationStricter) {
  AddRule(policy_, "u2fi.pins", proof::ForbiddenRule());
  EXPECT_EQ(Effective("u2fi.pins"), "FORBIDDEN");
}

TEST_F(EffectiveRuleTest, PinsWhatDiffersFromTheDefault) {
  const auto rules = RulesToPin(sources_);
  ASSERT_EQ(rules.size(), 2u);
  EXPECT_EQ(rules[0].operation(), "door.unlock");
  EXPECT_EQ(rules[1].operation(), "lamp.on");
  EXPECT_EQ(proof::PresetName(rules[1].rule()), "FREE");
}

TEST_F(EffectiveRuleTest, PinsTheStrictestOfAllSources) {
  AddRule(policy_, "lamp.on", proof::TouchUvRule());
  AddRule(owner_, "camera.on", proof::ForbiddenRule());
  const auto rules = RulesToPin(sources_);
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(proof::PresetName(rules[0].rule()), "FORBIDDEN");
  EXPECT_EQ(proof::PresetName(rules[2].rule()), "TOUCH_UV");
}

TEST_F(EffectiveRuleTest, PinsNothingThatTheDeviceDoesNotHave) {
  AddRule(policy_, "car.start", proof::ForbiddenRule());
  EXPECT_EQ(RulesToPin(sources_).size(), 2u);
  model_.set_open(true);
  EXPECT_EQ(RulesToPin(sources_).size(), 3u);
}

TEST_F(EffectiveRuleTest, PinsTheOwnersRuleForWhatAnOpenModelPassesOn) {
  model_.set_open(true);
  AddRule(owner_, "car.start", proof::ForbiddenRule());
  const auto rules = RulesToPin(sources_);
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[0].operation(), "car.start");
  EXPECT_EQ(proof::PresetName(rules[0].rule()), "FORBIDDEN");
}

TEST_F(EffectiveRuleTest, PinsAStricterRuleForAReservedOperation) {
  AddRule(policy_, "u2fi.unbind", proof::ForbiddenRule());
  const auto rules = RulesToPin(sources_);
  ASSERT_EQ(rules.size(), 3u);
  EXPECT_EQ(rules[2].operation(), "u2fi.unbind");
}

TEST_F(EffectiveRuleTest, FindsAnOperationByItsExactName) {
  EXPECT_NE(FindOperation(model_, "lamp.on"), nullptr);
  EXPECT_EQ(FindOperation(model_, "lamp"), nullptr);
}

}  // namespace
}  // namespace u2fi::device_registry
