#include "services/common/u2fhid/report.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

TEST(ReportTest, TakesExactly64Bytes) {
  const std::string bytes(64, 'r');
  ASSERT_OK_AND_ASSIGN(const Report report, ReportFromBytes(bytes));
  EXPECT_EQ(BytesOf(report), bytes);
}

TEST(ReportTest, RefusesAShortReport) {
  EXPECT_THAT(ReportFromBytes(std::string(63, 'r')),
              HasReason(reason::kTokenFrame));
}

TEST(ReportTest, RefusesALongReport) {
  EXPECT_THAT(ReportFromBytes(std::string(65, 'r')),
              HasReason(reason::kTokenFrame));
}

TEST(ReportTest, RefusesAnEmptyReport) {
  EXPECT_THAT(ReportFromBytes(""), HasReason(reason::kTokenFrame));
}

}  // namespace
}  // namespace u2fi::u2fhid
