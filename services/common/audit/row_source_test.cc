#include "services/common/audit/row_source.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/decision_queue.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

TailRow RowOf(uint64_t sequence, size_t bytes = 8) {
  TailRow row;
  row.head.id.sequence = sequence;
  row.row = std::string(bytes, 'r');
  return row;
}

class KeptOwnRowsTest : public testing::Test {
 protected:
  void Append(uint64_t first, uint64_t last, size_t bytes = 8) {
    for (uint64_t i = first; i <= last; ++i) tail_.Append(RowOf(i, bytes));
  }

  RowTail tail_;
  KeptOwnRows rows_{TestWriter(), tail_};
};

TEST_F(KeptOwnRowsTest, GivesTheRowsAfterOne) {
  Append(1, 3);
  ASSERT_OK_AND_ASSIGN(const std::vector<TailRow> rows, rows_.After(1, 10));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].head.id.sequence, 2u);
}

TEST_F(KeptOwnRowsTest, TheRowsOfTheLastCheckpointStayInMemory) {
  Append(1, 3);
  ASSERT_OK(rows_.Covered(1, 3));
  EXPECT_EQ(tail_.size(), 3u);
}

TEST_F(KeptOwnRowsTest, ThoseOfTheCheckpointBeforeGo) {
  Append(1, 5);
  ASSERT_OK(rows_.Covered(1, 3));
  ASSERT_OK(rows_.Covered(4, 5));
  EXPECT_EQ(tail_.size(), 2u);
}

TEST_F(KeptOwnRowsTest, ManyBytesGoAtOnceSoThatDecisionsGoOn) {
  Append(1, 17, 1 << 20);
  ASSERT_OK(rows_.Covered(1, 17));
  EXPECT_EQ(tail_.bytes(), 0u);
}

class StoredRowsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 4; ++i) {
      Transition transition;
      transition.epoch = store_.Get(partition_, {})->epoch;
      transition.rows.push_back(TestRow());
      ASSERT_OK(queue_.Commit(std::move(transition)));
    }
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  const store::Partition partition_ = TestPartition();
  ThreadExecutor executor_{1};
  DecisionQueue queue_{store_,
                       clock_,
                       random_,
                       executor_,
                       {{partition_, TestWriter(), nullptr}}};
};

TEST_F(StoredRowsTest, WhatIsCoveredLeavesTheStore) {
  StoredRows rows(store_, partition_, TestWriter());
  ASSERT_OK(rows.Covered(1, 3));
  EXPECT_EQ(RowsIn(store_, partition_).size(), 1u);
}

TEST_F(StoredRowsTest, KeptRowsBeginAfterTheCoveredOnes) {
  KeptStoredRows rows(store_, partition_, TestWriter(), 3);
  ASSERT_OK_AND_ASSIGN(const std::vector<TailRow> left, rows.After(0, 10));
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].head.id.sequence, 4u);
}

TEST_F(StoredRowsTest, KeptRowsEndAfterTheLast) {
  KeptStoredRows rows(store_, partition_, TestWriter(), 3);
  ASSERT_OK_AND_ASSIGN(const std::vector<TailRow> left, rows.After(4, 10));
  EXPECT_TRUE(left.empty());
}

TEST_F(StoredRowsTest, KeptRowsStayWhenCovered) {
  KeptStoredRows rows(store_, partition_, TestWriter(), 0);
  ASSERT_OK(rows.Covered(1, 4));
  EXPECT_EQ(RowsIn(store_, partition_).size(), 4u);
}

}  // namespace
}  // namespace u2fi::audit
