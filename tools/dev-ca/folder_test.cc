#include "tools/dev-ca/folder.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::dev_ca {
namespace {

namespace fs = std::filesystem;

class FolderTest : public testing::Test {
 protected:
  ~FolderTest() override { fs::remove_all(top_); }

  static int ModeOf(const std::string& path) {
    struct stat info = {};
    stat(path.c_str(), &info);
    return info.st_mode & 0777;
  }

  const std::string top_ = testing::TempDir() + "/folder_test";
  const std::string link_ = top_ + "/service/a";
  FakeRandomSource random_;
};

TEST_F(FolderTest, HasTheFiles) {
  ASSERT_OK(
      ReplaceFolder(link_, {{"tls.crt", "c"}, {"tls.key", "k"}}, random_));
  EXPECT_THAT(ReadFile(link_ + "/tls.crt"), IsOkAndHolds("c"));
  EXPECT_THAT(ReadFile(link_ + "/tls.key"), IsOkAndHolds("k"));
}

TEST_F(FolderTest, KeysAreForTheOwnerOnly) {
  ASSERT_OK(
      ReplaceFolder(link_, {{"tls.crt", "c"}, {"tls.key", "k"}}, random_));
  EXPECT_EQ(ModeOf(link_ + "/tls.key"), 0600);
  EXPECT_EQ(ModeOf(link_ + "/tls.crt"), 0644);
}

TEST_F(FolderTest, ReplacesAllFilesAtOnceAndLeavesNothingBehind) {
  ASSERT_OK(ReplaceFolder(link_, {{"a", "1"}, {"b", "1"}}, random_));
  ASSERT_OK(ReplaceFolder(link_, {{"a", "2"}}, random_));
  EXPECT_THAT(ReadFile(link_ + "/a"), IsOkAndHolds("2"));
  EXPECT_FALSE(ReadFile(link_ + "/b").ok());
  int entries = 0;
  for (const auto& entry : fs::directory_iterator(top_ + "/service")) {
    static_cast<void>(entry);
    ++entries;
  }
  EXPECT_EQ(entries, 2);  // the link and the one folder
}

TEST_F(FolderTest, RefusesToReplaceARealFolder) {
  fs::create_directories(link_);
  EXPECT_FALSE(ReplaceFolder(link_, {{"a", "1"}}, random_).ok());
  EXPECT_TRUE(fs::is_directory(link_));
}

TEST_F(FolderTest, ASecretIsForTheOwnerOnly) {
  fs::create_directories(top_);
  ASSERT_OK(WriteSecret(top_ + "/x", "1"));
  ASSERT_OK(WriteSecret(top_ + "/x", "2"));
  EXPECT_EQ(ModeOf(top_ + "/x"), 0600);
  EXPECT_THAT(ReadFile(top_ + "/x"), IsOkAndHolds("2"));
}

TEST_F(FolderTest, AMissingFileIsAnError) {
  EXPECT_FALSE(ReadFile(top_ + "/none").ok());
}

}  // namespace
}  // namespace u2fi::dev_ca
