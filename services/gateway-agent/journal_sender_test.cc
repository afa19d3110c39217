#include "services/gateway-agent/journal_sender.h"

#include <string>

#include "services/common/audit/audit_test_util.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/gateway-agent/fake_mesh.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

class JournalSenderTest : public testing::Test {
 protected:
  JournalSenderTest() {
    auto opened = Journal::Open(store_, SystemClock(), random_, identity_, {});
    EXPECT_OK(opened);
    journal_ = *std::move(opened);
    sender_ = std::make_unique<JournalSender>(
        *journal_, mesh_, SystemClock(),
        JournalSender::Options{absl::Milliseconds(20), absl::Seconds(60)});
  }
  void Write(const std::string& key) {
    auto row = journal_->Prepare(audit::TestContent("commands/" + key));
    ASSERT_OK(row);
    audit::Transition transition;
    transition.epoch = store_.Get(partition_, {})->epoch;
    transition.put = {{key, "1"}};
    transition.rows.push_back(*std::move(row));
    ASSERT_OK(journal_->Commit(std::move(transition)));
  }
  gateway::v1::AuditBacklog WaitForRows() {
    return mesh_.WaitFor(GatewayMessage::kAuditBacklog).audit_backlog();
  }
  bool Acknowledge(uint64_t sequence) {
    MeshMessage message;
    message.mutable_audit_ack()->set_sequence(sequence);
    return sender_->OnMessage(message);
  }

  FakeRandomSource random_;
  store::MemoryStore store_{SystemClock(), random_};
  const store::Partition partition_ =
      *store::Partition::Make("gateway-agent", "t1");
  const AgentIdentity identity_{
      "t1", "s1", "g1", crypto::P256PrivateKey::Generate(), "u2fi.example"};
  FakeMesh mesh_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<JournalSender> sender_;
};

TEST_F(JournalSenderTest, RowsGoUpByThemselves) {
  Write("c1");
  EXPECT_EQ(WaitForRows().rows_size(), 1);
}

TEST_F(JournalSenderTest, TheNextOnesGoWhenTheMeshHasThoseBefore) {
  for (size_t i = 0; i <= Journal::kRowsAtOnce; ++i) {
    Write("c" + std::to_string(i));
  }
  int rows = 0;
  uint64_t sequence = 0;
  while (rows <= static_cast<int>(Journal::kRowsAtOnce)) {
    const auto backlog = WaitForRows();
    rows += backlog.rows_size();
    audit::v1::Checkpoint checkpoint;
    ASSERT_TRUE(
        checkpoint.ParseFromString(backlog.checkpoints(0).checkpoint()));
    // None comes twice.
    EXPECT_EQ(checkpoint.sequence(),
              sequence + static_cast<uint64_t>(backlog.rows_size()));
    sequence = checkpoint.sequence();
    EXPECT_TRUE(Acknowledge(sequence));
  }
  EXPECT_EQ(sequence, Journal::kRowsAtOnce + 1);
}

TEST_F(JournalSenderTest, ANewStreamHearsThemAgain) {
  Write("c1");
  WaitForRows();
  sender_->OnConnected({});
  EXPECT_EQ(WaitForRows().rows_size(), 1);
}

// The acknowledgement was lost with the stream; the next Welcome says it again.
TEST_F(JournalSenderTest, ANewStreamSaysWhatTheMeshHas) {
  Write("c1");
  WaitForRows();
  gateway::v1::Welcome welcome;
  welcome.set_last_audit_sequence(1);
  sender_->OnConnected(welcome);
  Write("c2");
  ASSERT_OK_AND_ASSIGN(const audit::ParsedRow row,
                       audit::CheckRow(WaitForRows().rows(0)));
  EXPECT_EQ(row.id.sequence, 2u);
}

TEST_F(JournalSenderTest, WhatDidNotGoUpIsNotAcknowledged) {
  Acknowledge(1'000'000);
  Write("c1");
  WaitForRows();
  Write("c2");
  Acknowledge(1'000'000);
  const auto backlog = WaitForRows();
  ASSERT_OK_AND_ASSIGN(const audit::ParsedRow row,
                       audit::CheckRow(backlog.rows(0)));
  EXPECT_EQ(row.id.sequence, 2u);
}

TEST_F(JournalSenderTest, OtherMessagesAreForOthers) {
  MeshMessage message;
  message.mutable_result_ack();
  EXPECT_FALSE(sender_->OnMessage(message));
}

TEST_F(JournalSenderTest, TheEndSettlesWhatThereIs) {
  sender_ = std::make_unique<JournalSender>(
      *journal_, mesh_, SystemClock(),
      JournalSender::Options{absl::Hours(1), absl::Hours(1)});
  Write("c1");
  sender_->Stop();
  ASSERT_OK_AND_ASSIGN(const auto next, journal_->Next());
  EXPECT_EQ(next.rows_size(), 1);
}

}  // namespace
}  // namespace u2fi::gateway_agent
