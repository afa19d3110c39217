#include "tools/u2fi/output.h"

#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

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

}  // namespace
}  // namespace u2fi::cli
