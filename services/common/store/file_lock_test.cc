#include "services/common/store/file_lock.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

TEST(FileLockTest, HasOneHolder) {
  const std::string path = testing::TempDir() + "/one.lock";
  ASSERT_OK_AND_ASSIGN(std::unique_ptr<FileLock> first, FileLock::Take(path));
  EXPECT_THAT(FileLock::Take(path), HasReason(reason::kStoreInUse));
  first.reset();
  EXPECT_OK(FileLock::Take(path));
}

TEST(FileLockTest, NamesAFolderThatDoesNotExist) {
  EXPECT_THAT(FileLock::Take("/does/not/exist/x.lock"),
              HasReason(reason::kStoreMisconfigured));
}

}  // namespace
}  // namespace u2fi::store
