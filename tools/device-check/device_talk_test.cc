#include "tools/device-check/device_talk.h"

#include "gtest/gtest.h"

namespace u2fi::device_check {
namespace {

TEST(VerdictInTest, WhatWasBegunWasVerified) {
  EXPECT_EQ(VerdictIn("SUCCEEDED", ""), "");
  EXPECT_EQ(VerdictIn("SUCCEEDED {\"a\":1}", "TOKEN_ROLE"), "");
  EXPECT_EQ(VerdictIn("FAILED STUCK", "TOKEN_ROLE"), "");
  EXPECT_EQ(VerdictIn("UNKNOWN", ""), "");
}

TEST(VerdictInTest, ARefusalHasItsReason) {
  EXPECT_EQ(VerdictIn("REFUSED TOKEN_ROLE", ""), "TOKEN_ROLE");
}

TEST(VerdictInTest, WhatSaysNothingOfTheCommandIsNoAcceptance) {
  EXPECT_EQ(VerdictIn("", ""), "(no reason)");
  for (const char* outcome : {"REFUSED", "REFUSED ", "SUCCEEDEDX", "OK"}) {
    EXPECT_EQ(VerdictIn(outcome, ""), outcome);
  }
}

TEST(VerdictInTest, ADeviceNeedNotHaveTheOperationOfAGoodCase) {
  EXPECT_EQ(VerdictIn("REFUSED OPERATION_UNKNOWN", ""), "");
  EXPECT_EQ(VerdictIn("REFUSED OPERATION_UNKNOWN", "TOKEN_ROLE"),
            "OPERATION_UNKNOWN");
}

}  // namespace
}  // namespace u2fi::device_check
