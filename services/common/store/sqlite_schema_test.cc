#include "services/common/store/sqlite_schema.h"

#include <cstdio>
#include <fstream>

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

class SqliteSchemaTest : public testing::Test {
 protected:
  SqliteSchemaTest() { remove(path_.c_str()); }

  std::unique_ptr<SqliteDatabase> Open() {
    return SqliteDatabase::Open(path_, "").value();
  }

  const std::string path_ = testing::TempDir() + "/schema.db";
};

TEST_F(SqliteSchemaTest, PreparesAnEmptyFileAndKnowsItAgain) {
  ASSERT_OK(PrepareSqlite(*Open()));
  EXPECT_OK(PrepareSqlite(*Open()));
}

TEST_F(SqliteSchemaTest, UsesAWalWithFullSynchronisation) {
  const std::unique_ptr<SqliteDatabase> database = Open();
  ASSERT_OK(PrepareSqlite(*database));
  EXPECT_THAT(database->QueryInt("PRAGMA synchronous"), IsOkAndHolds(2));
  EXPECT_THAT(database->QueryInt(
                  "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
              IsOkAndHolds(1));
}

TEST_F(SqliteSchemaTest, NobodyElseCanReadTheFileMeanwhile) {
  const std::unique_ptr<SqliteDatabase> database = Open();
  ASSERT_OK(PrepareSqlite(*database));
  EXPECT_FALSE(Open()->QueryInt("SELECT count(*) FROM records").ok());
}

TEST_F(SqliteSchemaTest, RefusesANewerSchema) {
  ASSERT_OK(PrepareSqlite(*Open()));
  ASSERT_OK(Open()->Run("PRAGMA user_version = 2"));
  EXPECT_THAT(PrepareSqlite(*Open()), HasReason(reason::kStoreMisconfigured));
}

TEST_F(SqliteSchemaTest, RefusesTheFileOfAnotherProgramAndLeavesIt) {
  ASSERT_OK(Open()->Run("CREATE TABLE theirs (x)"));
  EXPECT_THAT(PrepareSqlite(*Open()), HasReason(reason::kStoreMisconfigured));
  EXPECT_THAT(Open()->QueryInt("SELECT count(*) FROM sqlite_schema"),
              IsOkAndHolds(1));
}

TEST_F(SqliteSchemaTest, RefusesAFileThatIsNoDatabase) {
  std::ofstream(path_) << std::string(4096, 'x');
  EXPECT_THAT(PrepareSqlite(*Open()), HasReason(reason::kStoreMisconfigured));
}

}  // namespace
}  // namespace u2fi::store
