#include "services/common/fido/json_value.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

TEST(JsonValueTest, GivesTheValue) {
  ASSERT_OK_AND_ASSIGN(nlohmann::json value,
                       ParseJsonValue(R"({"a":[1,{"b":"x"}]})", {}));
  EXPECT_EQ(value["a"][1]["b"], "x");
}

TEST(JsonValueTest, WhatTheStrictReaderRefusesIsRefused) {
  for (const char* text : {"", "[]", "{} x", R"({"a":1,"a":1})"}) {
    EXPECT_FALSE(ParseJsonValue(text, {}).ok()) << text;
  }
}

TEST(JsonValueTest, ANumberBeyondADoubleIsRefused) {
  EXPECT_FALSE(ParseJsonValue(R"({"a":1e999})", {}).ok());
}

}  // namespace
}  // namespace u2fi::fido
