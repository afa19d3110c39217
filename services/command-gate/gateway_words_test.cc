#include "services/command-gate/gateway_words.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/error.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;

// The field that is refused in `message`; empty: none.
std::string Refused(const GatewayMessage& message) {
  const absl::Status status = CheckWords(message);
  if (status.ok()) return "";
  EXPECT_THAT(status, HasReason(reason::kInvalidField));
  return FieldsOf(status).begin()->first;
}

TEST(GatewayWordsTest, ReasonsAreNames) {
  GatewayMessage message;
  std::string& reason =
      *message.mutable_command_accepted()->mutable_refused_reason();
  for (const std::string& good :
       {std::string(), std::string("TOKEN_REVOKED"), std::string(64, 'A')}) {
    reason = good;
    EXPECT_EQ(Refused(message), "");
  }
  for (const std::string& bad :
       {std::string(65, 'A'), std::string("all is well"),
        std::string("A\nB")}) {
    reason = bad;
    EXPECT_EQ(Refused(message), "command_accepted.refused_reason");
  }
}

TEST(GatewayWordsTest, EveryReasonIsLookedAt) {
  GatewayMessage message;
  message.mutable_approval_answer()->mutable_failed()->set_reason("x");
  EXPECT_EQ(Refused(message), "approval_answer.failed.reason");
  message.mutable_enrolment_answer()->mutable_failed()->set_reason("x");
  EXPECT_EQ(Refused(message), "enrolment_answer.failed.reason");
  message.mutable_device_proof()->set_reason("x");
  EXPECT_EQ(Refused(message), "device_proof.reason");
  message.mutable_binding_result()->set_reason("x");
  EXPECT_EQ(Refused(message), "binding_result.reason");
}

TEST(GatewayWordsTest, OutcomesAreBounded) {
  GatewayMessage message;
  message.mutable_command_result()->set_outcome_text(std::string(1024, 'x'));
  EXPECT_EQ(Refused(message), "");
  message.mutable_command_result()->set_outcome_text(std::string(1025, 'x'));
  EXPECT_EQ(Refused(message), "command_result.outcome_text");
}

TEST(GatewayWordsTest, SoAreSignaturesOfDevices) {
  GatewayMessage message;
  message.mutable_command_result()->set_device_signature(std::string(105, 'x'));
  EXPECT_EQ(Refused(message), "command_result.device_signature");
  message.mutable_binding_result()->set_device_signature(std::string(105, 'x'));
  EXPECT_EQ(Refused(message), "binding_result.device_signature");
}

TEST(GatewayWordsTest, AndIdsOfMessages) {
  GatewayMessage message;
  message.mutable_heartbeat();
  message.set_message_id(std::string(64, 'x'));
  EXPECT_EQ(Refused(message), "");
  message.set_message_id(std::string(65, 'x'));
  EXPECT_EQ(Refused(message), "message_id");
}

}  // namespace
}  // namespace u2fi::command_gate
