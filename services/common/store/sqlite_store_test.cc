#include "services/common/store/sqlite_store.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "absl/strings/match.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/fake_sqlite_vfs.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using Step = FakeSqliteVfs::Step;

// What all engines promise is in tests/contract/store; here is what SQLite does
// with the disk.
class SqliteStoreTest : public testing::Test {
 protected:
  SqliteStoreTest() {
    for (const char* end : {"", "-wal", ".lock"}) {
      remove((path_ + end).c_str());
    }
    Open();
  }
  // A reopened file would still have the old one's hook.
  ~SqliteStoreTest() override { store_.reset(); }

  void Open() {
    store_.reset();
    store_ =
        OpenSqliteStore({path_, vfs_.name()}, clock_, random_).value().store;
  }
  absl::Status Write(const std::string& key, Durability durability) {
    CommitRequest request;
    request.epoch = store_->Get(partition_, {}).value().epoch;
    request.put = {{key, "value"}};
    request.durability = durability;
    return store_->Commit(partition_, request).status();
  }
  bool Exists(const std::string& key) {
    return store_->Get(partition_, {key}).value().entries[0].exists();
  }
  // Every such step on the WAL ends with this SQLite error.
  void Break(Step broken, int code) {
    vfs_.SetHook([=](Step step, const std::string& path) {
      return step == broken && absl::EndsWith(path, "-wal") ? code : SQLITE_OK;
    });
  }
  void CountSyncs() {
    vfs_.SetHook([this](Step step, const std::string&) {
      syncs_ += step == Step::kSync ? 1 : 0;
      return SQLITE_OK;
    });
  }

  FakeSqliteVfs vfs_;
  FakeClock clock_;
  FakeRandomSource random_;
  const std::string path_ = testing::TempDir() + "/store.db";
  const Partition partition_ = Partition::Make("gate", "acme").value();
  std::unique_ptr<Store> store_;
  std::atomic<int> syncs_{0};
  // The writer's thread may look at it after the case has ended.
  std::atomic<bool> slow_{false};
};

TEST_F(SqliteStoreTest, ADurableCommitIsSyncedBeforeItIsAnswered) {
  CountSyncs();
  ASSERT_OK(Write("k", Durability::kDurable));
  EXPECT_GE(syncs_, 1);
}

TEST_F(SqliteStoreTest, AVolatileCommitWaitsForNoSync) {
  slow_ = true;
  vfs_.SetHook([this](Step step, const std::string&) {
    while (step == Step::kSync && slow_) std::this_thread::yield();
    return SQLITE_OK;
  });
  EXPECT_OK(Write("k", Durability::kVolatile));
  slow_ = false;
}

TEST_F(SqliteStoreTest, CommitsThatWaitTogetherShareASync) {
  constexpr int kCallers = 16;
  std::atomic<int> waiting{0};
  // The first sync lasts until all the others wait behind it.
  vfs_.SetHook([&](Step step, const std::string&) {
    if (step == Step::kSync && ++syncs_ == 1) {
      while (waiting < kCallers) std::this_thread::yield();
    }
    return SQLITE_OK;
  });
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([this, i, &waiting] {
      ++waiting;
      EXPECT_OK(Write("k" + std::to_string(i), Durability::kDurable));
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_LT(syncs_, kCallers);
}

TEST_F(SqliteStoreTest, AFullDiskRefusesAndNothingIsWritten) {
  Break(Step::kWrite, SQLITE_FULL);
  EXPECT_THAT(Write("k", Durability::kDurable),
              HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(Exists("k"));
}

TEST_F(SqliteStoreTest, GoesOnWhenTheDiskHasRoomAgain) {
  Break(Step::kWrite, SQLITE_FULL);
  EXPECT_FALSE(Write("k", Durability::kDurable).ok());
  vfs_.SetHook(nullptr);
  EXPECT_OK(Write("k", Durability::kDurable));
}

TEST_F(SqliteStoreTest, AFailedSyncIsNeverASuccess) {
  Break(Step::kSync, SQLITE_IOERR_FSYNC);
  EXPECT_THAT(Write("k", Durability::kDurable),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(SqliteStoreTest, AfterAFailedSyncNothingIsWrittenUntilARestart) {
  Break(Step::kSync, SQLITE_IOERR_FSYNC);
  EXPECT_FALSE(Write("k", Durability::kDurable).ok());
  vfs_.SetHook(nullptr);
  EXPECT_THAT(Write("l", Durability::kVolatile),
              HasReason(reason::kStoreUnavailable));
  Open();
  EXPECT_OK(Write("l", Durability::kDurable));
}

TEST_F(SqliteStoreTest, ASlowDiskMakesTheOutcomeUnknown) {
  slow_ = true;
  vfs_.SetHook([this](Step step, const std::string&) {
    while (step == Step::kSync && slow_) std::this_thread::yield();
    return SQLITE_OK;
  });
  CommitRequest request;
  request.epoch = store_->Get(partition_, {}).value().epoch;
  request.put = {{"k", "v"}};
  EXPECT_THAT(store_->Commit(partition_, request, absl::Milliseconds(300)),
              HasReason(reason::kStoreOutcomeUnknown));
  slow_ = false;
}

TEST_F(SqliteStoreTest, ASecondStoreOnTheFileIsRefused) {
  EXPECT_THAT(OpenSqliteStore({path_}, clock_, random_),
              HasReason(reason::kStoreInUse));
}

TEST_F(SqliteStoreTest, OnlyTheOwnerMayReadTheFiles) {
  ASSERT_OK(Write("k", Durability::kDurable));
  for (const char* end : {"", "-wal"}) {
    struct stat about;
    ASSERT_EQ(stat((path_ + end).c_str(), &about), 0) << end;
    EXPECT_EQ(about.st_mode & 0777, 0600u) << end;
  }
}

TEST_F(SqliteStoreTest, WarnsAboutAFileInMemory) {
  const std::string path = "/dev/shm/u2fi-sqlite-store-test";
  ASSERT_OK_AND_ASSIGN(const OpenedStore opened,
                       OpenSqliteStore({path}, clock_, random_));
  EXPECT_EQ(opened.warnings.size(), 1u);
  for (const char* end : {"", "-wal", ".lock"}) {
    remove((path + end).c_str());
  }
}

TEST_F(SqliteStoreTest, DropsOnlyWhatHasExpiredByItsClock) {
  const auto put = [this](const std::string& key, absl::Duration life) {
    CommitRequest request;
    request.epoch = store_->Get(partition_, {}).value().epoch;
    request.put = {{key, "", clock_.Now() + life}};
    ASSERT_OK(store_->Commit(partition_, request));
  };
  put("short", absl::Seconds(1));
  put("long", absl::Seconds(10));
  clock_.Advance(absl::Seconds(1));
  put("a", absl::Hours(1));
  EXPECT_TRUE(Exists("short")) << "the instant itself is not past it";
  clock_.Advance(absl::Milliseconds(1));
  put("b", absl::Hours(1));
  EXPECT_FALSE(Exists("short"));
  EXPECT_TRUE(Exists("long"));
}

}  // namespace
}  // namespace u2fi::store
