#include "services/common/store/sqlite_reader.h"

#include <cstdio>

#include "absl/types/optional.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_schema.h"

namespace u2fi::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A file with the records that a test puts there by hand.
class SqliteReaderTest : public testing::Test {
 protected:
  SqliteReaderTest() {
    for (const char* end : {"", "-wal", "-shm"}) remove((path_ + end).c_str());
    database_ = SqliteDatabase::Open(path_, "").value();
    EXPECT_OK(PrepareSqlite(*database_));
    reader_.emplace(SqliteReader::Prepare(*database_).value());
  }

  void Put(const std::string& partition, const std::string& key,
           const std::string& value) {
    SqliteStatement insert =
        database_->Prepare("INSERT INTO records VALUES (?, ?, 7, 0, ?)")
            .value();
    EXPECT_OK(insert.BindText(1, partition)
                  .BindText(2, key)
                  .BindBlob(3, value)
                  .Run());
  }
  std::vector<std::string> Keys(const std::string& prefix,
                                const std::string& after, size_t limit) {
    const auto page = reader_->Scan(acme_, prefix, after, limit);
    EXPECT_OK(page);
    std::vector<std::string> keys;
    if (!page.ok()) return keys;
    more_ = page->more;
    for (const Item& item : page->items) keys.push_back(item.key);
    return keys;
  }

  const std::string path_ = testing::TempDir() + "/reader.db";
  const Partition acme_ = *Partition::Make("gate", "acme");
  std::unique_ptr<SqliteDatabase> database_;
  absl::optional<SqliteReader> reader_;
  bool more_ = false;
};

TEST_F(SqliteReaderTest, GivesEntriesInTheOrderAskedFor) {
  Put("gate/acme", "a", "1");
  Put("gate/acme", "b", "2");
  ASSERT_OK_AND_ASSIGN(const auto entries,
                       reader_->Get(acme_, {"b", "x", "a"}));
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].value, "2");
  EXPECT_EQ(entries[0].version, 7u);
  EXPECT_FALSE(entries[1].exists());
  EXPECT_EQ(entries[2].value, "1");
}

TEST_F(SqliteReaderTest, SeesItsPartitionOnly) {
  Put("gate/other", "a", "1");
  ASSERT_OK_AND_ASSIGN(const auto entries, reader_->Get(acme_, {"a"}));
  EXPECT_FALSE(entries[0].exists());
  EXPECT_THAT(Keys("", "", 10), IsEmpty());
}

TEST_F(SqliteReaderTest, AKeyIsNoPattern) {
  Put("gate/acme", "a1", "1");
  EXPECT_THAT(Keys("a_", "", 10), IsEmpty());
  EXPECT_THAT(Keys("%", "", 10), IsEmpty());
}

TEST_F(SqliteReaderTest, APageEndsAtTheLimit) {
  for (const char* key : {"a", "b", "c"}) Put("gate/acme", key, "");
  EXPECT_THAT(Keys("", "", 2), ElementsAre("a", "b"));
  EXPECT_TRUE(more_);
  EXPECT_THAT(Keys("", "b", 2), ElementsAre("c"));
  EXPECT_FALSE(more_);
}

TEST_F(SqliteReaderTest, APageThatIsJustFullIsTheLast) {
  for (const char* key : {"a", "b"}) Put("gate/acme", key, "");
  EXPECT_THAT(Keys("", "", 2), ElementsAre("a", "b"));
  EXPECT_FALSE(more_);
}

TEST_F(SqliteReaderTest, APageEndsBeforeItIsTooLarge) {
  const std::string large(kMaxValueSize, 'x');
  for (int i = 10; i < 10 + 40; ++i) {
    Put("gate/acme", "k" + std::to_string(i), large);
  }
  const size_t fits = kMaxReadBytes / kMaxValueSize;
  EXPECT_LE(Keys("", "", 1000).size(), fits);
  EXPECT_TRUE(more_);
}

TEST_F(SqliteReaderTest, TooMuchAtOnceIsRefused) {
  const std::string large(kMaxValueSize, 'x');
  std::vector<std::string> keys;
  for (int i = 0; i < 33; ++i) {
    keys.push_back("k" + std::to_string(i));
    Put("gate/acme", keys.back(), large);
  }
  EXPECT_THAT(reader_->Get(acme_, keys), HasReason(reason::kStoreLimit));
}

TEST_F(SqliteReaderTest, SeesWhatTheOpenTransactionHasWritten) {
  ASSERT_OK(database_->Run("BEGIN"));
  Put("gate/acme", "a", "1");
  ASSERT_OK_AND_ASSIGN(const auto entries, reader_->Get(acme_, {"a"}));
  EXPECT_EQ(entries[0].value, "1");
}

TEST_F(SqliteReaderTest, AFileWithoutTablesIsAnError) {
  const auto empty = SqliteDatabase::Open(":memory:", "").value();
  EXPECT_FALSE(SqliteReader::Prepare(*empty).ok());
}

}  // namespace
}  // namespace u2fi::store
