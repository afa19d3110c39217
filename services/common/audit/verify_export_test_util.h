#ifndef U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_TEST_UTIL_H_
#define U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_TEST_UTIL_H_

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/audit/fake_export.h"
#include "services/common/audit/verify_export.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::audit {

// Verifies a FakeExport, as a complete file unless told otherwise.
class VerifyExportTest : public testing::Test {
 protected:
  ExportReport Verify(const std::string& file, bool complete = true) {
    std::istringstream input(file);
    VerifyExportOptions options;
    options.complete = complete;
    options.on_row = [this](const RowFinding& finding) {
      findings_[finding.line] = {finding.evidence, finding.anchor};
    };
    return VerifyExport(input, anchors_, options);
  }
  ExportReport Verify(const FakeExport& file, bool complete = true) {
    return Verify(file.File(), complete);
  }
  // The report must name this row and this step.
  void ExpectFault(const FakeExport& file, absl::string_view row,
                   absl::string_view step, bool complete = true) {
    const ExportReport report = Verify(file, complete);
    ASSERT_TRUE(report.fault.has_value());
    EXPECT_EQ(report.fault->step, step) << report.fault->why;
    EXPECT_EQ(report.fault->line, file.LineOf(row)) << report.fault->why;
  }
  // A file where one row says something else.
  FakeExport Edited(const std::string& row,
                    const std::function<void(RowContent&)>& edit) {
    return FakeExport([=](absl::string_view name, RowContent& content) {
      if (name == row) edit(content);
    });
  }
  std::string Hash(absl::string_view pins) {
    return crypto::Hex(crypto::View(proof::PinsHash(pins)));
  }

  Anchors anchors_;
  std::map<uint64_t, std::pair<Evidence, std::string>> findings_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_VERIFY_EXPORT_TEST_UTIL_H_
