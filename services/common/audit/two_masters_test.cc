#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain_writer.h"
#include "services/common/audit/keys.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/either_store.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

using store::FaultyStore;
using testing::ElementsAre;
using Fault = FaultyStore::Fault;
using Method = FaultyStore::Method;

// Connections to a master that was replaced, and may not know it yet, answer
// in turn with those to the new one.
class TwoMastersTest : public testing::Test {
 protected:
  // Row 1 is at both, row 2 at the old master alone.
  void SetUp() override {
    ASSERT_OK(Commit("1"));
    promoted_.FailOverTo(old_.TakeBackup());
    ASSERT_OK(Commit("2"));
  }
  absl::StatusOr<store::Version> Commit(const std::string& name) {
    RETURN_IF_ERROR(writer_.Ready(Now()));
    store::CommitRequest request;
    const PreparedRow row = TestRow("commands/" + name);
    return writer_.Commit(request, {&row}, ids_);
  }
  store::Epoch Now() { return either_.Get(partition_, {})->epoch; }
  std::vector<std::string> Old() { return Summary(RowsIn(old_, partition_)); }
  std::vector<std::string> Promoted() {
    return Summary(RowsIn(promoted_, partition_));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore old_{clock_, random_};
  store::MemoryStore promoted_{clock_, random_};
  store::EitherStore either_{old_};
  FaultyStore store_{either_};
  const store::Partition partition_ = TestPartition();
  RowTail tail_;
  std::vector<RowId> ids_;
  ChainWriter writer_{store_,
                      clock_,
                      random_,
                      tail_,
                      {partition_, TestWriter("command-gate", 'a'), {}}};
};

TEST_F(TwoMastersTest, EachGetsWhatItLacks) {
  either_.Use(promoted_);
  ASSERT_OK(Commit("3"));
  either_.Use(old_);
  ASSERT_OK(Commit("4"));
  EXPECT_THAT(Old(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                 "LIFECYCLE", "COMMAND commands/3", "LIFECYCLE",
                                 "COMMAND commands/4"));
  either_.Use(promoted_);
  ASSERT_OK(writer_.Ready(Now()));
  EXPECT_EQ(Promoted(), Old());
}

TEST_F(TwoMastersTest, AnUnknownCommitStaysAlsoIfTheOldOneAnswersAgain) {
  store_.Fail(Method::kCommit, Fault::kUnknownNotApplied);
  EXPECT_THAT(Commit("3"), HasReason(reason::kStoreOutcomeUnknown));
  either_.Use(promoted_);
  // The new one is seen; what it lacks meets the old one.
  store_.BeforeNextCommit([this] { either_.Use(old_); });
  ASSERT_OK(writer_.Ready(Now()));
  EXPECT_EQ(writer_.epoch(), Now());
  ASSERT_OK(Commit("4"));
  EXPECT_THAT(Old(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                 "COMMAND commands/3", "LIFECYCLE",
                                 "COMMAND commands/4"));
  either_.Use(promoted_);
  ASSERT_OK(writer_.Ready(Now()));
  EXPECT_EQ(Promoted(), Old());
}

TEST_F(TwoMastersTest, RowsThatItGaveUpAtTheOldOneKeepItOnlyFromThere) {
  // The old master has row 3; the answer is lost, and the new one says that it
  // will never happen.
  store_.BeforeNextCommit([this] {
    ChainHead head = tail_.After(0, 9).back().head;
    const ChainBuilder builder(writer_.writer());
    store::CommitRequest late;
    late.epoch = Now();
    late.put.push_back({RowKey(RowPrefix(writer_.writer().incarnation()), 3),
                        builder.Append(TestRow("commands/3"), 0, head)});
    late.put.push_back(
        {HeadKey(writer_.writer().incarnation()), builder.HeadValue(head)});
    ASSERT_OK(old_.Commit(partition_, late));
    either_.Use(promoted_);
  });
  EXPECT_THAT(Commit("3"), HasReason(reason::kStoreEpochChanged));
  ASSERT_OK(Commit("4"));
  either_.Use(old_);
  EXPECT_THAT(Commit("5"), HasReason(reason::kAuditChain));
  either_.Use(promoted_);
  ASSERT_OK(Commit("6"));
  EXPECT_THAT(
      Promoted(),
      ElementsAre("COMMAND commands/1", "COMMAND commands/2", "LIFECYCLE",
                  "COMMAND commands/4", "COMMAND commands/6"));
}

}  // namespace
}  // namespace u2fi::audit
