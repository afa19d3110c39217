#include "services/common/store/sqlite_writer.h"

#include <cstdio>
#include <thread>

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

class SqliteWriterTest : public testing::Test {
 protected:
  SqliteWriterTest() {
    for (const char* end : {"", "-wal", "-shm"}) remove((path_ + end).c_str());
    Start("e1");
  }

  std::unique_ptr<SqliteDatabase> Open() {
    auto database =
        SqliteDatabase::Open(path_, SqliteDatabase::Mode::kReadWriteCreate, "")
            .value();
    EXPECT_OK(PrepareSqlite(*database));
    return database;
  }
  void Start(const Epoch& epoch) {
    writer_.reset();
    writer_ = SqliteWriter::Start(Open(), clock_, epoch).value();
  }
  absl::StatusOr<Version> Commit(std::vector<Expect> expect,
                                 std::vector<Put> put,
                                 const Epoch& epoch = "e1") {
    CommitRequest request;
    request.epoch = epoch;
    request.expect = std::move(expect);
    request.put = std::move(put);
    return writer_->Commit(acme_, request, absl::Seconds(30));
  }
  int64_t Records() {
    return Open()->QueryInt("SELECT COUNT(*) FROM records").value();
  }

  const std::string path_ = testing::TempDir() + "/writer.db";
  const Partition acme_ = *Partition::Make("gate", "acme");
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  std::unique_ptr<SqliteWriter> writer_;
};

TEST_F(SqliteWriterTest, VersionsRiseByOne) {
  ASSERT_OK_AND_ASSIGN(const Version first, Commit({}, {{"a", "1"}}));
  EXPECT_THAT(Commit({}, {{"a", "2"}}), IsOkAndHolds(first + 1));
}

TEST_F(SqliteWriterTest, VersionsGoOnAfterARestart) {
  ASSERT_OK_AND_ASSIGN(const Version first, Commit({}, {{"a", "1"}}));
  Start("e2");
  EXPECT_THAT(Commit({}, {{"a", "2"}}, "e2"), IsOkAndHolds(first + 1));
}

TEST_F(SqliteWriterTest, ACommitWithoutPutsHasNoVersion) {
  EXPECT_THAT(Commit({{"a", kAbsent}}, {}), IsOkAndHolds(kAbsent));
}

TEST_F(SqliteWriterTest, RefusesAnotherEpoch) {
  EXPECT_THAT(Commit({}, {{"a", "1"}}, "e0"),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_EQ(Records(), 0);
}

TEST_F(SqliteWriterTest, NamesTheFirstExpectationThatFails) {
  ASSERT_OK(Commit({}, {{"b", "1"}}));
  const auto aborted =
      Commit({{"a", kAbsent}, {"b", kAbsent}, {"c", 9}}, {{"d", "1"}});
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted.status())["key"], "b");
  EXPECT_EQ(Records(), 1);
}

TEST_F(SqliteWriterTest, CommitsOfOneBatchAreJudgedOneByOne) {
  std::atomic<int> won{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      if (Commit({{"prize", kAbsent}}, {{"prize", "x"}}).ok()) ++won;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(won, 1);
}

TEST_F(SqliteWriterTest, DropsTwoExpiredKeysForEachOneWithAHint) {
  const absl::Time soon = clock_.Now() + absl::Seconds(1);
  for (const char* key : {"a", "b", "c"})
    ASSERT_OK(Commit({}, {{key, "", soon}}));
  clock_.Advance(absl::Seconds(2));
  ASSERT_OK(Commit({}, {{"d", "", clock_.Now() + absl::Seconds(1)}}));
  EXPECT_EQ(Records(), 2);
}

TEST_F(SqliteWriterTest, KeepsAKeyUntilItsHintHasPassed) {
  const absl::Time hint = clock_.Now() + absl::Seconds(1);
  ASSERT_OK(Commit({}, {{"a", "", hint}}));
  clock_.Advance(absl::Milliseconds(999));
  ASSERT_OK(Commit({}, {{"b", "", hint}}));
  EXPECT_EQ(Records(), 2);
}

TEST_F(SqliteWriterTest, ACommitThatDidNotBeginInTimeIsWithdrawn) {
  // Somebody else holds the file's lock for writing.
  const auto other = Open();
  ASSERT_OK(other->Run("BEGIN IMMEDIATE"));
  CommitRequest request;
  request.epoch = "e1";
  request.put = {{"a", "1"}};
  std::thread first([&] { (void)Commit({}, {{"x", "1"}}); });
  const auto late = writer_->Commit(acme_, request, absl::ZeroDuration());
  EXPECT_FALSE(late.ok());
  ASSERT_OK(other->Run("ROLLBACK"));
  first.join();
}

}  // namespace
}  // namespace u2fi::store
