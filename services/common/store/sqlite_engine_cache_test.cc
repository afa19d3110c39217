// What an engine answers from memory is what its file holds, or will hold.
#include <sqlite3.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/fake_sqlite_vfs.h"
#include "services/common/store/sqlite_engine.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using Step = FakeSqliteVfs::Step;

constexpr absl::Duration kLong = absl::Seconds(30);

class SqliteEngineCacheTest : public testing::Test {
 protected:
  SqliteEngineCacheTest() { Start(SqliteEngine::kCacheBytes); }
  ~SqliteEngineCacheTest() override {
    hold_ = false;
    engine_.reset();
  }

  void Start(size_t cache_bytes) {
    engine_.reset();
    for (const char* end : {"", "-wal"}) remove((path_ + end).c_str());
    auto database = SqliteDatabase::Open(path_, vfs_.name()).value();
    EXPECT_OK(PrepareSqlite(*database));
    engine_ =
        SqliteEngine::Start(std::move(database), clock_, random_, cache_bytes)
            .value();
  }
  Snapshot Get(const std::vector<std::string>& keys) {
    return engine_->Get(acme_, keys, kLong).value();
  }
  Entry Read(const std::string& key) { return Get({key}).entries[0]; }
  std::string ValueOf(const std::string& key) { return Read(key).value; }

  // Commits on the present epoch.
  absl::Status Commit(Durability durability, std::vector<Put> put,
                      std::vector<Expect> expect = {},
                      std::vector<std::string> remove = {}) {
    CommitRequest request;
    request.epoch = Get({}).epoch;
    request.expect = std::move(expect);
    request.put = std::move(put);
    request.remove = std::move(remove);
    request.durability = durability;
    return engine_->Commit(acme_, request, kLong).status();
  }
  void HoldSyncs() {
    hold_ = true;
    vfs_.SetHook([this](Step step, const std::string&) {
      if (step == Step::kSync) ++syncs_;
      while (step == Step::kSync && hold_) std::this_thread::yield();
      return SQLITE_OK;
    });
  }
  void FailWrites(bool fail) {
    vfs_.SetHook([fail](Step step, const std::string& path) {
      return fail && step == Step::kWrite && absl::EndsWith(path, "-wal")
                 ? SQLITE_FULL
                 : SQLITE_OK;
    });
  }
  // What the file and the open transaction hold: scans ask no cache.
  std::map<std::string, Entry> InDatabase() {
    std::map<std::string, Entry> records;
    const Page page = engine_->Scan(acme_, "", "", 1000, kLong).value();
    for (const Item& item : page.items) {
      records[item.key] = {item.value, item.version};
    }
    return records;
  }
  void ExpectSame(const std::vector<std::string>& keys) {
    const std::map<std::string, Entry> records = InDatabase();
    const Snapshot snapshot = Get(keys);
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto found = records.find(keys[i]);
      const Entry expected = found == records.end() ? Entry() : found->second;
      ASSERT_EQ(snapshot.entries[i].version, expected.version) << keys[i];
      ASSERT_EQ(snapshot.entries[i].value, expected.value) << keys[i];
    }
  }
  uint64_t Random(uint64_t below) {
    return static_cast<uint8_t>(dice_.Bytes(1)[0]) % below;
  }

  FakeSqliteVfs vfs_;
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  FakeRandomSource random_;
  FakeRandomSource dice_{7};
  const std::string path_ = testing::TempDir() + "/cache.db";
  const Partition acme_ = *Partition::Make("gate", "acme");
  std::unique_ptr<SqliteEngine> engine_;
  std::atomic<bool> hold_{false};
  std::atomic<int> syncs_{0};
};

TEST_F(SqliteEngineCacheTest, WhileTheDiskWritesTheRecordBeforeIsRead) {
  ASSERT_OK(Commit(Durability::kDurable, {{"a", "old"}}));
  ValueOf("absent");
  HoldSyncs();
  std::thread writer([&] {
    EXPECT_OK(Commit(Durability::kDurable, {{"a", "new"}, {"absent", "new"}}));
  });
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_EQ(ValueOf("a"), "old");
  EXPECT_FALSE(Read("absent").exists());
  hold_ = false;
  writer.join();
  EXPECT_EQ(ValueOf("a"), "new");
  EXPECT_EQ(ValueOf("absent"), "new");
}

TEST_F(SqliteEngineCacheTest, OneUnknownKeyWaitsAndAllAreOfOneInstant) {
  ASSERT_OK(Commit(Durability::kDurable, {{"a", "old"}}));
  HoldSyncs();
  std::thread writer([&] {
    EXPECT_OK(Commit(Durability::kDurable, {{"a", "new"}, {"b", "new"}}));
  });
  while (syncs_ == 0) std::this_thread::yield();
  EXPECT_THAT(engine_->Get(acme_, {"a", "b"}, absl::Milliseconds(5)),
              HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(Get({"a", "c"}).entries[0].value, "old");
  std::thread reader([&] {
    const Snapshot seen = Get({"a", "b"});
    EXPECT_EQ(seen.entries[0].value, seen.entries[1].value);
  });
  hold_ = false;
  writer.join();
  reader.join();
}

TEST_F(SqliteEngineCacheTest, WhatTheDiskTookBackIsNotRead) {
  ASSERT_OK(Commit(Durability::kDurable, {{"a", "kept"}}));
  FailWrites(true);
  ASSERT_OK(Commit(Durability::kVolatile, {{"a", "lost"}, {"b", "lost"}}));
  EXPECT_EQ(ValueOf("a"), "lost");
  const Epoch before = Get({}).epoch;
  EXPECT_FALSE(Commit(Durability::kDurable, {{"c", "lost"}}).ok());
  EXPECT_NE(Get({}).epoch, before);
  EXPECT_EQ(ValueOf("a"), "kept");
  EXPECT_FALSE(Read("b").exists());
  EXPECT_FALSE(Read("c").exists());
}

TEST_F(SqliteEngineCacheTest, ADurableCommitThatFailedIsNotRead) {
  ASSERT_OK(Commit(Durability::kDurable, {{"a", "kept"}}));
  const Version version = Read("a").version;
  FailWrites(true);
  EXPECT_FALSE(Commit(Durability::kDurable, {{"a", "lost"}}).ok());
  EXPECT_EQ(ValueOf("a"), "kept");
  EXPECT_EQ(Read("a").version, version);
}

TEST_F(SqliteEngineCacheTest, AnAbortedCommitIsNotRead) {
  ASSERT_OK(Commit(Durability::kDurable, {{"a", "kept"}}));
  for (const auto kind : {Durability::kVolatile, Durability::kDurable}) {
    EXPECT_THAT(Commit(kind, {{"a", "lost"}}, {{"a", 99}}, {"b"}),
                HasReason(reason::kStoreAborted));
    EXPECT_EQ(ValueOf("a"), "kept");
  }
}

TEST_F(SqliteEngineCacheTest, AnExpiredRecordThatWasDroppedIsAbsent) {
  for (const auto kind : {Durability::kVolatile, Durability::kDurable}) {
    ASSERT_OK(
        Commit(kind, {{"old", "1", clock_.Now() + absl::Milliseconds(5)}}));
    clock_.Advance(absl::Milliseconds(10));
    EXPECT_EQ(ValueOf("old"), "1");
    ASSERT_OK(
        Commit(kind, {{"new", "1", clock_.Now() + absl::Milliseconds(5)}}));
    EXPECT_FALSE(Read("old").exists());
  }
}

TEST_F(SqliteEngineCacheTest, WhatWasRemovedIsAbsent) {
  for (const auto kind : {Durability::kVolatile, Durability::kDurable}) {
    ASSERT_OK(Commit(kind, {{"a", "1"}}));
    ASSERT_OK(Commit(kind, {}, {}, {"a"}));
    EXPECT_FALSE(Read("a").exists());
  }
}

// Commits of all kinds with right and wrong expectations, expiry and a disk
// that is full now and then; a cache that always forgets something.
TEST_F(SqliteEngineCacheTest, ManyRandomCommitsLeaveNothingStale) {
  Start(16 << 10);
  std::vector<std::string> keys;
  for (int i = 0; i < 40; ++i) keys.push_back(absl::StrCat("k", i));
  int failed = 0;
  int aborted = 0;
  for (int round = 0; round < 3000; ++round) {
    if (Random(30) == 0) FailWrites(Random(2) == 0);
    clock_.Advance(absl::Milliseconds(Random(3)));
    const std::string& key = keys[Random(keys.size())];
    const std::string& other = keys[Random(keys.size())];
    const Entry seen = Read(key);
    std::vector<Expect> expect = {{key, seen.version + (Random(8) == 0)}};
    std::vector<Put> put = {{key, std::string(Random(250), 'x')}};
    if (Random(2) == 0) {
      put[0].expire_hint = clock_.Now() + absl::Milliseconds(Random(20));
    }
    std::vector<std::string> remove;
    if (key != other && Random(3) == 0) remove.push_back(other);
    const absl::Status status =
        Commit(Random(3) == 0 ? Durability::kDurable : Durability::kVolatile,
               std::move(put), std::move(expect), std::move(remove));
    aborted += IsReason(status, reason::kStoreAborted);
    failed += IsReason(status, reason::kStoreUnavailable);
    ASSERT_NO_FATAL_FAILURE(ExpectSame(keys)) << round;
  }
  EXPECT_GT(aborted, 100);
  EXPECT_GT(failed, 100);
}

// Callers at once, of both kinds, who wait for the disk or not: no commit is
// lost, and what is in memory is what the file holds.
TEST_F(SqliteEngineCacheTest, ManyCallersAtOnceLeaveNothingStale) {
  constexpr int kCallers = 4;
  constexpr int kRounds = 400;
  Start(4 << 10);
  std::atomic<int> counted{0};
  std::vector<std::string> keys;
  for (int i = 0; i < 6; ++i) {
    keys.push_back(absl::StrCat("count", i));
    keys.push_back(absl::StrCat("short", i));
  }
  const auto call = [&](int caller) {
    for (int round = 0; round < kRounds; ++round) {
      const std::string count = absl::StrCat("count", round % 6);
      const std::string brief = absl::StrCat("short", (round + caller) % 6);
      const Entry seen = Read(count);
      clock_.Advance(absl::Milliseconds(1));
      const auto kind = (round / 6 + caller) % 2 == 0 ? Durability::kDurable
                                                      : Durability::kVolatile;
      const absl::Status status =
          Commit(kind,
                 {{count, seen.value + "x"},
                  {brief, "x", clock_.Now() + absl::Milliseconds(caller)}},
                 {{count, seen.version}});
      if (status.ok()) ++counted;
      ASSERT_TRUE(status.ok() || IsReason(status, reason::kStoreAborted))
          << status;
    }
  };
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int i = 0; i < kCallers; ++i) callers.emplace_back(call, i);
  for (std::thread& caller : callers) caller.join();
  ASSERT_NO_FATAL_FAILURE(ExpectSame(keys));
  size_t kept = 0;
  for (const std::string& key : keys) {
    if (key[0] == 'c') kept += ValueOf(key).size();
  }
  EXPECT_EQ(kept, counted);
  EXPECT_GT(counted, kRounds);
}

}  // namespace
}  // namespace u2fi::store
