#include "tools/u2fi/output.h"

#include <algorithm>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/proof/command.h"
#include "services/common/status/error.h"

namespace u2fi::cli {
namespace {

using command_gate::v1::CommandRecord;
using testing::HasSubstr;

CommandRecord Waiting() {
  CommandRecord command;
  command.set_name("commands/c1");
  command.set_state(command_gate::v1::COMMAND_STATE_AWAITING_APPROVAL);
  command.add_approvals()->set_gateway("g1");
  return command;
}

TEST(OutputTest, AWaitingCommandSaysWhereToTouch) {
  EXPECT_THAT(StateText(Waiting()), HasSubstr("touch the key at gateway g1"));
}

TEST(OutputTest, AnApproverThatHasTouchedIsNotNamed) {
  CommandRecord command = Waiting();
  command.mutable_approvals(0)->set_state(
      command_gate::v1::APPROVAL_STATE_ACCEPTED);
  command.add_approvals()->set_gateway("g2");
  EXPECT_THAT(StateText(command), HasSubstr("at gateway g2 before"));
}

command_gate::v1::PendingApproval Question() {
  proof::v1::Command command;
  command.set_format(1);
  command.set_command_id(std::string(26, 'a'));
  command.set_device("cam-1");
  command.set_gateway("g1");
  command.set_sequence(1);
  command.set_operation("camera.on");
  command_gate::v1::PendingApproval question;
  question.set_state(command_gate::v1::APPROVAL_STATE_ASKED);
  question.set_gateway("g1");
  question.add_commands(*proof::EncodeCommand(command));
  question.add_words("one");
  question.add_words("two");
  return question;
}

TEST(OutputTest, ACheckIsWellOrSaysWhatToDo) {
  std::ostringstream said;
  Output output(said, false);
  output.Check("gate", std::string("it answers"));
  output.Check("gateways", Error(reason::kGatewayOffline, "none"));
  EXPECT_THAT(said.str(), HasSubstr("ok    gate: it answers\nFAIL  gateways: "
                                    "GATEWAY_OFFLINE: none. Retry"));
}

TEST(OutputTest, AQuestionSaysWhatTheKeyWillCover) {
  EXPECT_THAT(ApprovalText(Question()), HasSubstr("camera.on on cam-1:"));
  EXPECT_THAT(ApprovalText(Question()), HasSubstr("words one two"));
}

TEST(OutputTest, OfABatchTheFirstAndHowManyMore) {
  command_gate::v1::PendingApproval question = Question();
  question.add_commands(question.commands(0));
  question.add_commands(question.commands(0));
  EXPECT_THAT(ApprovalText(question), HasSubstr("cam-1 and 2 more"));
}

TEST(OutputTest, BytesThatCannotBeReadAreCalledSo) {
  command_gate::v1::PendingApproval question = Question();
  question.set_commands(0, "x");
  EXPECT_THAT(ApprovalText(question), HasSubstr("cannot be read"));
}

TEST(OutputTest, ARegistrationBreakGlassAndAQueueAreTold) {
  command_gate::v1::PendingApproval question = Question();
  question.set_registration(true);
  question.set_queue_position(2);
  question.set_break_glass_reason("fire");
  EXPECT_THAT(ApprovalText(question), HasSubstr("a new key joins"));
  EXPECT_THAT(ApprovalText(question), HasSubstr("after 2 others"));
  EXPECT_THAT(ApprovalText(question), HasSubstr("BREAK-GLASS: fire"));
}

TEST(OutputTest, WhatEndedAsksForNothing) {
  command_gate::v1::PendingApproval question = Question();
  question.set_state(command_gate::v1::APPROVAL_STATE_CANCELLED);
  EXPECT_THAT(ApprovalText(question), HasSubstr("CANCELLED"));
  EXPECT_THAT(ApprovalText(question), testing::Not(HasSubstr("touch")));
}

TEST(OutputTest, ABrowserHasNoGateway) {
  CommandRecord command = Waiting();
  command.mutable_approvals(0)->clear_gateway();
  EXPECT_THAT(StateText(command), HasSubstr("the browser"));
}

TEST(OutputTest, AnEndSaysWhyAndWhoVouchesForIt) {
  CommandRecord command;
  command.set_state(command_gate::v1::COMMAND_STATE_FAILED);
  command.set_reason("JAMMED");
  command.set_result_source(command_gate::v1::RESULT_SOURCE_DEVICE);
  EXPECT_EQ(StateText(command), "FAILED: JAMMED, signed by the device");
}

TEST(OutputTest, SixStatesAreFinal) {
  int final_states = 0;
  for (int i = command_gate::v1::CommandState_MIN;
       i <= command_gate::v1::CommandState_MAX; ++i) {
    final_states += IsFinal(static_cast<command_gate::v1::CommandState>(i));
  }
  EXPECT_EQ(final_states, 6);
}

TEST(OutputTest, JsonIsOneObjectALineWithTheNamesOfTheProto) {
  std::ostringstream stream;
  Output output(stream, true);
  output.Words("a b c d", "77");
  output.State(Waiting());
  output.Say("for people");
  std::istringstream lines(stream.str());
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["words"], "a b c d");
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["command"]["state"],
            "COMMAND_STATE_AWAITING_APPROVAL");
  EXPECT_FALSE(std::getline(lines, line));
}

// What a cloud in the wrong hands puts into a result.
CommandRecord Hostile() {
  CommandRecord command;
  command.set_state(command_gate::v1::COMMAND_STATE_FAILED);
  command.set_result("\x1b[2J\nstate    SUCCEEDED \u202e\u2066\u009b");
  return command;
}

TEST(OutputTest, TextHasNothingThatMovesOrHidesOtherText) {
  std::ostringstream said;
  Output output(said, false);
  output.State(Hostile());
  output.Item(Hostile());
  output.Check("gate", Hostile().result());
  const std::string lines = said.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 3);
  output.Show(Hostile(), Hostile().result());
  output.Say(Hostile().result());
  EXPECT_THAT(said.str(), testing::Not(HasSubstr("\x1b")));
  for (const char* hidden : {"\u202e", "\u2066", "\u009b"}) {
    EXPECT_THAT(said.str(), testing::Not(HasSubstr(hidden)));
  }
}

TEST(OutputTest, JsonIsAsciiAndSaysTheSame) {
  std::ostringstream said;
  Output output(said, true);
  output.State(Hostile());
  output.Fact({{"file", "\u202e"}}, "");
  for (const char c : said.str()) EXPECT_LT(static_cast<uint8_t>(c), 0x7f);
  std::istringstream lines(said.str());
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(nlohmann::json::parse(line)["command"]["result"],
            Hostile().result());
}

TEST(OutputTest, JsonSurvivesBytesThatAreNoText) {
  std::ostringstream said;
  Output output(said, true);
  output.Fact({{"file", "\xff"}}, "");
  output.Check("gate", std::string("\xff"));
  std::istringstream lines(said.str());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
  }
}

}  // namespace
}  // namespace u2fi::cli
