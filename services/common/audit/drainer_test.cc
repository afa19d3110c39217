#include "services/common/audit/drainer.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/audit/fake_sink.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class DrainerTest : public testing::Test {
 protected:
  void Decide(int count) {
    for (int i = 0; i < count; ++i) {
      Transition transition;
      transition.epoch = memory_.Get(partition_, {})->epoch;
      transition.durability = store::Durability::kVolatile;
      transition.rows.push_back(TestRow());
      ASSERT_OK(queue_.Commit(std::move(transition)));
    }
  }
  std::vector<ParsedCheckpoint> Checkpoints() {
    std::vector<ParsedCheckpoint> parsed;
    for (const auto& checkpoint : sink_.All<v1::SignedCheckpoint>()) {
      parsed.push_back(*CheckCheckpoint(checkpoint));
    }
    return parsed;
  }
  size_t Drained() { return sink_.All<v1::AuditRow>().size(); }
  size_t InStore() { return RowsIn(memory_, partition_).size(); }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  const store::Partition partition_ = TestPartition();
  ThreadExecutor executor_{1};
  DecisionQueue queue_{store_,
                       clock_,
                       random_,
                       executor_,
                       {{partition_, TestWriter(), nullptr}}};
  OwnRows rows_{store_, partition_, queue_.writer(), queue_.tail()};
  FakeSink sink_;
  const CheckpointSigner signer_{"audit-1", crypto::P256PrivateKey::Generate()};
  std::vector<v1::RowReference> seen_;
  Drainer drainer_{rows_, sink_, signer_, clock_, [this] { return seen_; }};
};

TEST_F(DrainerTest, NothingToDrainWritesNothing) {
  clock_.Advance(absl::Minutes(1));
  ASSERT_OK(drainer_.Drain());
  EXPECT_TRUE(sink_.records().empty());
}

TEST_F(DrainerTest, RowsGoToTheSinkInOrderAsTheyAre) {
  Decide(3);
  ASSERT_OK(drainer_.Drain());
  const std::vector<v1::AuditRow> rows = sink_.All<v1::AuditRow>();
  ASSERT_EQ(rows.size(), 3u);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].SerializeAsString(), queue_.tail().After(i, 1)[0].row);
  }
}

TEST_F(DrainerTest, TheKeyComesBeforeTheFirstRow) {
  Decide(1);
  ASSERT_OK(drainer_.Drain());
  Decide(1);
  ASSERT_OK(drainer_.Drain());
  ASSERT_EQ(sink_.All<AuditKey>().size(), 1u);
  EXPECT_EQ(std::get<AuditKey>(sink_.records()[0]).point,
            signer_.public_key().point);
}

TEST_F(DrainerTest, BeforeTenSecondsNothingIsLetGo) {
  Decide(3);
  clock_.Advance(kCheckpointInterval - absl::Nanoseconds(1));
  ASSERT_OK(drainer_.Drain());
  EXPECT_TRUE(Checkpoints().empty());
  EXPECT_EQ(InStore(), 3u);
  EXPECT_EQ(queue_.tail().size(), 3u);
}

TEST_F(DrainerTest, AfterTenSecondsACheckpointCoversTheRows) {
  Decide(3);
  ASSERT_OK(drainer_.Drain());
  clock_.Advance(kCheckpointInterval);
  Decide(1);
  ASSERT_OK(drainer_.Drain());
  ASSERT_EQ(Checkpoints().size(), 1u);
  EXPECT_EQ(Checkpoints()[0].row.sequence, 4u);
  ASSERT_OK_AND_ASSIGN(const ParsedRow last,
                       CheckRow(sink_.All<v1::AuditRow>().back()));
  EXPECT_EQ(Checkpoints()[0].row, last.id);
  EXPECT_EQ(InStore(), 0u);
  EXPECT_EQ(queue_.tail().size(), 0u);
}

TEST_F(DrainerTest, AThousandRowsAreCoveredAtOnce) {
  Decide(999);
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(Checkpoints().size(), 0u);
  Decide(1);
  ASSERT_OK(drainer_.Drain());
  ASSERT_EQ(Checkpoints().size(), 1u);
  EXPECT_EQ(Checkpoints()[0].row.sequence, 1000u);
  EXPECT_EQ(InStore(), 0u);
}

TEST_F(DrainerTest, NoCheckpointWithoutNewRows) {
  Decide(1);
  ASSERT_OK(drainer_.DrainAll());
  clock_.Advance(absl::Minutes(1));
  ASSERT_OK(drainer_.Drain());
  ASSERT_OK(drainer_.DrainAll());
  EXPECT_EQ(Checkpoints().size(), 1u);
}

TEST_F(DrainerTest, TheCheckpointSaysWhatElseWasSeen) {
  v1::RowReference other;
  *other.mutable_writer() = TestWriter("attestation", 'b');
  other.set_sequence(9);
  other.set_hash(std::string(32, 'h'));
  seen_.assign(65, other);
  Decide(1);
  ASSERT_OK(drainer_.DrainAll());
  EXPECT_EQ(Checkpoints()[0].checkpoint.seen_size(), 64);
  EXPECT_EQ(Checkpoints()[0].checkpoint.seen(0).sequence(), 9u);
}

TEST_F(DrainerTest, WhatTheSinkRefusesIsTriedAgain) {
  Decide(2);
  sink_.append_fails = true;
  EXPECT_THAT(drainer_.Drain(), HasReason(reason::kAuditUnavailable));
  sink_.append_fails = false;
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(Drained(), 2u);
}

TEST_F(DrainerTest, NothingIsLetGoBeforeTheCheckpointIsDurable) {
  Decide(2);
  sink_.flush_fails = true;
  EXPECT_THAT(drainer_.DrainAll(), HasReason(reason::kAuditUnavailable));
  EXPECT_EQ(InStore(), 2u);
  EXPECT_EQ(queue_.tail().size(), 2u);
  sink_.flush_fails = false;
  ASSERT_OK(drainer_.DrainAll());
  EXPECT_EQ(InStore(), 0u);
  EXPECT_EQ(sink_.flushed, sink_.records().size());
}

TEST_F(DrainerTest, RowsThatTheStoreKeepsAreLetGoLater) {
  Decide(2);
  store_.SetAway(true);
  EXPECT_THAT(drainer_.DrainAll(), HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(queue_.tail().size(), 2u);
  store_.SetAway(false);
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(InStore(), 0u);
  EXPECT_EQ(queue_.tail().size(), 0u);
  EXPECT_EQ(Checkpoints().size(), 1u);
}

TEST_F(DrainerTest, WhatATamperedStoreLostStillReachesTheSink) {
  const auto empty = memory_.TakeBackup();
  Decide(2);
  memory_.FailOverTo(empty);
  ASSERT_OK(drainer_.DrainAll());
  EXPECT_EQ(Drained(), 2u);
}

}  // namespace
}  // namespace u2fi::audit
