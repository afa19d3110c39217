#include "services/common/store/sqlite_writer.h"

#include <cstdio>

#include "absl/types/optional.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_reader.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

class SqliteWriterTest : public testing::Test {
 protected:
  SqliteWriterTest() {
    for (const char* end : {"", "-wal"}) remove((path_ + end).c_str());
    Reopen();
  }

  // What was not flushed is gone.
  void Reopen() {
    writer_.reset();
    database_.reset();
    database_ = SqliteDatabase::Open(path_, "").value();
    EXPECT_OK(PrepareSqlite(*database_));
    writer_.emplace(SqliteWriter::Prepare(*database_, clock_).value());
  }
  absl::StatusOr<Version> Write(std::vector<Expect> expect,
                                std::vector<Put> put,
                                std::vector<std::string> remove = {}) {
    CommitRequest request;
    request.expect = std::move(expect);
    request.put = std::move(put);
    request.remove = std::move(remove);
    return writer_->Write("gate/acme", request).value();
  }
  int64_t Records() {
    return database_->QueryInt("SELECT COUNT(*) FROM records").value();
  }

  const std::string path_ = testing::TempDir() + "/writer.db";
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  std::unique_ptr<SqliteDatabase> database_;
  absl::optional<SqliteWriter> writer_;
};

TEST_F(SqliteWriterTest, VersionsRiseByOne) {
  ASSERT_OK_AND_ASSIGN(const Version first, Write({}, {{"a", "1"}}));
  EXPECT_THAT(Write({}, {{"a", "2"}}), IsOkAndHolds(first + 1));
}

TEST_F(SqliteWriterTest, VersionsGoOnAfterARestart) {
  ASSERT_OK_AND_ASSIGN(const Version first, Write({}, {{"a", "1"}}));
  ASSERT_OK(writer_->Flush());
  ASSERT_OK_AND_ASSIGN(const Version last, Write({}, {{"a", "2"}}));
  ASSERT_OK(writer_->Flush());
  Reopen();
  ASSERT_OK_AND_ASSIGN(const Version next, Write({}, {{"a", "3"}}));
  EXPECT_GT(last, first);
  EXPECT_GT(next, last);
}

TEST_F(SqliteWriterTest, AReservationThatWasAbandonedIsMadeAgain) {
  ASSERT_OK(Write({}, {{"a", "1"}}));
  writer_->Abandon();
  ASSERT_OK_AND_ASSIGN(const Version first, Write({}, {{"a", "1"}}));
  ASSERT_OK(writer_->Flush());
  Reopen();
  ASSERT_OK_AND_ASSIGN(const Version next, Write({}, {{"a", "2"}}));
  EXPECT_GT(next, first);
}

TEST_F(SqliteWriterTest, TheCounterIsNotWrittenAnewByEachTransaction) {
  ASSERT_OK(Write({}, {{"a", "1"}}));
  ASSERT_OK(writer_->Flush());
  const int64_t before =
      database_->QueryInt("SELECT version FROM counter").value();
  ASSERT_OK_AND_ASSIGN(const Version next, Write({}, {{"a", "2"}}));
  ASSERT_OK(writer_->Flush());
  EXPECT_EQ(database_->QueryInt("SELECT version FROM counter").value(), before);
  EXPECT_LT(next, static_cast<Version>(before));
}

TEST_F(SqliteWriterTest, WithoutAFlushNothingStays) {
  ASSERT_OK(Write({}, {{"a", "1"}}));
  EXPECT_TRUE(writer_->open());
  Reopen();
  EXPECT_EQ(Records(), 0);
}

TEST_F(SqliteWriterTest, AFlushEndsTheTransaction) {
  ASSERT_OK(Write({}, {{"a", "1"}}));
  ASSERT_OK(writer_->Flush());
  EXPECT_FALSE(writer_->open());
  EXPECT_OK(writer_->Flush()) << "and has nothing to do then";
  EXPECT_EQ(Records(), 1);
}

TEST_F(SqliteWriterTest, AbandonForgetsBackToTheLastFlush) {
  ASSERT_OK_AND_ASSIGN(const Version kept, Write({}, {{"a", "1"}}));
  ASSERT_OK(writer_->Flush());
  ASSERT_OK(Write({}, {{"b", "1"}}));
  writer_->Abandon();
  EXPECT_EQ(Records(), 1);
  EXPECT_THAT(Write({}, {{"b", "1"}}), IsOkAndHolds(kept + 1));
}

TEST_F(SqliteWriterTest, ACommitWithoutPutsHasNoVersion) {
  EXPECT_THAT(Write({{"a", kAbsent}}, {}), IsOkAndHolds(kAbsent));
}

TEST_F(SqliteWriterTest, RemovesWhatIsThereAndWhatIsNot) {
  ASSERT_OK(Write({}, {{"a", "1"}}));
  ASSERT_OK(Write({}, {}, {"a", "b"}));
  EXPECT_EQ(Records(), 0);
}

TEST_F(SqliteWriterTest, NamesTheFirstExpectationThatFails) {
  ASSERT_OK(Write({}, {{"b", "1"}}));
  const auto aborted =
      Write({{"a", kAbsent}, {"b", kAbsent}, {"c", 9}}, {{"d", "1"}});
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted.status())["key"], "b");
  EXPECT_EQ(Records(), 1);
}

TEST_F(SqliteWriterTest, AnExpectationSeesTheSameTransaction) {
  ASSERT_OK_AND_ASSIGN(const Version first, Write({}, {{"a", "1"}}));
  EXPECT_OK(Write({{"a", first}}, {{"a", "2"}}));
  EXPECT_THAT(Write({{"a", first}}, {{"a", "3"}}),
              HasReason(reason::kStoreAborted));
}

TEST_F(SqliteWriterTest, DropsTwoExpiredKeysForEachOneWithAHint) {
  const absl::Time soon = clock_.Now() + absl::Seconds(1);
  for (const char* key : {"a", "b", "c"})
    ASSERT_OK(Write({}, {{key, "", soon}}));
  clock_.Advance(absl::Seconds(2));
  ASSERT_OK(Write({}, {{"d", "", clock_.Now() + absl::Seconds(1)}}));
  EXPECT_EQ(Records(), 2);
}

TEST_F(SqliteWriterTest, DropsWhatExpiredBeforeARestart) {
  ASSERT_OK(Write({}, {{"a", "", clock_.Now() + absl::Seconds(1)}}));
  ASSERT_OK(writer_->Flush());
  Reopen();
  clock_.Advance(absl::Seconds(2));
  ASSERT_OK(Write({}, {{"b", "", clock_.Now() + absl::Seconds(1)}}));
  EXPECT_EQ(Records(), 1);
}

TEST_F(SqliteWriterTest, KeepsAKeyUntilItsHintHasPassed) {
  const absl::Time hint = clock_.Now() + absl::Seconds(1);
  ASSERT_OK(Write({}, {{"a", "", hint}}));
  clock_.Advance(absl::Milliseconds(999));
  ASSERT_OK(Write({}, {{"b", "", hint}}));
  EXPECT_EQ(Records(), 2);
}

}  // namespace
}  // namespace u2fi::store
