#include "services/common/file/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() {
    std::string folder = testing::TempDir() + "/file_XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }

  std::string folder_;
};

TEST_F(FileTest, ReadsWhatWasWritten) {
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0600));
  EXPECT_THAT(ReadFile(Path("a"), 3), IsOkAndHolds(std::string("one")));
}

TEST_F(FileTest, ReplacesTheWholeFile) {
  ASSERT_OK(WriteFileDurably(Path("a"), "a longer text", 0600));
  ASSERT_OK(WriteFileDurably(Path("a"), "two", 0600));
  EXPECT_THAT(ReadFile(Path("a"), 100), IsOkAndHolds(std::string("two")));
}

TEST_F(FileTest, LeavesNoOtherFileBehind) {
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0600));
  EXPECT_NE(access(Path("a.new").c_str(), F_OK), 0);
}

TEST_F(FileTest, SetsTheModeWhateverTheUmaskIs) {
  const mode_t old = umask(0777);
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0640));
  umask(old);
  struct stat info;
  ASSERT_EQ(stat(Path("a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(FileTest, KeepsTheOldFileIfTheNewOneCannotBeWritten) {
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0600));
  ASSERT_EQ(mkdir(Path("a.new").c_str(), 0700), 0);
  EXPECT_THAT(WriteFileDurably(Path("a"), "two", 0600),
              HasReason(reason::kFileUnavailable));
  EXPECT_THAT(ReadFile(Path("a"), 100), IsOkAndHolds(std::string("one")));
}

TEST_F(FileTest, TellsAMissingFileFromAnUnreadableOne) {
  EXPECT_THAT(ReadFile(Path("none"), 100), HasReason(reason::kFileNotFound));
  EXPECT_THAT(ReadFile(folder_, 100), HasReason(reason::kFileUnavailable));
}

TEST_F(FileTest, RefusesAFileThatIsTooLong) {
  ASSERT_OK(WriteFileDurably(Path("a"), "four", 0600));
  EXPECT_THAT(ReadFile(Path("a"), 3), HasReason(reason::kFileUnavailable));
}

TEST_F(FileTest, ReadsFilesOfAnySizeUpToTheBound) {
  for (const size_t size : {0, 1, 4095, 4096, 4097, 100'000}) {
    const std::string contents(size, 'x');
    ASSERT_OK(WriteFileDurably(Path("a"), contents, 0600));
    EXPECT_THAT(ReadFile(Path("a"), size), IsOkAndHolds(contents));
    EXPECT_THAT(ReadFile(Path("a"), 1 << 20), IsOkAndHolds(contents));
    if (size == 0) continue;
    EXPECT_THAT(ReadFile(Path("a"), size - 1),
                HasReason(reason::kFileUnavailable));
  }
}

TEST_F(FileTest, MakesAFolderWithItsParentsAndMayRepeat) {
  ASSERT_OK(MakeFolder(Path("x/y/z"), 0700));
  EXPECT_OK(MakeFolder(Path("x/y/z"), 0700));
  EXPECT_OK(WriteFileDurably(Path("x/y/z/a"), "one", 0600));
}

TEST_F(FileTest, RefusesAFolderWhereAFileIs) {
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0600));
  EXPECT_THAT(MakeFolder(Path("a"), 0700), HasReason(reason::kFileUnavailable));
}

TEST_F(FileTest, AVersionChangesWithTheFile) {
  EXPECT_EQ(VersionOf(Path("a")), FileVersion());
  ASSERT_OK(WriteFileDurably(Path("a"), "one", 0600));
  const FileVersion first = VersionOf(Path("a"));
  EXPECT_EQ(VersionOf(Path("a")), first);
  ASSERT_OK(WriteFileDurably(Path("a"), "two", 0600));
  EXPECT_NE(VersionOf(Path("a")), first);
}

}  // namespace
}  // namespace u2fi
