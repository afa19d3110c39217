#include "services/command-gate/gateway_journals.h"

#include <functional>
#include <string>

#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/keys.h"
#include "services/common/crypto/hash.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

using audit::v1::Writer;
using gateway::v1::AuditBacklog;

// The agent of gateway g1, which may lie.
class GatewayJournalsTest : public testing::Test {
 protected:
  GatewayJournalsTest() {
    writer_ = audit::TestWriter("gateway/s1/g1");
    writer_.set_tenant("t1");
    session_.tenant = "t1";
    session_.site = "s1";
    session_.gateway = "g1";
    session_.channel_key =
        crypto::ToString(crypto::Sha256(key_.public_key().Spki()));
  }

  // The next rows of the chain, with their checkpoint.
  AuditBacklog NextRows(int count) {
    AuditBacklog backlog;
    for (int i = 0; i < count; ++i) {
      const std::string row = audit::ChainBuilder(writer_).Append(
          audit::TestRow(), static_cast<uint64_t>(UnixMillis(clock_)), head_);
      EXPECT_TRUE(backlog.add_rows()->ParseFromString(row));
    }
    *backlog.add_checkpoints() = Sign(key_);
    return backlog;
  }
  audit::v1::SignedCheckpoint Sign(const crypto::P256PrivateKey& key) {
    audit::v1::Checkpoint checkpoint;
    *checkpoint.mutable_writer() = writer_;
    checkpoint.set_sequence(head_.id.sequence);
    checkpoint.set_hash(crypto::ToString(head_.id.hash));
    checkpoint.set_time_ms(1);
    return audit::CheckpointSigner(audit::Fingerprint(key.public_key()), key)
        .Sign(checkpoint);
  }
  absl::StatusOr<uint64_t> Take(const AuditBacklog& backlog) {
    return journals_.Take(session_, key_.public_key().Spki(), backlog);
  }
  size_t Stored() {
    const auto partition =
        *store::Partition::Make(audit::kJournalService, "t1");
    return audit::RowsIn(store_, partition).size();
  }
  // The rows are refused and nothing is stored.
  void ExpectRefused(const AuditBacklog& backlog, const Reason& reason) {
    const size_t before = Stored();
    EXPECT_THAT(Take(backlog), HasReason(reason));
    EXPECT_EQ(Stored(), before);
    EXPECT_GE(metrics_.Journals("refused"), 1);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  GateMetrics metrics_{nullptr};
  GatewayJournals journals_{clock_, store_, metrics_};
  const crypto::P256PrivateKey key_ = crypto::P256PrivateKey::Generate();
  GatewaySession session_;
  Writer writer_;
  audit::ChainHead head_;
};

TEST_F(GatewayJournalsTest, RowsAreStoredAndTheChainGoesOn) {
  EXPECT_EQ(*Take(NextRows(3)), 3u);
  EXPECT_EQ(*Take(NextRows(2)), 5u);
  EXPECT_EQ(Stored(), 5u);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), 2);
}

TEST_F(GatewayJournalsTest, WhatComesAgainIsStoredOnce) {
  const AuditBacklog backlog = NextRows(3);
  ASSERT_OK(Take(backlog));
  EXPECT_EQ(*Take(backlog), 3u);
  EXPECT_EQ(Stored(), 3u);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), 1);
}

TEST_F(GatewayJournalsTest, OnlyWhatIsNewIsStored) {
  AuditBacklog backlog = NextRows(3);
  ASSERT_OK(Take(backlog));
  // The acknowledgement was lost; there is more now.
  backlog.MergeFrom(NextRows(1));
  backlog.mutable_checkpoints()->DeleteSubrange(0, 1);
  EXPECT_EQ(*Take(backlog), 4u);
  EXPECT_EQ(Stored(), 4u);
}

TEST_F(GatewayJournalsTest, TheBoundsHold) {
  ExpectRefused({}, reason::kInvalidField);
  AuditBacklog backlog = NextRows(1);
  *backlog.add_checkpoints() = backlog.checkpoints(0);
  ExpectRefused(backlog, reason::kInvalidField);
  backlog.clear_checkpoints();
  ExpectRefused(backlog, reason::kInvalidField);
  AuditBacklog none = NextRows(1);
  none.clear_rows();
  ExpectRefused(none, reason::kInvalidField);
  ExpectRefused(NextRows(1001), reason::kInvalidField);
}

TEST_F(GatewayJournalsTest, TheCheckpointAndItsKeyAreStoredToo) {
  const AuditBacklog backlog = NextRows(3);
  ASSERT_OK(Take(backlog));
  const auto partition = *store::Partition::Make(audit::kJournalService, "t1");
  ASSERT_OK_AND_ASSIGN(
      const store::Snapshot stored,
      memory_.Get(partition,
                  {audit::CoveredKey(writer_.incarnation()),
                   audit::AuditKeyKey(audit::Fingerprint(key_.public_key()))}));
  EXPECT_EQ(stored.entries[0].value,
            backlog.checkpoints(0).SerializeAsString());
  EXPECT_EQ(stored.entries[1].value, key_.public_key().point());
}

TEST_F(GatewayJournalsTest, OfTwoGatesOneStoresARow) {
  const AuditBacklog backlog = NextRows(1);
  store_.BeforeNextCommit([&] {
    GatewayJournals other(clock_, memory_, metrics_);
    EXPECT_OK(other.Take(session_, key_.public_key().Spki(), backlog));
  });
  EXPECT_THAT(Take(backlog), HasReason(reason::kStoreAborted));
  EXPECT_EQ(*Take(backlog), 1u);
  EXPECT_EQ(Stored(), 1u);
}

TEST_F(GatewayJournalsTest, TooMuchInAMinuteIsRefused) {
  const AuditBacklog some = NextRows(100);
  const AuditBacklog more = NextRows(100);
  GatewayJournals journals(clock_, store_, metrics_,
                           {some.ByteSizeLong() + more.ByteSizeLong() - 1});
  const std::string spki = key_.public_key().Spki();
  ASSERT_OK(journals.Take(session_, spki, some));
  EXPECT_THAT(journals.Take(session_, spki, more),
              HasReason(reason::kQuotaExceeded));
  EXPECT_EQ(Stored(), 100u);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(*journals.Take(session_, spki, more), 200u);
}

TEST_F(GatewayJournalsTest, ARowThatIsNotInFormIsRefused) {
  AuditBacklog backlog = NextRows(2);
  backlog.mutable_rows(1)->mutable_body()->back() ^= 1;
  ExpectRefused(backlog, reason::kAuditFormat);
}

TEST_F(GatewayJournalsTest, AnErasedRowIsRefused) {
  AuditBacklog backlog = NextRows(1);
  backlog.mutable_rows(0)->clear_body();
  backlog.mutable_rows(0)->clear_salt();
  ExpectRefused(backlog, reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, AnotherGatewaysChainIsRefused) {
  writer_.set_service("gateway/s1/g2");
  ExpectRefused(NextRows(1), reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, TheGatesOwnChainIsRefused) {
  writer_.set_service("command-gate");
  ExpectRefused(NextRows(1), reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, AnotherTenantsChainIsRefused) {
  writer_.set_tenant("t2");
  ExpectRefused(NextRows(1), reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, RowsInAnotherOrderAreRefused) {
  AuditBacklog backlog = NextRows(3);
  backlog.mutable_rows()->SwapElements(0, 1);
  ExpectRefused(backlog, reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, ACheckpointOverAnEarlierRowIsRefused) {
  AuditBacklog backlog = NextRows(1);
  const auto early = backlog.checkpoints(0);
  backlog.MergeFrom(NextRows(1));
  backlog.mutable_checkpoints()->DeleteSubrange(0, 2);
  *backlog.add_checkpoints() = early;
  ExpectRefused(backlog, reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, ACheckpointOfAnotherWriterIsRefused) {
  AuditBacklog backlog = NextRows(1);
  writer_.set_service("gateway/s1/g2");
  *backlog.mutable_checkpoints(0) = Sign(key_);
  ExpectRefused(backlog, reason::kAuditChain);
}

TEST_F(GatewayJournalsTest, ACheckpointOfAnotherKeyIsRefused) {
  AuditBacklog backlog = NextRows(1);
  const crypto::P256PrivateKey other = crypto::P256PrivateKey::Generate();
  *backlog.mutable_checkpoints(0) = Sign(other);
  ExpectRefused(backlog, reason::kAuditChain);
  // It may say that it is of the right one.
  backlog.mutable_checkpoints(0)->set_kid(
      audit::Fingerprint(key_.public_key()));
  ExpectRefused(backlog, reason::kSignatureInvalid);
}

TEST_F(GatewayJournalsTest, ARowThatSaysItOtherwiseIsRefused) {
  ASSERT_OK(Take(NextRows(2)));
  // The chain forks: another second row, or another third one after it.
  head_ = {};
  clock_.Advance(absl::Seconds(1));
  ExpectRefused(NextRows(2), reason::kAuditChain);
  ExpectRefused(NextRows(1), reason::kAuditChain);
}

// Else its rows would count as stored that never came.
TEST_F(GatewayJournalsTest, AnotherGatewaysIncarnationIsRefused) {
  ASSERT_OK(Take(NextRows(2)));
  writer_.set_service("gateway/s1/g2");
  session_.gateway = "g2";
  NextRows(3);
  ExpectRefused(NextRows(1), reason::kAuditChain);
  gateway::v1::Hello hello;
  *hello.mutable_journal_head()->mutable_writer() = writer_;
  EXPECT_EQ(*journals_.LastOf(session_, hello), 0u);
}

TEST_F(GatewayJournalsTest, AGapIsTakenAndCounted) {
  ASSERT_OK(Take(NextRows(1)));
  NextRows(2);  // The store forgot them, and the agent has them no more.
  EXPECT_EQ(*Take(NextRows(1)), 4u);
  EXPECT_EQ(metrics_.Journals("gap"), 1);
}

TEST_F(GatewayJournalsTest, NothingIsTakenWhileTheStoreIsAway) {
  const AuditBacklog backlog = NextRows(1);
  store_.SetAway(true);
  EXPECT_THAT(Take(backlog), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  EXPECT_EQ(*Take(backlog), 1u);
}

TEST_F(GatewayJournalsTest, TheWelcomeTellsWhatIsThere) {
  ASSERT_OK(Take(NextRows(3)));
  gateway::v1::Hello hello;
  EXPECT_EQ(*journals_.LastOf(session_, hello), 0u);
  *hello.mutable_journal_head()->mutable_writer() = writer_;
  EXPECT_EQ(*journals_.LastOf(session_, hello), 3u);
  // Not what others sent.
  session_.gateway = "g2";
  EXPECT_EQ(*journals_.LastOf(session_, hello), 0u);
}

}  // namespace
}  // namespace u2fi::command_gate
