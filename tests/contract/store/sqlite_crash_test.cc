// kill -9 of a process that uses the SQLite engine, between any two steps that
// it makes on the disk: everything acknowledged is there, and nothing is half.
#include <signal.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/child_process.h"
#include "tests/contract/store/store_client.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {
namespace {

class SqliteCrashTest : public testing::Test {
 protected:
  std::vector<std::string> Command(int steps) const {
    const char* runfiles = getenv("TEST_SRCDIR");
    return {absl::StrCat(runfiles == nullptr ? "" : runfiles,
                         "/u2fi/tests/contract/store/sqlite_crash_child"),
            path_, absl::StrCat(steps)};
  }
  std::vector<std::string> Acknowledged() const {
    std::vector<std::string> lines;
    std::ifstream file(output_);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  // Opens what the dead process left, and checks it.
  void ExpectAllIsThere() {
    SqliteOptions options;
    options.path = path_;
    ASSERT_OK_AND_ASSIGN(
        const OpenedStore opened,
        OpenSqliteStore(options, SystemClock(), SystemRandom()));
    StoreClient client(*opened.store, Partition::Make("gate", "acme").value());
    const std::vector<std::string> acknowledged = Acknowledged();
    for (const std::string& value : acknowledged) {
      EXPECT_EQ(client.Value("row/" + value), value);
    }
    // Head and row are of one commit.
    const std::string head = client.Value("head");
    if (!acknowledged.empty()) EXPECT_NE(head, "");
    if (!head.empty()) EXPECT_EQ(client.Value("row/" + head), head);
  }

  const TempDir dir_;
  const std::string path_ = dir_.Join("store.db");
  const std::string output_ = dir_.Join("out");
};

TEST_F(SqliteCrashTest, BetweenAnyTwoStepsOnTheDisk) {
  int steps = 1;
  for (int ended = -SIGKILL; ended == -SIGKILL; ++steps) {
    ChildProcess child(Command(steps), output_);
    ended = child.Wait();
    ASSERT_TRUE(ended == -SIGKILL || ended == 0) << ended;
    ExpectAllIsThere();
  }
  // Fewer would mean that the child never came as far as committing.
  EXPECT_GT(steps, 20);
}

TEST_F(SqliteCrashTest, AtAnyMomentWhileItWorks) {
  for (int round = 1; round <= 3; ++round) {
    const size_t before = Acknowledged().size();
    ChildProcess child(Command(0), output_);
    while (Acknowledged().size() < before + size_t{30} * round) {
      absl::SleepFor(absl::Milliseconds(1));
    }
    child.Kill();
    ExpectAllIsThere();
  }
}

TEST_F(SqliteCrashTest, ASecondProcessOnTheFileIsRefused) {
  SqliteOptions options;
  options.path = path_;
  ASSERT_OK_AND_ASSIGN(const OpenedStore opened,
                       OpenSqliteStore(options, SystemClock(), SystemRandom()));
  ChildProcess second(Command(0), output_);
  EXPECT_EQ(second.Wait(), 2);
}

}  // namespace
}  // namespace u2fi::store
