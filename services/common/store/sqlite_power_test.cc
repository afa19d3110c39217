// What was acknowledged survives a power cut at any moment: whatever the disk
// had not synced is there or not, in sectors and in any order.
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/fake_sqlite_vfs.h"
#include "services/common/store/sqlite_engine.h"
#include "services/common/store/sqlite_schema.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using Done = FakeSqliteVfs::Done;
using Step = FakeSqliteVfs::Step;

constexpr size_t kSector = 512;

// One file as a disk may hold it after the power went: what was synced, and
// any of the rest.
class DiskFile {
 public:
  void Do(const Done& done) {
    if (done.step == Step::kSync) {
      for (const Done& each : unsynced_) Apply(each);
      unsynced_.clear();
    } else {
      unsynced_.push_back(done);
    }
  }
  // The bytes of one such disk.
  std::string After(std::mt19937& dice) const {
    DiskFile disk = *this;
    // Of what came nothing is there, all, whole writes, or sectors.
    const unsigned luck = dice() % 4;
    for (const Done& each : unsynced_) {
      if (luck == 0 || (luck == 2 && dice() % 2 == 0)) continue;
      if (each.step != Step::kWrite || luck != 3) {
        disk.Apply(each);
        continue;
      }
      for (size_t at = 0; at < each.data.size(); at += kSector) {
        if (dice() % 2 == 0) continue;
        disk.Apply({Step::kWrite, each.path, each.at + static_cast<int64_t>(at),
                    each.data.substr(at, kSector)});
      }
    }
    return disk.bytes_;
  }

 private:
  void Apply(const Done& done) {
    const auto at = static_cast<size_t>(done.at);
    if (done.step == Step::kTruncate) bytes_.resize(at);
    if (done.step == Step::kDelete) bytes_.clear();
    if (done.step != Step::kWrite) return;
    bytes_.resize(std::max(bytes_.size(), at + done.data.size()));
    bytes_.replace(at, done.data.size(), done.data);
  }

  std::string bytes_;
  std::vector<Done> unsynced_;
};

class SqlitePowerTest : public testing::Test {
 protected:
  // What was acknowledged after so many steps of the disk.
  struct Acknowledged {
    size_t steps;
    std::string key;
    int round;
  };

  SqlitePowerTest() {
    Remove(path_);
    vfs_.SetRecorder([this](Done done) {
      // Of the time before there was a log.
      if (absl::EndsWith(done.path, "-journal")) return;
      steps_.push_back(std::move(done));
      ++recorded_;
    });
  }
  ~SqlitePowerTest() override { vfs_.SetRecorder(nullptr); }

  static void Remove(const std::string& path) {
    for (const char* end : {"", "-wal"}) remove((path + end).c_str());
  }

  // Commits of both kinds and of all sizes, so that the log begins anew many
  // times.
  void Work() {
    auto database = SqliteDatabase::Open(path_, vfs_.name()).value();
    ASSERT_OK(PrepareSqlite(*database));
    ASSERT_OK_AND_ASSIGN(
        const std::unique_ptr<SqliteEngine> engine,
        SqliteEngine::Start(std::move(database), clock_, random_));
    for (int round = 1; round <= 300; ++round) {
      CommitRequest request;
      request.epoch = engine->Get(acme_, {}, kLong).value().epoch;
      request.durability =
          dice_() % 3 == 0 ? Durability::kVolatile : Durability::kDurable;
      const std::string key = absl::StrCat("k", dice_() % 50);
      const size_t pages = dice_() % 8 == 0 ? 40 : dice_() % 3;
      request.put = {
          {key, absl::StrCat(round, " ", std::string(pages * 4096, 'x'))}};
      ASSERT_OK(engine->Commit(acme_, request, kLong));
      if (request.durability == Durability::kVolatile) continue;
      acknowledged_.push_back({recorded_, key, round});
    }
  }

  // SQLite names files in full.
  static std::string EndOf(const Done& done) {
    return absl::EndsWith(done.path, "-wal") ? "-wal" : "";
  }

  // Brings the disk to where it is after so many steps, not fewer than before.
  void GoTo(size_t steps) {
    for (; at_ < steps; ++at_) disk_[EndOf(steps_[at_])].Do(steps_[at_]);
  }

  // The files as the power leaves them now, opened again.
  void CheckNow() {
    Remove(after_);
    for (const char* end : {"", "-wal"}) {
      std::ofstream(after_ + end, std::ios::binary) << disk_[end].After(dice_);
    }
    const auto database = SqliteDatabase::Open(after_, "").value();
    ASSERT_OK_AND_ASSIGN(SqliteStatement check,
                         database->Prepare("PRAGMA integrity_check(1)"));
    ASSERT_THAT(check.Step(), IsOkAndHolds(true));
    ASSERT_EQ(check.Bytes(0), "ok");
    check.Reset();
    std::map<std::string, int> wanted;
    for (const Acknowledged& each : acknowledged_) {
      if (each.steps <= at_) wanted[each.key] = each.round;
    }
    for (const auto& [key, round] : wanted) {
      EXPECT_GE(RoundOf(*database, key), round) << key;
    }
  }
  // Which commit wrote the record; 0: there is none.
  static int RoundOf(SqliteDatabase& database, const std::string& key) {
    SqliteStatement select =
        database.Prepare("SELECT value FROM records WHERE key = ?").value();
    select.BindText(1, key);
    return select.Step().value() ? std::stoi(select.Bytes(0)) : 0;
  }

  static constexpr absl::Duration kLong = absl::Seconds(30);
  FakeSqliteVfs vfs_;
  FakeClock clock_{absl::FromUnixSeconds(1000)};
  FakeRandomSource random_;
  std::mt19937 dice_{7};
  const std::string path_ = testing::TempDir() + "/power.db";
  const std::string after_ = testing::TempDir() + "/after.db";
  const Partition acme_ = *Partition::Make("gate", "acme");
  // For whoever may not look at the steps yet: how many there are.
  std::atomic<size_t> recorded_{0};
  std::vector<Done> steps_;
  std::map<std::string, DiskFile> disk_;
  size_t at_ = 0;
  std::vector<Acknowledged> acknowledged_;
};

TEST_F(SqlitePowerTest, WhatWasAcknowledgedSurvivesAPowerCutAtAnyMoment) {
  ASSERT_NO_FATAL_FAILURE(Work());
  const auto syncs_of_the_file =
      std::count_if(steps_.begin(), steps_.end(), [](const Done& done) {
        return done.step == Step::kSync && EndOf(done).empty();
      });
  EXPECT_GT(syncs_of_the_file, 5) << "the log was hardly ever copied";
  // Any moment, and those with most to lose: right before a sync.
  const size_t first = acknowledged_.front().steps;
  std::vector<size_t> moments;
  for (int i = 0; i < 100; ++i) {
    moments.push_back(first + dice_() % (steps_.size() - first + 1));
  }
  for (size_t i = first; i < steps_.size(); ++i) {
    if (steps_[i].step == Step::kSync) moments.push_back(i);
  }
  std::sort(moments.begin(), moments.end());
  for (const size_t moment : moments) {
    GoTo(moment);
    ASSERT_NO_FATAL_FAILURE(CheckNow()) << moment;
  }
}

}  // namespace
}  // namespace u2fi::store
