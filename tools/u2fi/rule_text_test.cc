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
  }
}

TEST(RuleTextTest, WhatIsNoOperationWithARuleIsRefused) {
  for (const char* text : {"", "camera.on", "=touch", "camera.on=",
                           "camera.on=loud", "camera.on=touch=free"}) {
    EXPECT_THAT(ParseOperation(text), HasReason(reason::kInvalidField)) << text;
  }
}

}  // namespace
}  // namespace u2fi::cli
