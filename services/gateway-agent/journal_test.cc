#include "services/gateway-agent/journal.h"

#include <set>
#include <string>

#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"
#include "services/common/crypto/encoding.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::gateway_agent {
namespace {

using audit::v1::Writer;
using gateway::v1::AuditBacklog;

class JournalTest : public testing::Test {
 protected:
  JournalTest() { Begin(); }

  // Another process begins on the same disk.
  void Begin(uint64_t most_rows = 1'000) {
    journal_.reset();
    clock_.Advance(absl::Milliseconds(1));
    auto opened =
        Journal::Open(store_, clock_, random_, identity_, {most_rows});
    ASSERT_OK(opened);
    journal_ = *std::move(opened);
  }
  absl::Status Write(const std::string& key) {
    auto row = journal_->Prepare(audit::TestContent("commands/" + key));
    RETURN_IF_ERROR(row.status());
    audit::Transition transition;
    ASSIGN_OR_RETURN(const store::Snapshot snapshot,
                     store_.Get(partition_, {}));
    transition.epoch = snapshot.epoch;
    transition.expect = {{key, store::kAbsent}};
    transition.put = {{key, "1"}};
    transition.durability = store::Durability::kVolatile;
    transition.rows.push_back(*std::move(row));
    return journal_->Commit(std::move(transition)).status();
  }
  AuditBacklog Next() {
    auto next = journal_->Next();
    EXPECT_OK(next);
    return next.ok() ? *std::move(next) : AuditBacklog();
  }
  static Writer ChainOf(const AuditBacklog& backlog) {
    audit::v1::Checkpoint checkpoint;
    EXPECT_TRUE(
        checkpoint.ParseFromString(backlog.checkpoints(0).checkpoint()));
    return checkpoint.writer();
  }
  // The mesh takes the rows.
  void Take(const AuditBacklog& backlog) {
    audit::v1::Checkpoint checkpoint;
    ASSERT_TRUE(
        checkpoint.ParseFromString(backlog.checkpoints(0).checkpoint()));
    ASSERT_OK(
        journal_->Acknowledge(checkpoint.writer(), checkpoint.sequence()));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  const store::Partition partition_ =
      *store::Partition::Make("gateway-agent", "t1");
  const AgentIdentity identity_{
      "t1", "s1", "g1", crypto::P256PrivateKey::Generate(), "u2fi.example"};
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, RowsGoUpUnderACheckpointOfTheGateway) {
  ASSERT_OK(Write("c1"));
  ASSERT_OK(Write("c2"));
  ASSERT_OK(journal_->Settle());
  const AuditBacklog backlog = Next();
  ASSERT_EQ(backlog.rows_size(), 2);
  ASSERT_OK_AND_ASSIGN(const audit::ParsedRow last,
                       audit::CheckRow(backlog.rows(1)));
  EXPECT_EQ(last.header.writer().service(), "gateway/s1/g1");
  EXPECT_EQ(last.header.writer().tenant(), "t1");
  ASSERT_OK_AND_ASSIGN(const audit::ParsedCheckpoint checkpoint,
                       audit::CheckCheckpoint(backlog.checkpoints(0)));
  EXPECT_EQ(checkpoint.row, last.id);
  EXPECT_OK(audit::VerifyCheckpoint(backlog.checkpoints(0),
                                    identity_.key.public_key()));
  EXPECT_EQ(backlog.checkpoints(0).kid(),
            audit::Fingerprint(identity_.key.public_key()));
}

TEST_F(JournalTest, WhatIsNotOnDiskDoesNotGoUp) {
  ASSERT_OK(Write("c1"));
  EXPECT_EQ(Next().rows_size(), 0);
  ASSERT_OK(journal_->Settle());
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  ASSERT_OK(Write("c2"));
  EXPECT_EQ(Next().rows_size(), 1);
}

// A full disk takes rows that were answered: they are written again, also if
// it happens while the journal is being settled.
TEST_F(JournalTest, WhatTheStoreLosesMeanwhileComesBack) {
  ASSERT_OK(Write("c1"));
  store_.BeforeNextCommit([this] { memory_.Restart(); });
  EXPECT_FALSE(journal_->Settle().ok());
  EXPECT_EQ(Next().rows_size(), 0);
  ASSERT_OK(journal_->Settle());
  EXPECT_EQ(Next().rows_size(), 1);
}

TEST_F(JournalTest, WhatTheMeshHasLeavesTheDisk) {
  ASSERT_OK(Write("c1"));
  ASSERT_OK(Write("c2"));
  ASSERT_OK(journal_->Settle());
  EXPECT_EQ(journal_->rows(), 2u);
  Take(Next());
  EXPECT_EQ(Next().rows_size(), 0);
  EXPECT_EQ(journal_->rows(), 0u);
  EXPECT_TRUE(audit::RowsIn(store_, partition_).empty());
  // The chain goes on.
  ASSERT_OK(Write("c3"));
  ASSERT_OK(journal_->Settle());
  ASSERT_OK_AND_ASSIGN(const audit::ParsedRow row,
                       audit::CheckRow(Next().rows(0)));
  EXPECT_EQ(row.id.sequence, 3u);
}

TEST_F(JournalTest, AFewRowsAtATimeOldestFirst) {
  for (size_t i = 0; i < Journal::kRowsAtOnce + 3; ++i) {
    ASSERT_OK(Write("c" + std::to_string(i)));
  }
  ASSERT_OK(journal_->Settle());
  const AuditBacklog first = Next();
  EXPECT_EQ(static_cast<size_t>(first.rows_size()), Journal::kRowsAtOnce);
  // Again, if the mesh did not hear.
  EXPECT_EQ(Next().rows_size(), first.rows_size());
  Take(first);
  EXPECT_EQ(Next().rows_size(), 3);
}

TEST_F(JournalTest, ANewProcessSendsWhatTheOneBeforeLeft) {
  ASSERT_OK(Write("c1"));
  const Writer before = journal_->Head()->writer();
  Begin();
  EXPECT_EQ(journal_->rows(), 1u);
  ASSERT_OK(Write("c2"));
  ASSERT_OK(journal_->Settle());
  const AuditBacklog left = Next();
  EXPECT_EQ(ChainOf(left).incarnation(), before.incarnation());
  Take(left);
  // Its own chain names the last row of that one.
  const AuditBacklog own = Next();
  ASSERT_OK_AND_ASSIGN(const audit::ParsedRow row,
                       audit::CheckRow(own.rows(0)));
  EXPECT_NE(row.header.writer().incarnation(), before.incarnation());
  EXPECT_EQ(row.header.predecessor().writer().incarnation(),
            before.incarnation());
  // Nothing is left of the old one.
  ASSERT_OK_AND_ASSIGN(const auto heads, audit::ListHeads(store_, partition_));
  EXPECT_EQ(heads.size(), 1u);
}

TEST_F(JournalTest, InAFullJournalNothingBegins) {
  Begin(2);
  ASSERT_OK(Write("c1"));
  EXPECT_OK(journal_->CheckRoom(1));
  EXPECT_THAT(journal_->CheckRoom(2), HasReason(reason::kAuditUnavailable));
  // What has begun ends.
  ASSERT_OK(Write("c2"));
  ASSERT_OK(Write("c3"));
  EXPECT_THAT(journal_->CheckRoom(1), HasReason(reason::kAuditUnavailable));
  ASSERT_OK(journal_->Settle());
  Take(Next());
  EXPECT_OK(journal_->CheckRoom(2));
}

TEST_F(JournalTest, ARowThatSomebodyChangedDoesNotGoUp) {
  ASSERT_OK(Write("c1"));
  ASSERT_OK(Write("c2"));
  ASSERT_OK(journal_->Settle());
  const auto page = *store_.Scan(partition_, "audit/row/", "", 10);
  store::CommitRequest request;
  request.epoch = page.epoch;
  request.put = {{page.items[1].key, page.items[0].value}};
  ASSERT_OK(store_.Commit(partition_, request));
  EXPECT_THAT(journal_->Next(), HasReason(reason::kAuditChain));
}

TEST_F(JournalTest, ANameThatIsNoneIsRefused) {
  AgentIdentity other = identity_;
  other.site = "S 1";
  EXPECT_FALSE(Journal::Open(store_, clock_, random_, other, {}).ok());
}

}  // namespace
}  // namespace u2fi::gateway_agent
