#include "services/common/store/sqlite_copy.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_schema.h"

namespace u2fi::store {
namespace {

class SqliteCopyTest : public testing::Test {
 protected:
  SqliteCopyTest() {
    for (const std::string& file : {from_path_, to_path_}) {
      for (const char* end : {"", "-wal", "-shm", "-journal"}) {
        unlink((file + end).c_str());
      }
    }
    from_ = SqliteDatabase::Open(from_path_, "").value();
    EXPECT_OK(PrepareSqlite(*from_));
  }

  // Some pages of records, from number `first` on.
  void Fill(int first, int count) {
    for (int i = first; i < first + count; ++i) {
      EXPECT_OK(from_->Run("INSERT INTO records VALUES ('s/t', 'k" +
                           std::to_string(i) + "', 1, 0, zeroblob(3000))"));
    }
  }
  std::unique_ptr<SqliteCopy> Start() {
    return SqliteCopy::Start(*from_, to_path_).value();
  }

  const std::string from_path_ = testing::TempDir() + "/copy_test_from.db";
  const std::string to_path_ = testing::TempDir() + "/copy_test_to.db";
  std::unique_ptr<SqliteDatabase> from_;
};

TEST_F(SqliteCopyTest, TheCopyHoldsEverything) {
  Fill(0, 20);
  EXPECT_THAT(Start()->Step(-1), IsOkAndHolds(true));
  ASSERT_OK_AND_ASSIGN(const SqliteContents contents, InspectSqlite(to_path_));
  EXPECT_EQ(contents.records, 20);
  EXPECT_EQ(contents.partitions, 1);
}

TEST_F(SqliteCopyTest, WhatIsCommittedMeanwhileIsInIt) {
  Fill(0, 20);
  const auto copy = Start();
  EXPECT_THAT(copy->Step(3), IsOkAndHolds(false));
  Fill(20, 5);
  EXPECT_OK(from_->Run("DELETE FROM records WHERE key = 'k0'"));
  EXPECT_THAT(copy->Step(-1), IsOkAndHolds(true));
  ASSERT_OK_AND_ASSIGN(const SqliteContents contents, InspectSqlite(to_path_));
  EXPECT_EQ(contents.records, 24);
}

TEST_F(SqliteCopyTest, AnOpenTransactionIsRefused) {
  EXPECT_OK(from_->Run("BEGIN IMMEDIATE"));
  Fill(0, 1);
  EXPECT_THAT(Start()->Step(-1), HasReason(reason::kStoreUnavailable));
}

TEST_F(SqliteCopyTest, AFolderThatIsNotThereIsRefused) {
  EXPECT_THAT(SqliteCopy::Start(*from_, "/nowhere/copy.db").status(),
              HasReason(reason::kStoreUnavailable));
}

TEST_F(SqliteCopyTest, WhatIsNoStoreIsNotTakenForOne) {
  EXPECT_THAT(InspectSqlite("/nowhere/copy.db"),
              HasReason(reason::kFileNotFound));
  std::ofstream(to_path_) << "";
  EXPECT_THAT(InspectSqlite(to_path_), HasReason(reason::kStoreMisconfigured));
  std::ofstream(to_path_) << std::string(8192, 'x');
  EXPECT_THAT(InspectSqlite(to_path_), HasReason(reason::kStoreMisconfigured));
}

TEST_F(SqliteCopyTest, ADamagedFileIsFound) {
  Fill(0, 50);
  EXPECT_THAT(Start()->Step(-1), IsOkAndHolds(true));
  // The middle of the file, where records are.
  std::fstream file(to_path_, std::ios::in | std::ios::out);
  file.seekp(std::streamoff{4096} * 20);
  file << std::string(4096, '\xff');
  file.close();
  EXPECT_FALSE(InspectSqlite(to_path_).ok());
}

}  // namespace
}  // namespace u2fi::store
