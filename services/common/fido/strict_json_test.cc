#include "services/common/fido/strict_json.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

bool Reads(absl::string_view text, const JsonLimits& limits = {}) {
  nlohmann::json value;
  return ParseStrictJson(text, limits, value).ok();
}

TEST(StrictJsonTest, ReadsAnObject) {
  nlohmann::json value;
  ASSERT_OK(
      ParseStrictJson(R"( {"a":[1,2.5,null,true,{"b":"x"}]} )", {}, value));
  EXPECT_EQ(value["a"][4]["b"], "x");
}

TEST(StrictJsonTest, OnlyAnObjectIsTaken) {
  for (const char* text : {"", " ", "1", "[]", "\"x\"", "null"}) {
    EXPECT_FALSE(Reads(text)) << text;
  }
}

TEST(StrictJsonTest, TextAfterTheObjectIsRefused) {
  EXPECT_FALSE(Reads("{} x"));
  EXPECT_FALSE(Reads("{}{}"));
}

TEST(StrictJsonTest, AZeroByteIsRefusedEverywhere) {
  EXPECT_FALSE(Reads(absl::string_view("{}\0x", 4)));
  EXPECT_FALSE(Reads(absl::string_view("{}\0", 3)));
  EXPECT_FALSE(Reads(absl::string_view("{\"a\0\":1}", 9)));
}

TEST(StrictJsonTest, AByteOrderMarkIsRefused) {
  EXPECT_FALSE(Reads("\xef\xbb\xbf{}"));
}

TEST(StrictJsonTest, AMemberTwiceIsRefusedAtEveryDepth) {
  EXPECT_FALSE(Reads(R"({"a":1,"a":1})"));
  EXPECT_FALSE(Reads(R"({"x":{"a":1,"b":2,"a":1}})"));
  EXPECT_FALSE(Reads(R"({"a":1,"\u0061":1})"));
  EXPECT_TRUE(Reads(R"({"a":{"a":1}})"));
}

TEST(StrictJsonTest, TextThatIsNotUtf8IsRefused) {
  EXPECT_FALSE(Reads("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(Reads("{\"a\":\"\xc0\x80\"}"));
  EXPECT_FALSE(Reads(R"({"a":"\ud800"})"));
}

TEST(StrictJsonTest, WhatJsonDoesNotKnowIsRefused) {
  for (const char* text : {R"({"a":1,})", "{'a':1}", "{a:1}", R"({"a":NaN})",
                           R"({"a":01})", "{/**/}", R"({"a":"x)"}) {
    EXPECT_FALSE(Reads(text)) << text;
  }
}

TEST(StrictJsonTest, LimitsAreIncluded) {
  EXPECT_TRUE(Reads(R"({"a":[[]]})", {10, 3, 1}));
  EXPECT_FALSE(Reads(R"({"a":[[]]})", {9, 3, 1}));
  EXPECT_FALSE(Reads(R"({"a":[[]]})", {10, 2, 1}));
  EXPECT_FALSE(Reads(R"({"a":1,"b":2})", {99, 3, 1}));
}

}  // namespace
}  // namespace u2fi::fido
