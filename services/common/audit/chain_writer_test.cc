#include "services/common/audit/chain_writer.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/keys.h"
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

class ChainWriterTest : public testing::Test {
 protected:
  ChainOptions Options(char replica) {
    return {partition_, TestWriter("command-gate", replica),
            [this](const EpochChange& change) { changes_.push_back(change); }};
  }
  store::Epoch Epoch() { return memory_.Get(partition_, {})->epoch; }

  // Makes the writer ready and commits one row and one put.
  absl::StatusOr<store::Version> Write(ChainWriter& writer,
                                       const std::string& name) {
    RETURN_IF_ERROR(writer.Ready(Epoch()));
    store::CommitRequest request;
    request.put = {{"state/" + name, "v"}};
    const PreparedRow row = TestRow("commands/" + name);
    auto result = writer.Commit(request, {&row}, ids_);
    // The caller's part is as it was, whatever happened.
    EXPECT_EQ(request.put.size(), 1u);
    EXPECT_TRUE(request.expect.empty());
    return result;
  }
  absl::StatusOr<store::Version> Write(const std::string& name) {
    return Write(writer_, name);
  }
  std::vector<std::string> Rows() {
    return Summary(RowsIn(memory_, partition_));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  const store::Partition partition_ = TestPartition();
  RowTail tail_;
  std::vector<EpochChange> changes_;
  std::vector<RowId> ids_;
  ChainWriter writer_{store_, clock_, random_, tail_, Options('a')};
};

TEST_F(ChainWriterTest, RowsGoWithTheStateTheyExplain) {
  ASSERT_OK(Write("1"));
  ASSERT_OK_AND_ASSIGN(const store::Version version, Write("2"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2"));
  const auto state = memory_.Get(partition_, {"state/2"});
  EXPECT_EQ(state->entries[0].version, version);
  EXPECT_EQ(ids_.front(), RowsIn(memory_, partition_)[1].id);
  EXPECT_EQ(tail_.size(), 2u);
}

TEST_F(ChainWriterTest, RowOneNamesTheLatestOtherWriter) {
  RowTail tail;
  ChainWriter old(store_, clock_, random_, tail, Options('p'));
  ASSERT_OK(Write(old, "1"));
  clock_.Advance(absl::Seconds(1));
  ChainWriter older(store_, clock_, random_, tail, Options('q'));
  ASSERT_OK(Write(older, "2"));
  const RowId last = ids_.front();
  ASSERT_OK(Write("3"));
  const ParsedRow first = RowsIn(memory_, partition_).front();
  EXPECT_EQ(first.header.predecessor().sequence(), last.sequence);
  EXPECT_EQ(first.header.predecessor().hash(), crypto::ToString(last.hash));
  EXPECT_EQ(first.header.predecessor().writer().incarnation()[0], 'q');
}

TEST_F(ChainWriterTest, TheVeryFirstWriterHasNoPredecessor) {
  ASSERT_OK(Write("1"));
  EXPECT_FALSE(RowsIn(memory_, partition_).front().header.has_predecessor());
}

TEST_F(ChainWriterTest, AnIncarnationThatHasRowsIsContinued) {
  ASSERT_OK(Write("1"));
  ASSERT_OK(Write("2"));
  RowTail tail;
  ChainWriter again(store_, clock_, random_, tail, Options('a'));
  ASSERT_OK(Write(again, "3"));
  EXPECT_EQ(RowsIn(memory_, partition_).size(), 3u);
  EXPECT_EQ(tail.size(), 3u);
}

TEST_F(ChainWriterTest, RefusesToContinueAChainWhoseEndIsMissing) {
  ASSERT_OK(Write("1"));
  ASSERT_OK(Write("2"));
  store::CommitRequest erase;
  erase.epoch = Epoch();
  erase.remove = {RowKey(RowPrefix(writer_.writer().incarnation()), 2)};
  ASSERT_OK(memory_.Commit(partition_, erase));
  RowTail tail;
  ChainWriter again(store_, clock_, random_, tail, Options('a'));
  EXPECT_THAT(again.Ready(Epoch()), HasReason(reason::kAuditChain));
}

TEST_F(ChainWriterTest, NothingIsWrittenWhileTheStoreIsAway) {
  store_.SetAway(true);
  EXPECT_THAT(writer_.Ready(Epoch()), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  ASSERT_OK(Write("1"));
  store_.Fail(Method::kCommit, Fault::kUnavailable);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreUnavailable));
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/3"));
}

TEST_F(ChainWriterTest, ALostRaceIsTheCallersBusiness) {
  ASSERT_OK(Write("1"));
  store::CommitRequest request;
  request.expect = {{"state/1", 99}};
  const PreparedRow row = TestRow();
  const auto result = writer_.Commit(request, {&row}, ids_);
  ASSERT_THAT(result, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(result.status())["key"], "state/1");
  EXPECT_EQ(request.expect.size(), 1u);
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(ChainWriterTest, ACommitThatWasNeverAppliedIsTriedAgain) {
  ASSERT_OK(Write("1"));
  store_.Fail(Method::kCommit, Fault::kAborted);
  ASSERT_OK(Write("2"));
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(ChainWriterTest, AnUnknownOutcomeThatHappenedIsKept) {
  ASSERT_OK(Write("1"));
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreOutcomeUnknown));
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "COMMAND commands/3"));
  EXPECT_EQ(tail_.size(), 3u);
}

TEST_F(ChainWriterTest, AnUnknownOutcomeThatDidNotHappenNeverWill) {
  ASSERT_OK(Write("1"));
  const store::Version before =
      memory_.Get(partition_, {HeadKey(writer_.writer().incarnation())})
          ->entries[0]
          .version;
  store_.Fail(Method::kCommit, Fault::kUnknownNotApplied);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreOutcomeUnknown));
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/3"));
  // What was under way expected a version of the head that is gone.
  store::CommitRequest late;
  late.epoch = Epoch();
  late.expect = {{HeadKey(writer_.writer().incarnation()), before}};
  EXPECT_THAT(memory_.Commit(partition_, late),
              HasReason(reason::kStoreAborted));
}

TEST_F(ChainWriterTest, ALateArrivalIsFoundByTheFence) {
  ASSERT_OK(Write("1"));
  // The unknown commit reaches the store while the writer asks about it.
  store::CommitRequest late;
  store_.Fail(Method::kCommit, Fault::kUnknownNotApplied);
  store::CommitRequest request;
  const PreparedRow row = TestRow("commands/late");
  EXPECT_THAT(writer_.Commit(request, {&row}, ids_),
              HasReason(reason::kStoreOutcomeUnknown));
  ChainHead head = HeadAt(RowsIn(memory_, partition_).back());
  const ChainBuilder builder(writer_.writer());
  late.epoch = Epoch();
  late.put.push_back({RowKey(RowPrefix(writer_.writer().incarnation()), 2),
                      builder.Append(row, UnixMillis(clock_), head)});
  late.put.push_back(
      {HeadKey(writer_.writer().incarnation()), builder.HeadValue(head)});
  store_.BeforeNextCommit([&] { ASSERT_OK(memory_.Commit(partition_, late)); });
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/late",
                                  "COMMAND commands/3"));
}

TEST_F(ChainWriterTest, NothingIsWrittenBeforeAnUnknownOutcomeIsResolved) {
  ASSERT_OK(Write("1"));
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreOutcomeUnknown));
  store_.Fail(Method::kGet, Fault::kUnavailable);
  EXPECT_THAT(Write("3"), HasReason(reason::kStoreUnavailable));
  ASSERT_OK(Write("4"));
  EXPECT_EQ(Rows().size(), 3u);
}

TEST_F(ChainWriterTest, WritesNothingWhileSomebodyElsesRowsStandInItsChain) {
  ASSERT_OK(Write("1"));
  const auto before =
      memory_.Get(partition_, {HeadKey(writer_.writer().incarnation())});
  RowTail tail;
  ChainWriter twin(store_, clock_, random_, tail, Options('a'));
  ASSERT_OK(Write(twin, "2"));
  EXPECT_THAT(Write("3"), HasReason(reason::kAuditChain));
  EXPECT_THAT(Write("4"), HasReason(reason::kAuditChain));
  EXPECT_EQ(Rows().size(), 2u);
  store::CommitRequest undo;
  undo.epoch = Epoch();
  undo.put = {
      {HeadKey(writer_.writer().incarnation()), before->entries[0].value}};
  undo.remove = {RowKey(RowPrefix(writer_.writer().incarnation()), 2)};
  ASSERT_OK(memory_.Commit(partition_, undo));
  ASSERT_OK(Write("5"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/5"));
}

TEST_F(ChainWriterTest, AHeadThatWasRemovedComesBack) {
  ASSERT_OK(Write("1"));
  store::CommitRequest erase;
  erase.epoch = Epoch();
  erase.remove = {HeadKey(writer_.writer().incarnation())};
  ASSERT_OK(memory_.Commit(partition_, erase));
  ASSERT_OK(Write("2"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "LIFECYCLE",
                                  "COMMAND commands/2"));
}

class EpochTest : public ChainWriterTest {
 protected:
  // Two rows, of which the next incarnation knows only the first.
  void LoseTheSecondRow() {
    ASSERT_OK(Write("1"));
    const auto backup = memory_.TakeBackup();
    ASSERT_OK(Write("2"));
    tail_bytes_ = tail_.After(1, 1).front().row;
    memory_.FailOverTo(backup);
  }
  std::string Detail(const ParsedRow& row, const std::string& name) {
    for (const v1::Detail& detail : row.body.details()) {
      if (detail.name() == name) return detail.value();
    }
    return "none";
  }
  std::string tail_bytes_;
};

TEST_F(EpochTest, RowsThatTheStoreForgotAreWrittenAgainSameBytes) {
  LoseTheSecondRow();
  ASSERT_OK(writer_.Ready(Epoch()));
  const auto row = memory_.Get(
      partition_, {RowKey(RowPrefix(writer_.writer().incarnation()), 2)});
  EXPECT_EQ(row->entries[0].value, tail_bytes_);
  ASSERT_EQ(changes_.size(), 1u);
  EXPECT_EQ(changes_[0].new_epoch, Epoch());
  ASSERT_EQ(changes_[0].rewritten.size(), 1u);
  EXPECT_EQ(changes_[0].rewritten[0].row, tail_bytes_);
}

TEST_F(EpochTest, TheNextRowsSayThatTheEpochChanged) {
  LoseTheSecondRow();
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "LIFECYCLE", "COMMAND commands/3"));
  const ParsedRow note = RowsIn(memory_, partition_)[2];
  EXPECT_EQ(Detail(note, "event"), "epoch_changed");
  EXPECT_EQ(Detail(note, "new_epoch"), Epoch());
  EXPECT_EQ(Detail(note, "rewritten"), "1");
  EXPECT_EQ(Detail(note, "unconfirmed_from"), "none");
  EXPECT_EQ(ids_.size(), 1u);
  EXPECT_EQ(ids_[0].sequence, 4u);
}

TEST_F(EpochTest, ACommitOfTheOldEpochWritesNothingButTheLostRows) {
  ASSERT_OK(Write("1"));
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(Write("2"));
  ASSERT_OK(writer_.Ready(Epoch()));
  memory_.FailOverTo(backup);
  store::CommitRequest request;
  request.put = {{"state/3", "v"}};
  const PreparedRow row = TestRow("commands/3");
  EXPECT_THAT(writer_.Commit(request, {&row}, ids_),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2"));
  EXPECT_EQ(writer_.epoch(), Epoch());
}

TEST_F(EpochTest, TwoFailoversInARow) {
  ASSERT_OK(Write("1"));
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(Write("2"));
  memory_.FailOverTo(backup);
  ASSERT_OK(Write("3"));
  memory_.FailOverTo(backup);
  ASSERT_OK(Write("4"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "LIFECYCLE", "COMMAND commands/3",
                                  "LIFECYCLE", "COMMAND commands/4"));
  EXPECT_EQ(changes_.size(), 2u);
}

TEST_F(EpochTest, AFailoverWhileRowsAreWrittenAgainStartsOver) {
  LoseTheSecondRow();
  store_.BeforeNextCommit([this] { memory_.Restart(); });
  ASSERT_OK(writer_.Ready(Epoch()));
  EXPECT_EQ(writer_.epoch(), Epoch());
  EXPECT_EQ(Rows().size(), 2u);
}

TEST_F(EpochTest, RowsOfAnAttemptThatFailedAreToldToo) {
  ASSERT_OK(Write("1"));
  const auto backup = memory_.TakeBackup();
  for (int i = 0; i < 600; ++i) ASSERT_OK(Write(absl::StrCat("lost-", i)));
  memory_.FailOverTo(backup);
  store_.Fail(Method::kCommit, Fault::kUnavailable, 2);
  EXPECT_THAT(writer_.Ready(Epoch()), HasReason(reason::kStoreUnavailable));
  EXPECT_TRUE(changes_.empty());
  EXPECT_EQ(Rows().size(), 501u);
  ASSERT_OK(writer_.Ready(Epoch()));
  ASSERT_EQ(changes_.size(), 1u);
  ASSERT_EQ(changes_[0].rewritten.size(), 600u);
  EXPECT_EQ(changes_[0].rewritten.front().head.id.sequence, 2u);
}

TEST_F(EpochTest, RowsThatWereDrainedAreNotWrittenAgain) {
  ASSERT_OK(Write("1"));
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(Write("2"));
  ASSERT_OK(Write("3"));
  tail_.Trim(2);
  memory_.FailOverTo(backup);
  ASSERT_OK(writer_.Ready(Epoch()));
  ASSERT_EQ(changes_[0].rewritten.size(), 1u);
  EXPECT_EQ(changes_[0].rewritten[0].head.id.sequence, 3u);
}

TEST_F(EpochTest, AnUnknownOutcomeThatTheEpochEndedIsKeptAndNoted) {
  ASSERT_OK(Write("1"));
  const auto backup = memory_.TakeBackup();
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreOutcomeUnknown));
  memory_.FailOverTo(backup);
  ASSERT_OK(Write("3"));
  EXPECT_THAT(Rows(), ElementsAre("COMMAND commands/1", "COMMAND commands/2",
                                  "LIFECYCLE", "COMMAND commands/3"));
  EXPECT_EQ(Detail(RowsIn(memory_, partition_)[2], "unconfirmed_from"), "2");
}

TEST_F(EpochTest, AnUnknownOutcomeThatSurvivedTheEpochIsJustKept) {
  ASSERT_OK(Write("1"));
  store_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Write("2"), HasReason(reason::kStoreOutcomeUnknown));
  memory_.Restart();
  ASSERT_OK(Write("3"));
  EXPECT_EQ(Detail(RowsIn(memory_, partition_)[2], "unconfirmed_from"), "none");
}

TEST_F(EpochTest, StopsIfTheNewIncarnationHasAnotherChain) {
  const auto empty = memory_.TakeBackup();
  ASSERT_OK(Write("1"));
  memory_.FailOverTo(empty);
  RowTail tail;
  ChainWriter twin(store_, clock_, random_, tail, Options('a'));
  ASSERT_OK(Write(twin, "other"));
  EXPECT_THAT(writer_.Ready(Epoch()), HasReason(reason::kAuditChain));
}

}  // namespace
}  // namespace u2fi::audit
