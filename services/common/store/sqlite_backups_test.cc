#include "services/common/store/sqlite_backups.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>

#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

class SqliteBackupsTest : public testing::Test {
 protected:
  SqliteBackupsTest() {
    for (const std::string& name :
         {BackupName(file_), BackupWantedName(file_), BackupFailedName(file_),
          file_ + ".backup-part"}) {
      unlink(name.c_str());
    }
  }

  void Want() {
    EXPECT_OK(WriteFileDurably(BackupWantedName(file_), "", 0600));
  }
  static bool IsThere(const std::string& name) {
    return access(name.c_str(), F_OK) == 0;
  }
  // Until nobody wants one any more.
  void AwaitMade() {
    while (IsThere(BackupWantedName(file_))) usleep(1000);
  }

  const std::string file_ = testing::TempDir() + "/backups_test.db";
  std::atomic<int> made_{0};
  // What the next ones end with. Set while none is wanted.
  absl::Status outcome_;
  SqliteBackups backups_{file_, [this](const std::string& path) {
                           ++made_;
                           if (!outcome_.ok()) return outcome_;
                           return WriteFileDurably(path, "copy", 0600);
                         }};
};

TEST_F(SqliteBackupsTest, WithoutAWishNothingIsMade) {
  backups_.Look();
  EXPECT_EQ(made_, 0);
  EXPECT_FALSE(IsThere(BackupName(file_)));
}

TEST_F(SqliteBackupsTest, AWishIsFulfilled) {
  Want();
  AwaitMade();
  EXPECT_THAT(ReadFile(BackupName(file_), 100), IsOkAndHolds("copy"));
  struct stat about = {};
  ASSERT_EQ(stat(BackupName(file_).c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
  EXPECT_FALSE(IsThere(file_ + ".backup-part"));
  EXPECT_EQ(made_, 1);
}

TEST_F(SqliteBackupsTest, AWishThatCannotBeTakenAwayIsFulfilledOnce) {
  // What unlink() does not remove.
  ASSERT_EQ(mkdir(BackupWantedName(file_).c_str(), 0700), 0);
  while (made_ == 0) usleep(1000);
  backups_.Look();
  backups_.Look();
  EXPECT_EQ(made_, 1);
  ASSERT_EQ(rmdir(BackupWantedName(file_).c_str()), 0);
  backups_.Look();
  Want();
  AwaitMade();
  EXPECT_EQ(made_, 2);
}

TEST_F(SqliteBackupsTest, WhatWentWrongIsSaid) {
  outcome_ = Error(reason::kStoreUnavailable, "the disk is full");
  Want();
  AwaitMade();
  EXPECT_FALSE(IsThere(BackupName(file_)));
  ASSERT_OK_AND_ASSIGN(const std::string why,
                       ReadFile(BackupFailedName(file_), 1000));
  EXPECT_NE(why.find("the disk is full"), std::string::npos);
}

TEST_F(SqliteBackupsTest, TheLastOneIsGoneWhenTheNextFails) {
  Want();
  AwaitMade();
  outcome_ = Error(reason::kStoreUnavailable, "the disk is full");
  Want();
  AwaitMade();
  EXPECT_FALSE(IsThere(BackupName(file_)));
  EXPECT_TRUE(IsThere(BackupFailedName(file_)));
}

TEST_F(SqliteBackupsTest, WhatACrashLeftIsNotInTheWay) {
  ASSERT_OK(WriteFileDurably(file_ + ".backup-part", "half of it", 0600));
  Want();
  AwaitMade();
  EXPECT_THAT(ReadFile(BackupName(file_), 100), IsOkAndHolds("copy"));
}

}  // namespace
}  // namespace u2fi::store
