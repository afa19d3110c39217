#include "tools/u2fi/new_file.h"

#include <sys/stat.h>

#include <filesystem>

#include "gmock/gmock.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

class NewFileTest : public testing::Test {
 protected:
  NewFileTest() {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~NewFileTest() override { std::filesystem::remove_all(folder_); }

  bool empty() const { return std::filesystem::is_empty(folder_); }

  const std::string folder_ = testing::TempDir() + "/new_file_test";
  const std::string path_ = folder_ + "/file";
};

TEST_F(NewFileTest, IsThereAsAWhole) {
  {
    ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Create(path_));
    ASSERT_OK(file->Append("one "));
    ASSERT_OK(file->Append("two"));
    EXPECT_FALSE(std::filesystem::exists(path_));
    ASSERT_OK(file->Keep());
  }
  EXPECT_EQ(ReadFile(path_, 100).value(), "one two");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".part"));
}

TEST_F(NewFileTest, NobodyElseCanReadIt) {
  ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Create(path_));
  ASSERT_OK(file->Keep());
  struct stat about = {};
  ASSERT_EQ(stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(NewFileTest, LeavesNothingIfItIsNotKept) {
  {
    ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Create(path_));
    ASSERT_OK(file->Append("half"));
  }
  EXPECT_TRUE(empty());
}

TEST_F(NewFileTest, ReplacesNothing) {
  ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Create(path_));
  ASSERT_OK(WriteFileDurably(path_, "mine", 0600));
  EXPECT_THAT(NewFile::Create(path_), HasReason(reason::kFileUnavailable));
  EXPECT_THAT(file->Keep(), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(ReadFile(path_, 100).value(), "mine");
}

TEST_F(NewFileTest, ReplacesAtTheEndWhatItShall) {
  ASSERT_OK(WriteFileDurably(path_, "former", 0600));
  ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Replace(path_));
  ASSERT_OK(file->Append("new"));
  EXPECT_EQ(ReadFile(path_, 100).value(), "former");
  ASSERT_OK(file->Keep());
  EXPECT_EQ(ReadFile(path_, 100).value(), "new");
}

TEST_F(NewFileTest, IsOneWritersAtATime) {
  {
    ASSERT_OK_AND_ASSIGN(const auto first, NewFile::Replace(path_));
    EXPECT_THAT(NewFile::Replace(path_), HasReason(reason::kFileUnavailable));
    ASSERT_OK(first->Append("whole"));
    ASSERT_OK(first->Keep());
    // Its part is named, and another one may begin.
    ASSERT_OK_AND_ASSIGN(const auto second, NewFile::Replace(path_));
    ASSERT_OK(second->Append("half"));
  }
  EXPECT_EQ(ReadFile(path_, 100).value(), "whole");
}

TEST_F(NewFileTest, TheNextWritersPartIsLeftAlone) {
  auto first = NewFile::Replace(path_);
  ASSERT_OK(first.status());
  ASSERT_OK((*first)->Keep());
  ASSERT_OK_AND_ASSIGN(const auto second, NewFile::Replace(path_));
  first->reset();
  ASSERT_OK(second->Append("second"));
  ASSERT_OK(second->Keep());
  EXPECT_EQ(ReadFile(path_, 100).value(), "second");
}

TEST_F(NewFileTest, WhatADeadWriterLeftIsReplaced) {
  ASSERT_OK(WriteFileDurably(path_ + ".part", "much longer than new", 0644));
  ASSERT_OK_AND_ASSIGN(const auto file, NewFile::Replace(path_));
  ASSERT_OK(file->Append("new"));
  ASSERT_OK(file->Keep());
  EXPECT_EQ(ReadFile(path_, 100).value(), "new");
}

TEST_F(NewFileTest, FollowsNoLinkThatWaits) {
  ASSERT_OK(WriteFileDurably(folder_ + "/other", "precious", 0600));
  std::filesystem::create_symlink(folder_ + "/other", path_ + ".part");
  EXPECT_THAT(NewFile::Replace(path_), HasReason(reason::kFileUnavailable));
  EXPECT_EQ(ReadFile(folder_ + "/other", 100).value(), "precious");
}

TEST_F(NewFileTest, NeedsAFolder) {
  EXPECT_THAT(NewFile::Create(folder_ + "/none/file"),
              HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::cli
