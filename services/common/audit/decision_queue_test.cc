#include "services/common/audit/decision_queue.h"

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

using store::FaultyStore;
using testing::ElementsAre;
using Fault = FaultyStore::Fault;
using Method = FaultyStore::Method;

// Keeps work until told, so that a test decides what is in one batch.
class ManualExecutor : public Executor {
 public:
  void Schedule(std::function<void()> work) override {
    work_.push_back(std::move(work));
  }
  void RunAll() {
    while (!work_.empty()) {
      const std::function<void()> work = std::move(work_.front());
      work_.erase(work_.begin());
      work();
    }
  }

 private:
  std::vector<std::function<void()>> work_;
};

class DecisionQueueTest : public testing::Test {
 protected:
  DecisionQueueTest() { MakeQueue(Options()); }

  DecisionQueue::Options Options() {
    return {{partition_, TestWriter(), nullptr}};
  }
  void MakeQueue(DecisionQueue::Options options) {
    queue_.emplace(store_, clock_, random_, executor_, std::move(options));
  }
  store::Epoch Epoch() { return memory_.Get(partition_, {})->epoch; }

  Transition Create(const std::string& name) {
    Transition transition;
    transition.epoch = Epoch();
    transition.expect = {{"state/" + name, store::kAbsent}};
    transition.put = {{"state/" + name, "v"}};
    transition.durability = store::Durability::kVolatile;
    transition.rows.push_back(TestRow("commands/" + name));
    return transition;
  }
  // Puts it into the next batch; its outcome goes to outcomes_.
  size_t Submit(Transition transition) {
    const size_t index = outcomes_.size();
    outcomes_.emplace_back();
    queue_->Submit(std::move(transition),
                   [this, index](const absl::StatusOr<Committed>& outcome) {
                     outcomes_[index] = outcome;
                   });
    return index;
  }
  int Commits() {
    return store_.SuccessfulCommits(store::Durability::kVolatile) +
           store_.SuccessfulCommits(store::Durability::kDurable) +
           store_.SuccessfulCommits(store::Durability::kReplicated);
  }
  std::vector<std::string> Rows() {
    return Summary(RowsIn(memory_, partition_));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  const store::Partition partition_ = TestPartition();
  ManualExecutor executor_;
  std::vector<absl::StatusOr<Committed>> outcomes_;
  absl::optional<DecisionQueue> queue_;
};

TEST_F(DecisionQueueTest, ADecisionAndItsRowAreOneCommit) {
  ASSERT_OK_AND_ASSIGN(const Committed done, queue_->Commit(Create("1")));
  EXPECT_EQ(Commits(), 1);
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1"));
  EXPECT_EQ(memory_.Get(partition_, {"state/1"})->entries[0].version,
            done.version);
  EXPECT_EQ(RowsIn(memory_, partition_)[0].id, done.row);
}

TEST_F(DecisionQueueTest, WhatWaitsTogetherIsOneCommit) {
  for (const char* name : {"1", "2", "3"}) Submit(Create(name));
  executor_.RunAll();
  EXPECT_EQ(Commits(), 1);
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "COMMAND commands/3"));
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_OK(outcomes_[i]);
    EXPECT_EQ(outcomes_[i]->row, RowsIn(memory_, partition_)[i].id);
  }
}

TEST_F(DecisionQueueTest, ACommitHasAtMost64Transitions) {
  for (int i = 0; i < 65; ++i) Submit(Create(std::to_string(i)));
  executor_.RunAll();
  EXPECT_EQ(Commits(), 2);
  EXPECT_EQ(Rows().size(), 65u);
}

TEST_F(DecisionQueueTest, TheHighestDurabilityOfTheBatchCounts) {
  Submit(Create("1"));
  Transition durable = Create("2");
  durable.durability = store::Durability::kDurable;
  Submit(std::move(durable));
  executor_.RunAll();
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), 0);
}

TEST_F(DecisionQueueTest, OfTwoOnTheSameKeyTheFirstWins) {
  Submit(Create("1"));
  Submit(Create("1"));
  Submit(Create("2"));
  executor_.RunAll();
  EXPECT_OK(outcomes_[0]);
  ASSERT_THAT(outcomes_[1], HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(outcomes_[1].status())["key"], "state/1");
  EXPECT_OK(outcomes_[2]);
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "LOST_RACE commands/1",
                                  "COMMAND commands/2"));
}

TEST_F(DecisionQueueTest, ALoserDoesNotStopTheOthersOfItsBatch) {
  Transition late = Create("2");
  ASSERT_OK(queue_->Commit(Create("2")));
  Submit(Create("1"));
  Submit(std::move(late));
  Submit(Create("3"));
  executor_.RunAll();
  EXPECT_OK(outcomes_[0]);
  EXPECT_THAT(outcomes_[1], HasReason(reason::kStoreAborted));
  EXPECT_OK(outcomes_[2]);
  EXPECT_THAT(Rows(),
              ElementsAre("COMMAND commands/2", "COMMAND commands/1",
                          "LOST_RACE commands/2", "COMMAND commands/3"));
  EXPECT_EQ(outcomes_[2]->row, RowsIn(memory_, partition_)[3].id);
}

TEST_F(DecisionQueueTest, ARaceThatEveryoneLosesLeavesOnlyRows) {
  store_.BeforeNextCommit([this] {
    store::CommitRequest faster;
    faster.epoch = Epoch();
    faster.put = {{"state/1", "other"}, {"state/2", "other"}};
    ASSERT_OK(memory_.Commit(partition_, faster));
  });
  Submit(Create("1"));
  Submit(Create("2"));
  executor_.RunAll();
  EXPECT_THAT(outcomes_[0], HasReason(reason::kStoreAborted));
  EXPECT_THAT(outcomes_[1], HasReason(reason::kStoreAborted));
  EXPECT_THAT(Rows(),
              ElementsAre("LOST_RACE commands/1", "LOST_RACE commands/2"));
  EXPECT_EQ(memory_.Get(partition_, {"state/1"})->entries[0].value, "other");
}

TEST_F(DecisionQueueTest, SeveralRowsOfOneDecisionStayTogether) {
  Transition batch = Create("1");
  batch.rows.push_back(TestRow("commands/item-1"));
  batch.rows.push_back(TestRow("commands/item-2"));
  Submit(std::move(batch));
  Submit(Create("2"));
  executor_.RunAll();
  EXPECT_THAT(Rows(),
              ElementsAre("COMMAND commands/1", "COMMAND commands/item-1",
                          "COMMAND commands/item-2", "COMMAND commands/2"));
  EXPECT_EQ(outcomes_[1]->row.sequence, 4u);
}

TEST_F(DecisionQueueTest, NoAuditNoAction) {
  store_.Fail(Method::kCommit, Fault::kUnavailable);
  EXPECT_THAT(queue_->Commit(Create("1")),
              HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(memory_.Get(partition_, {"state/1"})->entries[0].exists());
}

TEST_F(DecisionQueueTest, EverybodyWhoWaitsHearsThatTheStoreIsAway) {
  Submit(Create("1"));
  Submit(Create("2"));
  store_.SetAway(true);
  executor_.RunAll();
  EXPECT_THAT(outcomes_[0], HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(outcomes_[1], HasReason(reason::kStoreUnavailable));
}

TEST_F(DecisionQueueTest, AnUnknownOutcomeIsNeverASuccess) {
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(queue_->Commit(Create("1")),
              HasReason(reason::kStoreOutcomeUnknown));
  ASSERT_OK(queue_->Commit(Create("2")));
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(DecisionQueueTest, AReadOfAnOldEpochDecidesNothing) {
  ASSERT_OK(queue_->Commit(Create("1")));
  Transition old = Create("2");
  memory_.Restart();
  Submit(std::move(old));
  Submit(Create("3"));
  executor_.RunAll();
  EXPECT_THAT(outcomes_[0], HasReason(reason::kStoreEpochChanged));
  EXPECT_OK(outcomes_[1]);
  EXPECT_FALSE(memory_.Get(partition_, {"state/2"})->entries[0].exists());
}

TEST_F(DecisionQueueTest, AnEpochThatEndsDuringTheCommitDecidesNothing) {
  ASSERT_OK(queue_->Commit(Create("1")));
  store_.BeforeNextCommit([this] { memory_.Restart(); });
  EXPECT_THAT(queue_->Commit(Create("2")),
              HasReason(reason::kStoreEpochChanged));
  ASSERT_OK(queue_->Commit(Create("3")));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "LIFECYCLE",
                                  "COMMAND commands/3"));
}

TEST_F(DecisionQueueTest, WhoFollowsWritesLostRowsAgainWithoutADecision) {
  ASSERT_OK(queue_->Commit(Create("1")));
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(queue_->Commit(Create("2")));
  memory_.FailOverTo(backup);
  EXPECT_EQ(Rows().size(), 1u);
  ASSERT_OK(queue_->Follow());
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2"));
  ASSERT_OK(queue_->Commit(Create("3")));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "LIFECYCLE", "COMMAND commands/3"));
}

TEST_F(DecisionQueueTest, FollowingWritesNothingWhileTheEpochStands) {
  ASSERT_OK(queue_->Commit(Create("1")));
  ASSERT_OK(queue_->Follow());
  EXPECT_EQ(Commits(), 1);
  store_.SetAway(true);
  EXPECT_THAT(queue_->Follow(), HasReason(reason::kStoreUnavailable));
}

TEST_F(DecisionQueueTest, RefusesABadTransitionAtOnce) {
  Transition bad = Create("1");
  bad.rows.clear();
  EXPECT_THAT(queue_->Commit(std::move(bad)), HasReason(reason::kAuditFormat));
  bad = Create("1");
  bad.put[0].key = "audit/head/x";
  Submit(std::move(bad));
  EXPECT_THAT(outcomes_[0], HasReason(reason::kStoreKeyInvalid));
}

TEST_F(DecisionQueueTest, RefusesMoreThanMayWait) {
  DecisionQueue::Options options = Options();
  options.max_waiting = 2;
  MakeQueue(options);
  for (const char* name : {"1", "2", "3"}) Submit(Create(name));
  EXPECT_THAT(outcomes_[2], HasReason(reason::kAuditUnavailable));
  executor_.RunAll();
  EXPECT_OK(outcomes_[1]);
}

TEST_F(DecisionQueueTest, RefusesWhatCouldNotBeWrittenAgain) {
  DecisionQueue::Options options = Options();
  options.max_tail_bytes = 1;
  MakeQueue(options);
  ASSERT_OK(queue_->Commit(Create("1")));
  EXPECT_THAT(queue_->Commit(Create("2")),
              HasReason(reason::kAuditUnavailable));
  queue_->tail().Trim(1);
  EXPECT_OK(queue_->Commit(Create("3")));
}

TEST_F(DecisionQueueTest, AThreadThatWaitsLeadsForThoseWithoutOne) {
  ASSERT_OK(queue_->Commit(Create("0")));
  // The executor never runs: the thread that comes after is not first.
  store_.BeforeNextCommit([this] { Submit(Create("2")); });
  ASSERT_OK(queue_->Commit(Create("1")));
  executor_.RunAll();
  EXPECT_OK(outcomes_[0]);
}

// Many threads of both kinds on few keys: every key has one winner, every
// transition one outcome and one row, and the chain holds. Run under tsan.
class DecisionQueueThreadsTest : public DecisionQueueTest {
 protected:
  static constexpr int kThreads = 8;
  static constexpr int kKeys = 100;

  void Work(int thread, DecisionQueue& queue) {
    for (int key = 0; key < kKeys; ++key) {
      Transition transition = Create(std::to_string(key));
      if (thread % 2 == 0) {
        Count(queue.Commit(std::move(transition)));
      } else {
        queue.Submit(std::move(transition),
                     [this](const auto& outcome) { Count(outcome); });
      }
    }
  }
  void Count(const absl::StatusOr<Committed>& outcome) {
    if (outcome.ok()) ++won_;
    if (IsReason(outcome.status(), reason::kStoreAborted)) ++lost_;
  }

  std::atomic<int> won_{0};
  std::atomic<int> lost_{0};
};

TEST_F(DecisionQueueThreadsTest, EachKeyHasOneWinner) {
  {
    ThreadExecutor executor(2);
    DecisionQueue queue(store_, clock_, random_, executor, Options());
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, &queue] { Work(i, queue); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(won_, kKeys);
  EXPECT_EQ(lost_, kKeys * (kThreads - 1));
  EXPECT_EQ(RowsIn(memory_, partition_).size(), size_t{kKeys} * kThreads);
}

}  // namespace
}  // namespace u2fi::audit
