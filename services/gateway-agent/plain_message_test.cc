#include "services/gateway-agent/plain_message.h"

#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

constexpr char kGood[] = R"({"command":"abc","outcome":"SUCCEEDED"})";

proof::v1::Command Command(const std::string& arguments) {
  proof::v1::Command command;
  command.set_command_id("abc");
  command.set_operation("bulb.set");
  command.set_arguments(arguments);
  return command;
}

TEST(PlainMessageTest, ACommandIsOneJsonObject) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       PlainSet(Command("{\"brightness\":7}")));
  EXPECT_EQ(text,
            "{\"arguments\":{\"brightness\":7},\"command\":\"abc\","
            "\"operation\":\"bulb.set\"}");
}

TEST(PlainMessageTest, NoArgumentsAreAnEmptyObject) {
  ASSERT_OK_AND_ASSIGN(const std::string text, PlainSet(Command("")));
  EXPECT_THAT(text, testing::HasSubstr("\"arguments\":{}"));
}

TEST(PlainMessageTest, ArgumentsThatAreNoObjectAreRefused) {
  for (const char* arguments : {"[]", "7", "{", "null"}) {
    EXPECT_THAT(PlainSet(Command(arguments)), HasReason(reason::kCommandFormat))
        << arguments;
  }
}

// What the device gets is what the touch was for, byte for byte.
TEST(PlainMessageTest, ArgumentsAreNotWrittenAnew) {
  const std::string exact =
      R"({"z": 12345678901234567890123, "a":1.10,"s":"\u00e9"})";
  ASSERT_OK_AND_ASSIGN(const std::string text, PlainSet(Command(exact)));
  EXPECT_THAT(text, testing::HasSubstr("\"arguments\":" + exact + ","));
}

// One reader takes the first, another the last.
TEST(PlainMessageTest, ANameThatComesTwiceIsRefused) {
  for (const char* arguments :
       {R"({"to":"alice","to":"mallory"})", R"({"a":[{"b":1,"b":1}]})",
        R"({"to":1,"t\u006f":2})"}) {
    EXPECT_THAT(PlainSet(Command(arguments)), HasReason(reason::kCommandFormat))
        << arguments;
  }
  EXPECT_OK(PlainSet(Command(R"({"a":{"b":1},"b":[{"b":1},{"b":2}]})")));
  EXPECT_THAT(PlainSet(Command("\xef\xbb\xbf{}")),
              HasReason(reason::kCommandFormat));
}

TEST(PlainMessageTest, AnAnswerNamesCommandAndOutcome) {
  ASSERT_OK_AND_ASSIGN(const auto result, ParsePlainState(kGood));
  EXPECT_EQ(result.command_id(), "abc");
  EXPECT_EQ(result.outcome(), "SUCCEEDED");
}

TEST(PlainMessageTest, WhatIsNoAnswerIsRefused) {
  for (const char* state :
       {"", "x", "[]", "{}", R"({"command":"abc"})",
        R"({"outcome":"SUCCEEDED"})", R"({"command":7,"outcome":"SUCCEEDED"})",
        R"({"command":"A B","outcome":"SUCCEEDED"})",
        R"({"command":"abc","outcome":"DONE"})",
        R"({"command":"abc","outcome":7})",
        R"({"command":"abc","outcome":"FAILED \u0007"})"}) {
    EXPECT_THAT(ParsePlainState(state), HasReason(reason::kInvalidField))
        << state;
  }
}

TEST(PlainMessageTest, TheLongestAnswerIsReadAndAByteMoreRefused) {
  std::string longest = kGood;
  longest.append(kMaxPlainState - longest.size(), ' ');
  EXPECT_OK(ParsePlainState(longest));
  EXPECT_THAT(ParsePlainState(longest + " "), HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::gateway_agent
