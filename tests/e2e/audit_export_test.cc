// What the services wrote while a site went through the main line and some
// refusals: anybody who has the export can verify it offline, from the raw
// touches, with what the camera says its first pin set was.
#include <stdio.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "services/common/audit/verify_export.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/pin_set.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/one_site.h"

namespace u2fi::e2e {
namespace {

using audit::ExportReport;
using audit::Finding;
using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;

class AuditExportTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    OneSite site;
    ASSERT_OK(site.Enrol());
    ASSERT_OK(site.Provision());
    ASSERT_OK(site.Run("camera.on"));
    ASSERT_OK(site.Run("device.identify"));
    CommandItem item;
    item.set_device("cam-1");
    item.set_operation("camera.on");
    ASSERT_OK_AND_ASSIGN(const auto batch, site.SubmitBatch({item, item}));
    for (const std::string& name : batch.commands()) ASSERT_OK(site.Wait(name));
    site.TellToken("auto off");
    ASSERT_OK_AND_ASSIGN(const CommandRecord declined,
                         site.Submit(item, proof::v1::PURPOSE_COMMAND));
    while (!site.approvals().Decline("", "button")) std::this_thread::yield();
    ASSERT_OK(site.Wait(declined.name()));
    ASSERT_OK_AND_ASSIGN(const CommandRecord cancelled,
                         site.Submit(item, proof::v1::PURPOSE_COMMAND));
    // Before that the question and its end race, and the loser has a row too.
    while (site.approvals().Waiting().empty()) std::this_thread::yield();
    ASSERT_OK(site.Cancel(cancelled.name()));
    pins_ = site.camera_pins();
    file_ = site.ExportAudit();
    downloaded_ = site.DownloadAudit("operator/t1/olga");
    refused_ = site.DownloadAudit("client/t1/app").status();
  }

  static ExportReport Verify(const std::string& file,
                             audit::VerifyExportOptions options = {}) {
    audit::Anchors anchors;
    EXPECT_OK(anchors.Add(pins_));
    options.complete = true;
    std::istringstream input(file);
    return VerifyExport(input, anchors, std::move(options));
  }
  static std::string Python(const std::string& file) {
    const std::string path = testing::TempDir() + "site.jsonl";
    std::ofstream(path, std::ios::binary) << file;
    const std::string command =
        absl::StrCat("python3 tests/audit/verify_audit.py ", path, " 2>&1");
    FILE* pipe = popen(command.c_str(), "r");
    std::string output;
    for (int c; pipe != nullptr && (c = fgetc(pipe)) != EOF;) {
      output.push_back(static_cast<char>(c));
    }
    if (pipe != nullptr) pclose(pipe);
    return output;
  }
  // The export with one character of its line `index` changed.
  static std::string Tampered(size_t index) {
    std::vector<std::string> lines = absl::StrSplit(file_, '\n');
    std::string& line = lines[index];
    // In the middle of the last value: a body, or a signature.
    char& c =
        line[line.rfind(":\"") + 2 + (line.size() - line.rfind(":\"")) / 2];
    c = c == 'A' ? 'B' : 'A';
    return absl::StrJoin(lines, "\n");
  }
  static size_t Lines() {
    return static_cast<size_t>(std::count(file_.begin(), file_.end(), '\n'));
  }

  static std::string file_;
  static absl::StatusOr<std::string> downloaded_;
  static absl::Status refused_;
  static std::string pins_;
};

std::string AuditExportTest::file_;
absl::StatusOr<std::string> AuditExportTest::downloaded_;
absl::Status AuditExportTest::refused_;
std::string AuditExportTest::pins_;

TEST_F(AuditExportTest, TheWholeLineVerifiesOffline) {
  const ExportReport report = Verify(file_);
  EXPECT_FALSE(report.fault.has_value())
      << report.fault->record << " " << report.fault->step << " "
      << report.fault->why;
  EXPECT_EQ(report.chains.size(), 3u);
  EXPECT_EQ(report.unverifiable, 0u);
  EXPECT_EQ(report.uncovered, 0u);
  EXPECT_EQ(report.free, 1u);
}

TEST_F(AuditExportTest, TheTouchHoldsUnderTheCamerasFirstPinSet) {
  const auto pins = proof::PinSet::Parse(pins_);
  ASSERT_OK(pins);
  const std::string anchor = crypto::Hex(crypto::View(pins->hash()));
  int approved = 0;
  audit::VerifyExportOptions options;
  options.on_row = [&](const audit::RowFinding& finding) {
    const audit::v1::AuditBody& body = finding.row->body;
    if (finding.evidence.finding != Finding::kVerified ||
        body.state_after() != "APPROVED" ||
        !absl::StrContains(body.command(), "camera.on")) {
      return;
    }
    EXPECT_EQ(finding.anchor, anchor);
    ++approved;
  };
  Verify(file_, options);
  // One by itself, two by one touch.
  EXPECT_EQ(approved, 3);
}

TEST_F(AuditExportTest, EnrolmentAndProvisioningCarryTheirProofs) {
  std::vector<std::string> verified;
  audit::VerifyExportOptions options;
  options.on_row = [&](const audit::RowFinding& finding) {
    if (finding.evidence.finding != Finding::kVerified) return;
    for (const char* operation : {"u2fi.enrol", "u2fi.pins", "camera.on"}) {
      if (absl::StrContains(finding.row->body.command(), operation)) {
        verified.push_back(operation);
      }
    }
  };
  Verify(file_, options);
  EXPECT_THAT(verified, testing::Contains("u2fi.enrol").Times(testing::Ge(2)));
  EXPECT_THAT(verified, testing::Contains("u2fi.pins").Times(testing::Ge(2)));
}

TEST_F(AuditExportTest, RefusalsAreInTheFile) {
  std::vector<std::string> refused;
  audit::VerifyExportOptions options;
  options.on_row = [&](const audit::RowFinding& finding) {
    const audit::v1::AuditBody& body = finding.row->body;
    if (body.state_after() == "DENIED" || body.state_after() == "CANCELLED") {
      refused.push_back(body.reason());
    }
  };
  Verify(file_, options);
  EXPECT_THAT(refused, testing::ElementsAre("DECLINED", "CANCELLED"));
}

TEST_F(AuditExportTest, AnOperatorDownloadsTheSameRows) {
  ASSERT_OK(downloaded_);
  const ExportReport report = Verify(*downloaded_);
  EXPECT_FALSE(report.fault.has_value()) << report.fault->why;
  EXPECT_EQ(report.rows, Verify(file_).rows);
}

TEST_F(AuditExportTest, AClientDownloadsNothing) {
  EXPECT_THAT(refused_, StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(AuditExportTest, TheSecondVerifierAgrees) {
  EXPECT_THAT(Python(file_), testing::StartsWith("OK rows"));
}

TEST_F(AuditExportTest, OneChangedByteAnywhereIsRefused) {
  for (size_t i = 0; i < Lines(); ++i) {
    EXPECT_TRUE(Verify(Tampered(i)).fault.has_value()) << "line " << i + 1;
  }
}

TEST_F(AuditExportTest, TheSecondVerifierRefusesAChangedByteToo) {
  EXPECT_THAT(Python(Tampered(Lines() / 2)), testing::StartsWith("BAD line"));
}

TEST_F(AuditExportTest, ARowLeftOutIsRefused) {
  std::vector<std::string> lines = absl::StrSplit(file_, '\n');
  lines.erase(lines.begin() + 4);
  EXPECT_TRUE(Verify(absl::StrJoin(lines, "\n")).fault.has_value());
}

}  // namespace
}  // namespace u2fi::e2e
