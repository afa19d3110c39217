#include "services/common/audit/growing_file.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

constexpr char kKey[] = R"({"type":"key","kid":"k1","point":"cA"})";

class GrowingFileTest : public testing::Test {
 protected:
  void SetUp() override { std::ofstream(path_, std::ios::trunc); }
  void Write(const std::string& text) {
    std::ofstream(path_, std::ios::app) << text;
  }

  const std::string path_ = testing::TempDir() + "growing.jsonl";
};

TEST_F(GrowingFileTest, AnEmptyFileHasNothingYet) {
  GrowingFile file(path_);
  ASSERT_OK_AND_ASSIGN(const auto record, file.Next());
  EXPECT_FALSE(record.has_value());
}

TEST_F(GrowingFileTest, GivesLineAfterLine) {
  Write(std::string(R"({"type":"start","format":"u2fi-audit/1"})") + "\n" +
        kKey + "\n");
  GrowingFile file(path_);
  ASSERT_OK_AND_ASSIGN(const auto start, file.Next());
  EXPECT_TRUE(std::holds_alternative<ExportStart>(*start));
  ASSERT_OK_AND_ASSIGN(const auto key, file.Next());
  EXPECT_EQ(std::get<AuditKey>(*key).kid, "k1");
}

TEST_F(GrowingFileTest, WhatIsAppendedLaterComesLater) {
  GrowingFile file(path_);
  ASSERT_OK(file.Next());
  Write(std::string(kKey) + "\n");
  ASSERT_OK_AND_ASSIGN(const auto record, file.Next());
  EXPECT_TRUE(record.has_value());
}

TEST_F(GrowingFileTest, HalfALineWaitsForItsEnd) {
  const std::string line = kKey;
  Write(line.substr(0, 20));
  GrowingFile file(path_);
  ASSERT_OK_AND_ASSIGN(const auto half, file.Next());
  EXPECT_FALSE(half.has_value());
  Write(line.substr(20) + "\n");
  ASSERT_OK_AND_ASSIGN(const auto whole, file.Next());
  EXPECT_TRUE(whole.has_value());
}

TEST_F(GrowingFileTest, ALineOutOfFormIsRefused) {
  Write("{}\n");
  GrowingFile file(path_);
  EXPECT_THAT(file.Next(), HasReason(reason::kAuditFormat));
}

TEST_F(GrowingFileTest, ALineThatNeverEndsIsRefused) {
  Write(std::string(kMaxLineSize + 1, 'x'));
  GrowingFile file(path_);
  EXPECT_THAT(file.Next(), HasReason(reason::kAuditFormat));
}

TEST_F(GrowingFileTest, AMissingFileIsAnError) {
  GrowingFile file(path_ + ".missing");
  EXPECT_THAT(file.Next(), HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::audit
