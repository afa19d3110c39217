#include "services/gateway-agent/outcome.h"

#include <string>

#include "gtest/gtest.h"

namespace u2fi::gateway_agent {
namespace {

TEST(OutcomeTest, TheFirstWordDecides) {
  EXPECT_EQ(OutcomeOf("SUCCEEDED"), gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  EXPECT_EQ(OutcomeOf("SUCCEEDED {\"a\":1}"),
            gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  EXPECT_EQ(OutcomeOf("FAILED BROKEN"), gateway::v1::EXECUTION_OUTCOME_FAILED);
  EXPECT_EQ(OutcomeOf("REFUSED X"), gateway::v1::EXECUTION_OUTCOME_FAILED);
  EXPECT_EQ(OutcomeOf("UNKNOWN"), gateway::v1::EXECUTION_OUTCOME_UNKNOWN);
}

TEST(OutcomeTest, OtherWordsAreNone) {
  for (const char* text : {"", " ", "SUCCEEDEDX", "succeeded", "DONE",
                           " SUCCEEDED", "SUCCEEDED\n"}) {
    EXPECT_EQ(OutcomeOf(text), gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED)
        << text;
  }
}

TEST(OutcomeTest, TheLongestIsTakenAndAByteMoreRefused) {
  std::string longest = "SUCCEEDED ";
  longest.append(kMaxOutcome - longest.size(), 'x');
  EXPECT_EQ(OutcomeOf(longest), gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  EXPECT_EQ(OutcomeOf(longest + "x"),
            gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED);
}

}  // namespace
}  // namespace u2fi::gateway_agent
