#include "tools/u2fi/rule_text.h"

#include "gtest/gtest.h"
#include "services/common/proof/rules.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

TEST(RuleTextTest, EveryPresetHasAName) {
  for (const char* name :
       {"free", "touch", "touch_uv", "quorum", "forbidden"}) {
    ASSERT_OK_AND_ASSIGN(const auto operation,
                         ParseOperation(std::string("camera.on=") + name));
    EXPECT_EQ(operation.operation(), "camera.on");
    EXPECT_OK(proof::CheckRuleForm(operation.rule(), "camera.on"));
    EXPECT_EQ(proof::RuleName(operation.rule()), name);
  }
}

TEST(RuleTextTest, WhatIsNoOperationWithARuleIsRefused) {
  for (const char* text : {"", "camera.on", "=touch", "camera.on=",
                           "camera.on=loud", "camera.on=touch=free"}) {
    EXPECT_THAT(ParseOperation(text), HasReason(reason::kInvalidField)) << text;
  }
}

class EditRulesTest : public testing::Test {
 protected:
  EditRulesTest() { EXPECT_OK(EditRules({"camera.on=free"}, {}, rules_)); }

  google::protobuf::RepeatedPtrField<proof::v1::OperationRule> rules_;
};

TEST_F(EditRulesTest, ARuleTakesThePlaceOfTheOldOne) {
  ASSERT_OK(EditRules({"camera.on=touch", "camera.off=quorum"}, {}, rules_));
  ASSERT_EQ(rules_.size(), 2);
  EXPECT_EQ(proof::RuleName(rules_.Get(0).rule()), "touch");
  EXPECT_EQ(rules_.Get(1).operation(), "camera.off");
}

TEST_F(EditRulesTest, TwoRulesForOneOperationAreRefused) {
  EXPECT_THAT(EditRules({"door.open=quorum", "door.open=free"}, {}, rules_),
              HasReason(reason::kInvalidField));
}

TEST_F(EditRulesTest, ARuleIsDroppedIfItIsThere) {
  ASSERT_OK(EditRules({}, {"camera.on"}, rules_));
  EXPECT_TRUE(rules_.empty());
  EXPECT_THAT(EditRules({}, {"camera.on"}, rules_),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::cli
