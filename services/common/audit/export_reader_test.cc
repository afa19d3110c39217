#include "services/common/audit/export_reader.h"

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

const std::string kStart = ToLine(ExportStart{}) + "\n";
const std::string kKey = ToLine(AuditKey{"audit-1", "point"}) + "\n";

class ExportReaderTest : public testing::Test {
 protected:
  ExportReader& Read(const std::string& file) {
    input_.str(file);
    return reader_.emplace(input_);
  }
  std::istringstream input_;
  absl::optional<ExportReader> reader_;
};

TEST_F(ExportReaderTest, ReadsRecordAfterRecord) {
  ExportReader& reader = Read(kStart + kKey);
  ASSERT_OK_AND_ASSIGN(auto record, reader.Next());
  EXPECT_TRUE(std::holds_alternative<ExportStart>(*record));
  ASSERT_OK_AND_ASSIGN(record, reader.Next());
  EXPECT_EQ(std::get<AuditKey>(*record).kid, "audit-1");
  EXPECT_EQ(reader.line(), 2u);
  ASSERT_OK_AND_ASSIGN(record, reader.Next());
  EXPECT_FALSE(record.has_value());
}

TEST_F(ExportReaderTest, JoinedFilesAreOneFile) {
  ExportReader& reader = Read(kStart + kKey + kStart + kKey);
  for (int i = 0; i < 4; ++i) ASSERT_OK(reader.Next());
  EXPECT_EQ(reader.line(), 4u);
}

TEST_F(ExportReaderTest, RefusesAnEmptyFile) {
  EXPECT_THAT(Read("").Next(), HasReason(reason::kAuditFormat));
}

TEST_F(ExportReaderTest, RefusesAFileWithoutAStart) {
  EXPECT_THAT(Read(kKey).Next(), HasReason(reason::kAuditFormat));
}

TEST_F(ExportReaderTest, RefusesALastLineWithoutItsEnd) {
  ExportReader& reader = Read(kStart + kKey.substr(0, kKey.size() - 1));
  ASSERT_OK(reader.Next());
  EXPECT_THAT(reader.Next(), HasReason(reason::kAuditFormat));
}

TEST_F(ExportReaderTest, RefusesALineThatIsTooLong) {
  ExportReader& reader =
      Read(absl::StrCat(kStart, std::string(kMaxLineSize + 1, 'x'), "\n"));
  ASSERT_OK(reader.Next());
  EXPECT_THAT(reader.Next(), HasReason(reason::kAuditFormat));
}

TEST_F(ExportReaderTest, StopsForGoodAtTheFirstBadLine) {
  ExportReader& reader = Read(kStart + "{}\n" + kKey);
  ASSERT_OK(reader.Next());
  EXPECT_THAT(reader.Next(), HasReason(reason::kAuditFormat));
  EXPECT_EQ(reader.line(), 2u);
  EXPECT_THAT(reader.Next(), HasReason(reason::kAuditFormat));
  EXPECT_EQ(reader.line(), 2u);
}

}  // namespace
}  // namespace u2fi::audit
