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
    EXPECT_EQ(RuleName(operation.rule()), name);
  }
}

TEST(RuleTextTest, ALargerQuorumSaysItsNumber) {
  proof::v1::Rule rule = *proof::PresetByName("QUORUM");
  rule.set_approvals(3);
  EXPECT_EQ(RuleName(rule), "3 approvals");
}

TEST(RuleTextTest, WhatIsNoOperationWithARuleIsRefused) {
  for (const char* text : {"", "camera.on", "=touch", "camera.on=",
                           "camera.on=loud", "camera.on=touch=free"}) {
    EXPECT_THAT(ParseOperation(text), HasReason(reason::kInvalidField)) << text;
  }
}

}  // namespace
}  // namespace u2fi::cli
