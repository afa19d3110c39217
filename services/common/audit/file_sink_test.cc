#include "services/common/audit/file_sink.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/export_reader.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override { std::remove(path_.c_str()); }

  std::unique_ptr<FileSink> OpenSink() {
    absl::StatusOr<std::unique_ptr<FileSink>> sink = FileSink::Open(path_);
    EXPECT_OK(sink);
    return std::move(sink).value_or(nullptr);
  }
  std::string Contents() {
    std::ostringstream contents;
    contents << std::ifstream(path_).rdbuf();
    return contents.str();
  }
  void Write(const std::string& bytes) {
    std::ofstream(path_, std::ios::app) << bytes;
  }

  const std::string path_ = testing::TempDir() + "audit.jsonl";
  const std::string start_ = ToLine(ExportStart{}) + "\n";
  const AuditKey key_{"audit-1", "point"};
  const std::string key_line_ = ToLine(key_) + "\n";
};

TEST_F(FileSinkTest, WritesLinesThatTheReaderReads) {
  const auto sink = OpenSink();
  ASSERT_OK(sink->Append({key_, key_}));
  ASSERT_OK(sink->Flush());
  EXPECT_EQ(Contents(), start_ + key_line_ + key_line_);
}

TEST_F(FileSinkTest, NobodyElseMayReadTheFile) {
  OpenSink();
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileSinkTest, GoesOnWhereItWas) {
  ASSERT_OK(OpenSink()->Append({key_}));
  ASSERT_OK(OpenSink()->Append({key_}));
  EXPECT_EQ(Contents(), start_ + key_line_ + key_line_);
}

TEST_F(FileSinkTest, CutsOffATornLine) {
  ASSERT_OK(OpenSink()->Append({key_}));
  Write(key_line_.substr(0, 20));
  ASSERT_OK(OpenSink()->Append({key_}));
  EXPECT_EQ(Contents(), start_ + key_line_ + key_line_);
}

TEST_F(FileSinkTest, CutsOffATornStart) {
  Write(start_.substr(0, 5));
  OpenSink();
  EXPECT_EQ(Contents(), start_);
}

TEST_F(FileSinkTest, RefusesAFileThatIsNoExport) {
  Write(std::string(kMaxLineSize + 2, 'x'));
  EXPECT_THAT(FileSink::Open(path_), HasReason(reason::kFileUnavailable));
}

TEST_F(FileSinkTest, TwoProcessesCannotShareAFile) {
  const auto sink = OpenSink();
  EXPECT_THAT(FileSink::Open(path_), HasReason(reason::kFileUnavailable));
}

TEST_F(FileSinkTest, RefusesAPathThatCannotBeOpened) {
  EXPECT_THAT(FileSink::Open(path_ + "/no/such"),
              HasReason(reason::kFileUnavailable));
}

}  // namespace
}  // namespace u2fi::audit
