#include "tools/soft-token/durable_file.h"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tools/soft-token/temp_folder.h"

namespace u2fi::soft_token {
namespace {

class DurableFileTest : public testing::Test {
 protected:
  TempFolder folder_;
  const std::string path_ = folder_.Path("file");
};

TEST_F(DurableFileTest, WhatIsWrittenIsRead) {
  ASSERT_OK(WriteDurably(path_, "content"));
  EXPECT_THAT(ReadPrivate(path_), IsOkAndHolds(std::string("content")));
}

TEST_F(DurableFileTest, TheNewContentReplacesTheOld) {
  ASSERT_OK(WriteDurably(path_, "old and longer"));
  ASSERT_OK(WriteDurably(path_, "new"));
  EXPECT_THAT(ReadPrivate(path_), IsOkAndHolds(std::string("new")));
}

TEST_F(DurableFileTest, OnlyTheOwnerMayRead) {
  ASSERT_OK(WriteDurably(path_, "content"));
  struct stat about;
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(DurableFileTest, HalfANewFileDoesNotCount) {
  ASSERT_OK(WriteDurably(path_, "old"));
  std::ofstream(path_ + ".new") << "ne";
  EXPECT_THAT(ReadPrivate(path_), IsOkAndHolds(std::string("old")));
  ASSERT_OK(WriteDurably(path_, "newer"));
  EXPECT_THAT(ReadPrivate(path_), IsOkAndHolds(std::string("newer")));
}

TEST_F(DurableFileTest, WritingWithoutAFolderFails) {
  EXPECT_THAT(WriteDurably(folder_.Path("no/such"), "content"),
              HasReason(reason::kInternal));
}

TEST_F(DurableFileTest, NothingThereIsNotFound) {
  EXPECT_THAT(ReadPrivate(path_), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(DurableFileTest, AFileThatOthersMayReadIsRefused) {
  ASSERT_OK(WriteDurably(path_, "content"));
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  EXPECT_THAT(ReadPrivate(path_), HasReason(reason::kInvalidField));
}

TEST_F(DurableFileTest, AFileOf64KiBIsRead) {
  const std::string content(64 * 1024, 'c');
  ASSERT_OK(WriteDurably(path_, content));
  EXPECT_THAT(ReadPrivate(path_), IsOkAndHolds(content));
}

TEST_F(DurableFileTest, ALongerFileIsRefused) {
  ASSERT_OK(WriteDurably(path_, std::string(64 * 1024 + 1, 'c')));
  EXPECT_THAT(ReadPrivate(path_), HasReason(reason::kInvalidField));
}

TEST_F(DurableFileTest, AFolderIsRefused) {
  EXPECT_THAT(ReadPrivate(folder_.Path("")), HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::soft_token
