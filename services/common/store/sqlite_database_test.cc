#include "services/common/store/sqlite_database.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

class SqliteDatabaseTest : public testing::Test {
 protected:
  SqliteDatabaseTest() {
    EXPECT_OK(database_->Run("CREATE TABLE t (n INTEGER, b BLOB)"));
  }
  std::unique_ptr<SqliteDatabase> database_ =
      SqliteDatabase::Open(":memory:", "").value();
};

TEST_F(SqliteDatabaseTest, KeepsNumbersAndBytes) {
  const std::string bytes("a\0b", 3);
  ASSERT_OK_AND_ASSIGN(SqliteStatement insert,
                       database_->Prepare("INSERT INTO t VALUES (?, ?)"));
  ASSERT_OK(insert.Bind(1, -7).BindBlob(2, bytes).Run());
  ASSERT_OK(insert.Bind(1, 8).BindBlob(2, "").Run());
  ASSERT_OK_AND_ASSIGN(SqliteStatement select,
                       database_->Prepare("SELECT n, b FROM t ORDER BY n"));
  ASSERT_THAT(select.Step(), IsOkAndHolds(true));
  EXPECT_EQ(select.Int(0), -7);
  EXPECT_EQ(select.Bytes(1), bytes);
  ASSERT_THAT(select.Step(), IsOkAndHolds(true));
  EXPECT_EQ(select.Bytes(1), "");
  EXPECT_THAT(select.Step(), IsOkAndHolds(false));
}

TEST_F(SqliteDatabaseTest, AnEmptyValueIsNotNull) {
  ASSERT_OK_AND_ASSIGN(SqliteStatement insert,
                       database_->Prepare("INSERT INTO t VALUES (1, ?)"));
  ASSERT_OK(insert.BindBlob(1, absl::string_view()).Run());
  EXPECT_THAT(database_->QueryInt("SELECT b IS NULL FROM t"), IsOkAndHolds(0));
}

TEST_F(SqliteDatabaseTest, ResetForgetsWhatWasBound) {
  ASSERT_OK_AND_ASSIGN(SqliteStatement insert,
                       database_->Prepare("INSERT INTO t VALUES (?, ?)"));
  ASSERT_OK(insert.Bind(1, 5).Run());
  ASSERT_OK(insert.Run());
  EXPECT_THAT(database_->QueryInt("SELECT count(*) FROM t WHERE n IS NULL"),
              IsOkAndHolds(1));
}

TEST_F(SqliteDatabaseTest, SaysWhatIsWrong) {
  const absl::Status status = database_->Run("NONSENSE");
  EXPECT_THAT(status, HasReason(reason::kStoreUnavailable));
  EXPECT_NE(status.message().find("NONSENSE"), absl::string_view::npos);
  EXPECT_FALSE(database_->Prepare("SELECT * FROM nowhere").ok());
  EXPECT_FALSE(database_->LastErrorWasSync());
}

TEST_F(SqliteDatabaseTest, AQueryWithoutRowsHasNoNumber) {
  EXPECT_THAT(database_->QueryInt("SELECT n FROM t"),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(SqliteDatabaseTest, AFileInAMissingFolderCannotBeOpened) {
  EXPECT_FALSE(
      SqliteDatabase::Open(testing::TempDir() + "/missing/x.db", "").ok());
}

}  // namespace
}  // namespace u2fi::store
