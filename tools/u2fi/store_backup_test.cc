#include "tools/u2fi/store_backup.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/time/clock.h"
#include "tools/u2fi/new_file.h"

namespace u2fi::cli {
namespace {

using store::Durability;
using store::Partition;
using store::Store;
using testing::HasSubstr;

constexpr absl::Duration kPatience = absl::Seconds(30);

class StoreBackupTest : public testing::Test {
 protected:
  StoreBackupTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~StoreBackupTest() override { std::filesystem::remove_all(folder_); }

  // The service that uses the store.
  void Open() {
    auto opened = store::OpenSqliteStore({file_, "", /*backups=*/true},
                                         SystemClock(), SystemRandom());
    ASSERT_OK(opened);
    store_ = std::move(opened->store);
  }
  void Write(const std::string& key) {
    const auto seen = store_->Get(partition_, {});
    ASSERT_OK(seen);
    ASSERT_OK(store_->Commit(
        partition_, {seen->epoch, {}, {{key, "v"}}, {}, Durability::kDurable}));
  }
  bool Has(const std::string& key) {
    const auto seen = store_->Get(partition_, {key});
    EXPECT_OK(seen);
    return seen.ok() && seen->entries[0].exists();
  }
  absl::Status BackUp(absl::Duration patience = kPatience) {
    return BackUpStore(file_, copy_, patience, output_);
  }
  absl::Status Restore(bool replace = false) {
    return RestoreStore(copy_, file_, replace, output_);
  }

  const std::string folder_ = testing::TempDir() + "/store_backup_test";
  const std::string file_ = folder_ + "/u2fi.db";
  const std::string copy_ = folder_ + "/copy.db";
  const Partition partition_ = *Partition::Make("command-gate", "t1");
  std::unique_ptr<Store> store_;
  std::ostringstream said_;
  Output output_{said_, false};
};

TEST_F(StoreBackupTest, AServiceGoesOnDuringItsBackup) {
  Open();
  Write("before");
  ASSERT_OK(BackUp());
  EXPECT_THAT(said_.str(), HasSubstr("1 records in 1 partitions"));
  Write("after");
  EXPECT_TRUE(Has("before"));
}

TEST_F(StoreBackupTest, OfAStoreThatNobodyUsesAsWell) {
  Open();
  Write("before");
  store_.reset();
  ASSERT_OK(BackUp());
  EXPECT_THAT(said_.str(), HasSubstr("1 records"));
}

TEST_F(StoreBackupTest, OnlyItsOwnerReadsIt) {
  Open();
  ASSERT_OK(BackUp());
  struct stat about = {};
  ASSERT_EQ(stat(copy_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(StoreBackupTest, NothingIsLeftBesideTheStore) {
  Open();
  ASSERT_OK(BackUp());
  store_.reset();
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(name == "u2fi.db" || name == "u2fi.db.lock" ||
                name == "copy.db")
        << name;
  }
}

TEST_F(StoreBackupTest, ThePresentBackupIsNotOverwritten) {
  Open();
  std::ofstream(copy_) << "precious";
  EXPECT_THAT(BackUp(), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(std::filesystem::file_size(copy_), 8u);
}

TEST_F(StoreBackupTest, OneBackupIsMadeUnderAName) {
  Open();
  ASSERT_OK_AND_ASSIGN(const auto other, NewFile::Create(copy_));
  const absl::Status second = BackUp();
  EXPECT_THAT(second, HasReason(reason::kFileUnavailable));
  EXPECT_THAT(std::string(second.message()), HasSubstr("another process"));
  EXPECT_TRUE(std::filesystem::exists(other->part()));
}

TEST_F(StoreBackupTest, AFailedBackupLeavesNothing) {
  auto opened = store::OpenSqliteStore({file_}, SystemClock(), SystemRandom());
  ASSERT_OK(opened);
  EXPECT_THAT(BackUp(absl::Milliseconds(1)),
              HasReason(reason::kDeadlineExceeded));
  EXPECT_FALSE(std::filesystem::exists(copy_ + ".part"));
}

TEST_F(StoreBackupTest, WithoutAStoreThereIsNothingToCopy) {
  EXPECT_THAT(BackUp(), HasReason(reason::kFileNotFound));
  EXPECT_FALSE(std::filesystem::exists(file_ + ".lock"));
}

TEST_F(StoreBackupTest, AServiceThatDoesNotAnswerIsNotWaitedForLong) {
  auto opened = store::OpenSqliteStore({file_}, SystemClock(), SystemRandom());
  ASSERT_OK(opened);
  EXPECT_THAT(BackUp(absl::Milliseconds(1)),
              HasReason(reason::kDeadlineExceeded));
  EXPECT_FALSE(std::filesystem::exists(copy_));
}

TEST_F(StoreBackupTest, ARestoredStoreIsThatOfTheBackup) {
  Open();
  Write("before");
  const store::Epoch epoch = store_->Get(partition_, {})->epoch;
  ASSERT_OK(BackUp());
  Write("after");
  store_.reset();
  ASSERT_OK(Restore(/*replace=*/true));
  Open();
  EXPECT_TRUE(Has("before"));
  EXPECT_FALSE(Has("after"));
  EXPECT_NE(store_->Get(partition_, {})->epoch, epoch);
}

TEST_F(StoreBackupTest, TheReplacedStoreIsKept) {
  Open();
  ASSERT_OK(BackUp());
  Write("after");
  store_.reset();
  ASSERT_OK(Restore(/*replace=*/true));
  const std::string kept = file_ + ".before-restore";
  std::filesystem::rename(kept, file_);
  Open();
  EXPECT_TRUE(Has("after"));
  store_.reset();
  std::filesystem::copy_file(file_, kept);
  EXPECT_THAT(Restore(/*replace=*/true), HasReason(reason::kFileUnavailable));
}

TEST_F(StoreBackupTest, TheLogOfALostStoreDoesNotGoIntoTheRestoredOne) {
  Open();
  ASSERT_OK(BackUp());
  Write("after");
  const std::string log = file_ + "-wal";
  const std::string saved = folder_ + "/saved";
  std::filesystem::copy_file(log, saved);
  store_.reset();
  std::filesystem::remove(file_);
  std::filesystem::rename(saved, log);
  EXPECT_THAT(Restore(), HasReason(reason::kFileUnavailable));
  ASSERT_OK(Restore(/*replace=*/true));
  EXPECT_TRUE(std::filesystem::exists(file_ + ".before-restore-wal"));
  Open();
  EXPECT_FALSE(Has("after"));
}

TEST_F(StoreBackupTest, TheBackupMayLieWhereNobodyWrites) {
  Open();
  Write("before");
  ASSERT_OK(BackUp());
  store_.reset();
  std::filesystem::remove(file_);
  // Nothing is made beside it, not even for a moment.
  const std::string medium = folder_ + "/medium";
  std::filesystem::create_directory(medium);
  std::filesystem::rename(copy_, medium + "/copy.db");
  const auto before = std::filesystem::last_write_time(medium);
  ASSERT_OK(RestoreStore(medium + "/copy.db", file_, false, output_));
  EXPECT_EQ(std::filesystem::last_write_time(medium), before);
  Open();
  EXPECT_TRUE(Has("before"));
}

TEST_F(StoreBackupTest, ARestoreThatIsRefusedLeavesNoCopy) {
  Open();
  ASSERT_OK(BackUp());
  store_.reset();
  std::filesystem::copy_file(file_, file_ + ".before-restore");
  EXPECT_THAT(Restore(/*replace=*/true), HasReason(reason::kFileUnavailable));
  EXPECT_FALSE(std::filesystem::exists(file_ + ".restore-part"));
}

TEST_F(StoreBackupTest, AStoreThatIsThereIsNotReplacedUnasked) {
  Open();
  Write("before");
  ASSERT_OK(BackUp());
  store_.reset();
  EXPECT_THAT(Restore(), HasReason(reason::kFileUnavailable));
  std::filesystem::remove(file_);
  ASSERT_OK(Restore());
  Open();
  EXPECT_TRUE(Has("before"));
}

TEST_F(StoreBackupTest, WhatRootRestoresIsOfWhoeverOwnsTheFolder) {
  Open();
  ASSERT_OK(BackUp());
  store_.reset();
  std::filesystem::remove(file_);
  std::filesystem::remove(file_ + ".lock");
  // Done if the test is root: then the service is somebody else.
  const bool given = chown(folder_.c_str(), 65534, 65534) == 0;
  ASSERT_OK(Restore());
  for (const std::string& path : {file_, file_ + ".lock"}) {
    struct stat about = {};
    ASSERT_EQ(stat(path.c_str(), &about), 0) << path;
    EXPECT_EQ(about.st_uid, given ? 65534 : geteuid()) << path;
  }
}

TEST_F(StoreBackupTest, AStoreInUseIsNotReplaced) {
  Open();
  ASSERT_OK(BackUp());
  EXPECT_THAT(Restore(/*replace=*/true), HasReason(reason::kStoreInUse));
}

TEST_F(StoreBackupTest, WhatIsNoBackupIsNotRestored) {
  Open();
  Write("before");
  store_.reset();
  const absl::Status folder = RestoreStore(folder_, file_, true, output_);
  EXPECT_THAT(std::string(folder.message()), HasSubstr(" from " + folder_));
  std::ofstream(copy_) << std::string(10'000, 'x');
  EXPECT_THAT(Restore(/*replace=*/true),
              HasReason(reason::kStoreMisconfigured));
  Open();
  EXPECT_TRUE(Has("before"));
}

TEST_F(StoreBackupTest, ForProgramsItIsOneObject) {
  Open();
  Output json(said_, true);
  ASSERT_OK(BackUpStore(file_, copy_, kPatience, json));
  EXPECT_THAT(said_.str(), HasSubstr("\"records\":\"0\""));
}

}  // namespace
}  // namespace u2fi::cli
