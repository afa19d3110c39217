#include "services/gateway-agent/folder_watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"

namespace u2fi::gateway_agent {
namespace {

class FolderWatchTest : public testing::Test {
 protected:
  FolderWatchTest() {
    std::string folder = testing::TempDir() + "/watch_XXXXXX";
    folder_ = mkdtemp(folder.data());
    auto watch = FolderWatch::Start(
        folder_, [this](const std::string& name) { Note(name); });
    EXPECT_OK(watch);
    watch_ = *std::move(watch);
  }
  void Note(const std::string& name) {
    MutexLock lock(mutex_);
    ++seen_[name];
    changed_.NotifyAll();
  }
  // Blocks until `name` changed once more.
  void WaitFor(const std::string& name) {
    MutexLock lock(mutex_);
    while (seen_[name] == 0) changed_.Wait(mutex_);
    seen_[name] = 0;
  }

  std::string folder_;
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, int> seen_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<FolderWatch> watch_;
};

TEST_F(FolderWatchTest, ItTellsWhatComesChangesAndGoes) {
  const std::string path = folder_ + "/hidraw0";
  ASSERT_EQ(mkdir(path.c_str(), 0700), 0);
  WaitFor("hidraw0");
  ASSERT_EQ(chmod(path.c_str(), 0750), 0);
  WaitFor("hidraw0");
  ASSERT_EQ(rmdir(path.c_str()), 0);
  WaitFor("hidraw0");
}

TEST_F(FolderWatchTest, ManyAtOnceAreAllTold) {
  for (const char* name : {"a", "b", "c", "d"}) {
    ASSERT_EQ(mkdir((folder_ + "/" + name).c_str(), 0700), 0);
  }
  for (const char* name : {"a", "b", "c", "d"}) WaitFor(name);
}

TEST_F(FolderWatchTest, AFolderThatIsNotThereCannotBeWatched) {
  EXPECT_EQ(FolderWatch::Start(folder_ + "/none", [](const std::string&) {})
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace u2fi::gateway_agent
