#include "services/common/store/sqlite_engine.h"

#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/fake_sqlite_vfs.h"
#include "services/common/store/sqlite_copy.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using Step = FakeSqliteVfs::Step;

class SqliteEngineTest : public testing::Test {
 protected:
  SqliteEngineTest() {
    for (const char* end : {"", "-wal"}) remove((path_ + end).c_str());
    Start();
  }
  ~SqliteEngineTest() override {
    hold_ = false;
    engine_.reset();
  }

  void Start() {
    engine_.reset();
    auto database = SqliteDatabase::Open(path_, vfs_.name()).value();
    EXPECT_OK(PrepareSqlite(*database));
    engine_ = SqliteEngine::Start(std::move(database), clock_, random_).value();
  }
  Epoch EpochNow() {
    return engine_->Get(acme_, {}, absl::Seconds(30)).value().epoch;
  }
  absl::StatusOr<Version> Commit(const Epoch& epoch, std::vector<Expect> expect,
                                 const std::string& key, Durability durability,
                                 absl::Duration timeout = absl::Seconds(30)) {
    CommitRequest request;
    request.epoch = epoch;
    request.expect = std::move(expect);
    request.put = {{key, "value"}};
    request.durability = durability;
    return engine_->Commit(acme_, request, timeout);
  }
  bool Exists(const std::string& key) {
    return engine_->Get(acme_, {key}, absl::Seconds(30))
        .value()
        .entries[0]
        .exists();
  }
  // Every fsync of the log waits until hold_ is false.
  void HoldSyncs() {
    hold_ = true;
    CountSyncs();
  }
  void CountSyncs() {
    vfs_.SetHook([this](Step step, const std::string&) {
      if (step == Step::kSync) ++syncs_;
      while (step == Step::kSync && hold_) std::this_thread::yield();
      return SQLITE_OK;
    });
  }
  // Writes that end at the log, or at the file that it is copied into.
  void FailWrites(bool log = true) {
    vfs_.SetHook([log](Step step, const std::string& path) {
      return step == Step::kWrite && absl::EndsWith(path, "-wal") == log
                 ? SQLITE_FULL
                 : SQLITE_OK;
    });
  }
  // Syncs that end at the log, or at the file.
  void FailSyncs(bool log) {
    vfs_.SetHook([log](Step step, const std::string& path) {
      return step == Step::kSync && absl::EndsWith(path, "-wal") == log
                 ? SQLITE_IOERR_FSYNC
                 : SQLITE_OK;
    });
  }
  // A durable commit of as many pages as make the log full.
  absl::Status FillLog(const Epoch& epoch) {
    CommitRequest request;
    request.epoch = epoch;
    for (int i = 0; i < SqliteEngine::kLogPages; ++i) {
      request.put.push_back({absl::StrCat("page", i), std::string(4096, 'x')});
    }
    return engine_->Commit(acme_, request, absl::Seconds(30)).status();
  }

  FakeSqliteVfs vfs_;
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  FakeRandomSource random_;
  const std::string path_ = testing::TempDir() + "/engine.db";
  const Partition acme_ = *Partition::Make("gate", "acme");
  std::unique_ptr<SqliteEngine> engine_;
  std::atomic<bool> hold_{false};
  std::atomic<int> syncs_{0};
};

TEST_F(SqliteEngineTest, CommitsOfOneBatchAreJudgedOneByOne) {
  const Epoch epoch = EpochNow();
  std::atomic<int> won{0};
  std::vector<std::thread> callers;
  callers.reserve(16);
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&, i] {
      const auto kind =
          i % 2 == 0 ? Durability::kDurable : Durability::kVolatile;
      if (Commit(epoch, {{"prize", kAbsent}}, "prize", kind).ok()) ++won;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(won, 1);
}

TEST_F(SqliteEngineTest, BothKindsRefuseAnotherEpoch) {
  for (const auto kind : {Durability::kVolatile, Durability::kDurable}) {
    EXPECT_THAT(Commit("e0", {}, "a", kind),
                HasReason(reason::kStoreEpochChanged));
  }
  EXPECT_FALSE(Exists("a"));
}

TEST_F(SqliteEngineTest, AVolatileCommitIsSeenAtOnceAndOnDiskSoon) {
  CountSyncs();
  ASSERT_OK(Commit(EpochNow(), {}, "a", Durability::kVolatile));
  EXPECT_TRUE(Exists("a"));
  while (syncs_ == 0) std::this_thread::yield();
}

TEST_F(SqliteEngineTest, AnOrderlyEndKeepsVolatileCommits) {
  ASSERT_OK(Commit(EpochNow(), {}, "a", Durability::kVolatile));
  Start();
  EXPECT_TRUE(Exists("a"));
}

TEST_F(SqliteEngineTest, ADurableCommitIsNotSeenBeforeItIsOnDisk) {
  const Epoch epoch = EpochNow();
  HoldSyncs();
  std::thread writer(
      [&] { EXPECT_OK(Commit(epoch, {}, "a", Durability::kDurable)); });
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_THAT(engine_->Get(acme_, {"a"}, absl::Milliseconds(5)),
              HasReason(reason::kStoreUnavailable));
  hold_ = false;
  writer.join();
  EXPECT_TRUE(Exists("a"));
}

TEST_F(SqliteEngineTest, WhoWaitsForTheDiskGivesUpInTimeWithNothingWritten) {
  const Epoch epoch = EpochNow();
  HoldSyncs();
  std::thread first(
      [&] { EXPECT_OK(Commit(epoch, {}, "a", Durability::kDurable)); });
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_THAT(
      Commit(epoch, {}, "late", Durability::kDurable, absl::Milliseconds(5)),
      HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(engine_->Scan(acme_, "", "", 1, absl::Milliseconds(5)),
              HasReason(reason::kStoreUnavailable));
  hold_ = false;
  first.join();
  EXPECT_FALSE(Exists("late"));
}

TEST_F(SqliteEngineTest, WhoHasNothingToDoWithACommitDoesNotWaitForItsDisk) {
  const Epoch epoch = EpochNow();
  HoldSyncs();
  std::thread writer(
      [&] { EXPECT_OK(Commit(epoch, {}, "a", Durability::kDurable)); });
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_OK(Commit(epoch, {}, "b", Durability::kVolatile));
  EXPECT_TRUE(Exists("b"));
  EXPECT_FALSE(Exists("c"));
  hold_ = false;
  writer.join();
  EXPECT_TRUE(Exists("a"));
  EXPECT_TRUE(Exists("b"));
}

TEST_F(SqliteEngineTest, NobodyBuildsOnACommitThatIsNotOnDisk) {
  const Epoch epoch = EpochNow();
  HoldSyncs();
  std::thread writer(
      [&] { EXPECT_OK(Commit(epoch, {}, "a", Durability::kDurable)); });
  while (syncs_ == 0) std::this_thread::yield();
  const auto soon = absl::Milliseconds(5);
  const auto kind = Durability::kVolatile;
  EXPECT_THAT(Commit(epoch, {}, "a", kind, soon),
              HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(Commit(epoch, {{"a", kAbsent}}, "b", kind, soon),
              HasReason(reason::kStoreUnavailable));
  CommitRequest removal;
  removal.epoch = epoch;
  removal.remove = {"a"};
  removal.durability = kind;
  EXPECT_THAT(engine_->Commit(acme_, removal, soon),
              HasReason(reason::kStoreUnavailable));
  hold_ = false;
  writer.join();
}

TEST_F(SqliteEngineTest, ADiskThatHangsDoesNotFillTheMemory) {
  const Epoch epoch = EpochNow();
  HoldSyncs();
  std::thread writer(
      [&] { EXPECT_OK(Commit(epoch, {}, "a", Durability::kDurable)); });
  while (syncs_ == 0) std::this_thread::yield();
  CommitRequest request;
  request.epoch = epoch;
  request.durability = Durability::kVolatile;
  const std::string value(200 << 10, 'x');
  size_t taken = 0;
  absl::Status status;
  while (status.ok()) {
    request.put = {{absl::StrCat("b", taken), value}};
    status = engine_->Commit(acme_, request, absl::Milliseconds(5)).status();
    if (status.ok()) ++taken;
  }
  EXPECT_THAT(status, HasReason(reason::kStoreUnavailable));
  EXPECT_LE(taken * value.size(), SqliteEngine::kMaxBatchBytes + value.size());
  hold_ = false;
  writer.join();
  EXPECT_OK(engine_->Commit(acme_, request, absl::Seconds(30)));
}

TEST_F(SqliteEngineTest, AfterAFailedSyncNothingThatMayBeLostIsRead) {
  ASSERT_OK(Commit(EpochNow(), {}, "kept", Durability::kDurable));
  const Epoch epoch = EpochNow();
  FailSyncs(/*log=*/true);
  EXPECT_THAT(Commit(epoch, {}, "a", Durability::kDurable),
              HasReason(reason::kStoreOutcomeUnknown));
  vfs_.SetHook(nullptr);
  for (const char* key : {"a", "other"}) {
    EXPECT_THAT(engine_->Get(acme_, {key}, absl::Seconds(30)),
                HasReason(reason::kStoreUnavailable));
  }
  EXPECT_THAT(engine_->Scan(acme_, "", "", 1, absl::Seconds(30)),
              HasReason(reason::kStoreUnavailable));
  Start();
  EXPECT_TRUE(Exists("kept"));
}

TEST_F(SqliteEngineTest, ACopyOfTheLogThatIsNotOnDiskEndsAllWriting) {
  const Epoch epoch = EpochNow();
  FailSyncs(/*log=*/false);
  ASSERT_OK(FillLog(epoch));
  while (Commit(epoch, {}, "k", Durability::kVolatile).ok()) {
    std::this_thread::yield();
  }
  EXPECT_THAT(Commit(epoch, {}, "l", Durability::kDurable),
              HasReason(reason::kStoreUnavailable));
  vfs_.SetHook(nullptr);
  engine_.reset();
  // The log has what the file may lack.
  EXPECT_GT(std::filesystem::file_size(path_ + "-wal"),
            4096 * SqliteEngine::kLogPages);
  Start();
  EXPECT_TRUE(Exists("page1"));
  EXPECT_FALSE(Exists("l"));
}

TEST_F(SqliteEngineTest, AVolatileCommitThatTheDiskTookBackEndsTheEpoch) {
  const Epoch epoch = EpochNow();
  FailWrites();
  ASSERT_OK(Commit(epoch, {}, "forgotten", Durability::kVolatile));
  EXPECT_FALSE(Commit(epoch, {}, "a", Durability::kDurable).ok());
  EXPECT_NE(EpochNow(), epoch);
  EXPECT_FALSE(Exists("forgotten"));
  vfs_.SetHook(nullptr);
  EXPECT_THAT(Commit(epoch, {}, "a", Durability::kDurable),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_OK(Commit(EpochNow(), {}, "a", Durability::kDurable));
}

TEST_F(SqliteEngineTest, ADurableCommitThatFailedLeavesTheEpoch) {
  const Epoch epoch = EpochNow();
  FailWrites();
  EXPECT_FALSE(Commit(epoch, {}, "a", Durability::kDurable).ok());
  EXPECT_EQ(EpochNow(), epoch);
}

TEST_F(SqliteEngineTest, ReadersGetTheirTurnBetweenBatches) {
  const Epoch epoch = EpochNow();
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      while (!stop) {
        EXPECT_OK(
            Commit(epoch, {}, "w" + std::to_string(i), Durability::kDurable));
      }
    });
  }
  for (int i = 0; i < 200; ++i) Exists("w0");
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_F(SqliteEngineTest, WhoCommitsDoesNotWaitUntilTheLogIsCopied) {
  const Epoch epoch = EpochNow();
  hold_ = true;
  vfs_.SetHook([this](Step step, const std::string& path) {
    if (step != Step::kSync || absl::EndsWith(path, "-wal")) return SQLITE_OK;
    ++syncs_;
    while (hold_) std::this_thread::yield();
    return SQLITE_OK;
  });
  EXPECT_OK(FillLog(epoch));
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_TRUE(Exists("page1"));
  hold_ = false;
  EXPECT_OK(Commit(epoch, {}, "k", Durability::kDurable));
}

TEST_F(SqliteEngineTest, TheLogStaysShort) {
  const Epoch epoch = EpochNow();
  for (int i = 0; i < 8; ++i) ASSERT_OK(FillLog(epoch));
  // What one commit adds comes on top of a log that is nearly full.
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"),
            3 * 4200 * SqliteEngine::kLogPages);
}

TEST_F(SqliteEngineTest, ALogThatCannotBeCopiedGoesOn) {
  const Epoch epoch = EpochNow();
  FailWrites(/*log=*/false);
  for (int i = 0; i < 5; ++i) EXPECT_OK(FillLog(epoch));
  EXPECT_OK(Commit(epoch, {}, "k", Durability::kVolatile));
  vfs_.SetHook(nullptr);
  EXPECT_OK(FillLog(epoch));
  Start();
  EXPECT_TRUE(Exists("page1"));
  EXPECT_TRUE(Exists("k"));
}

TEST_F(SqliteEngineTest, ABackupHoldsWhatWasAnsweredBefore) {
  const Epoch epoch = EpochNow();
  ASSERT_OK(Commit(epoch, {}, "durable", Durability::kDurable));
  ASSERT_OK(Commit(epoch, {}, "volatile", Durability::kVolatile));
  const std::string copy = path_ + ".copy";
  remove(copy.c_str());
  ASSERT_OK(engine_->BackUp(copy));
  ASSERT_OK_AND_ASSIGN(const SqliteContents contents, InspectSqlite(copy));
  EXPECT_EQ(contents.records, 2);
}

TEST_F(SqliteEngineTest, CommitsGoOnDuringABackup) {
  const Epoch epoch = EpochNow();
  for (int i = 0; i < 200; ++i) {
    CommitRequest request;
    request.epoch = epoch;
    request.put = {{"big" + std::to_string(i), std::string(50'000, 'x')}};
    ASSERT_OK(engine_->Commit(acme_, request, absl::Seconds(30)));
  }
  const std::string copy = path_ + ".copy";
  remove(copy.c_str());
  std::atomic<bool> done{false};
  std::thread committing([&] {
    for (int i = 0; !done; ++i) {
      EXPECT_OK(
          Commit(epoch, {}, "k" + std::to_string(i),
                 i % 2 == 0 ? Durability::kDurable : Durability::kVolatile));
    }
  });
  EXPECT_OK(engine_->BackUp(copy));
  done = true;
  committing.join();
  ASSERT_OK_AND_ASSIGN(const SqliteContents contents, InspectSqlite(copy));
  EXPECT_GE(contents.records, 200);
}

TEST_F(SqliteEngineTest, ABackupThatCannotBeWrittenChangesNothing) {
  const Epoch epoch = EpochNow();
  EXPECT_THAT(engine_->BackUp("/nowhere/copy"),
              HasReason(reason::kStoreUnavailable));
  EXPECT_OK(Commit(epoch, {}, "k", Durability::kDurable));
  EXPECT_EQ(EpochNow(), epoch);
}

}  // namespace
}  // namespace u2fi::store
