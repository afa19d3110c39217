#include "services/command-gate/outbox.h"

#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;

MeshMessage Question(size_t bytes) {
  MeshMessage message;
  message.mutable_approval_request()->add_commands(std::string(bytes, 'c'));
  return message;
}

MeshMessage Ack(const std::string& id) {
  MeshMessage message;
  message.mutable_result_ack()->add_message_ids(id);
  return message;
}

TEST(OutboxTest, TheOldestIsFirst) {
  Outbox outbox;
  for (const size_t bytes : {1, 2}) ASSERT_OK(outbox.Add(Question(bytes)));
  EXPECT_EQ(outbox.front().approval_request().commands(0).size(), 1u);
  outbox.PopFront();
  EXPECT_EQ(outbox.front().approval_request().commands(0).size(), 2u);
}

TEST(OutboxTest, MessagesAreBounded) {
  Outbox outbox;
  for (size_t i = 0; i < Outbox::kMaxMessages; ++i) {
    ASSERT_OK(outbox.Add(Question(1)));
  }
  EXPECT_THAT(outbox.Add(Question(1)), HasReason(reason::kGatewayLimit));
  EXPECT_THAT(outbox.Add(Ack("m1")), HasReason(reason::kGatewayLimit));
  outbox.PopFront();
  EXPECT_OK(outbox.Add(Question(1)));
}

TEST(OutboxTest, BytesAreBounded) {
  Outbox outbox;
  const size_t bytes = size_t{3} << 20;
  for (size_t sum = bytes + 100; sum <= Outbox::kMaxBytes; sum += bytes + 100) {
    ASSERT_OK(outbox.Add(Question(bytes)));
  }
  EXPECT_THAT(outbox.Add(Question(bytes)), HasReason(reason::kGatewayLimit));
  outbox.PopFront();
  EXPECT_OK(outbox.Add(Question(bytes)));
}

TEST(OutboxTest, AcknowledgementsGoTogether) {
  Outbox outbox;
  for (int i = 1; i < Outbox::kAcksTogether; ++i) {
    ASSERT_OK(outbox.Add(Ack("m")));
    EXPECT_TRUE(outbox.empty());
  }
  ASSERT_OK(outbox.Add(Ack("m")));
  EXPECT_EQ(outbox.front().result_ack().message_ids_size(),
            Outbox::kAcksTogether);
}

TEST(OutboxTest, OrWhenTheyAreWanted) {
  Outbox outbox;
  outbox.AddAcks();
  EXPECT_TRUE(outbox.empty());
  ASSERT_OK(outbox.Add(Ack("m1")));
  outbox.AddAcks();
  EXPECT_EQ(outbox.front().result_ack().message_ids(0), "m1");
}

}  // namespace
}  // namespace u2fi::command_gate
