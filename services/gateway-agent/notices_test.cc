#include "services/gateway-agent/notices.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

GatewayMessage Accepted(const std::string& id, const std::string& refused) {
  GatewayMessage message;
  message.mutable_command_accepted()->set_command_id(id);
  message.mutable_command_accepted()->set_refused_reason(refused);
  return message;
}

GatewayMessage Result(const std::string& id) {
  GatewayMessage message;
  message.mutable_command_result()->set_command_id(id);
  return message;
}

GatewayMessage Received(const std::string& id) {
  GatewayMessage message;
  message.mutable_approval_received()->set_approval_id(id);
  return message;
}

GatewayMessage Answer(const std::string& id) {
  GatewayMessage message;
  message.mutable_approval_answer()->set_approval_id(id);
  return message;
}

GatewayMessage Enrolment(const std::string& id) {
  GatewayMessage message;
  message.mutable_enrolment_answer()->set_enrolment_id(id);
  return message;
}

class NoticesTest : public testing::Test {
 protected:
  bool Take(GatewayMessage message) { return notices_.Take(message); }

  // Ids of the notices that are due.
  std::vector<std::string> Due() {
    std::vector<std::string> ids;
    for (const GatewayMessage& each : notices_.Due()) {
      ids.push_back(each.has_approval_received()
                        ? each.approval_received().approval_id()
                        : each.command_accepted().command_id());
    }
    return ids;
  }

  Notices notices_;
};

TEST_F(NoticesTest, OnlyWhatTellsOfABeginningWaits) {
  EXPECT_TRUE(Take(Received("a")));
  EXPECT_TRUE(Take(Accepted("b", "")));
  EXPECT_FALSE(Take(Answer("x")));
  EXPECT_FALSE(Take(Result("x")));
  EXPECT_FALSE(Take(GatewayMessage()));
}

TEST_F(NoticesTest, ARefusalIsNoNotice) {
  EXPECT_FALSE(Take(Accepted("a", "PROOF_REFUSED")));
}

TEST_F(NoticesTest, ANoticeIsDueAtTheSecondLook) {
  Take(Received("a"));
  EXPECT_THAT(Due(), IsEmpty());
  Take(Accepted("b", ""));
  EXPECT_THAT(Due(), ElementsAre("a"));
  EXPECT_THAT(Due(), ElementsAre("b"));
  EXPECT_TRUE(notices_.empty());
}

TEST_F(NoticesTest, TheEndStandsForTheBeginning) {
  Take(Received("a"));
  Take(Accepted("a", ""));
  Take(Received("b"));
  Take(Answer("a"));
  Take(Enrolment("b"));
  Due();
  EXPECT_THAT(Due(), ElementsAre("a"));
  Take(Accepted("c", ""));
  Take(Result("c"));
  EXPECT_TRUE(notices_.empty());
}

TEST_F(NoticesTest, AnEndBetweenTwoLooksTakesNobodyElsesTurn) {
  Take(Received("a"));
  Take(Received("b"));
  Due();
  Take(Received("c"));
  Take(Answer("a"));
  EXPECT_THAT(Due(), ElementsAre("b"));
  EXPECT_THAT(Due(), ElementsAre("c"));
}

TEST_F(NoticesTest, TheOldestAreForgottenWhenThereAreTooMany) {
  for (size_t i = 0; i <= Notices::kMost; ++i) {
    Take(Accepted(absl::StrCat(i), ""));
  }
  Due();
  const std::vector<std::string> due = Due();
  EXPECT_EQ(due.size(), Notices::kMost);
  EXPECT_EQ(due.front(), "1");
}

TEST_F(NoticesTest, NothingIsLeftOfAnotherStream) {
  Take(Received("a"));
  Due();
  notices_.Clear();
  EXPECT_TRUE(notices_.empty());
  EXPECT_THAT(Due(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::gateway_agent
