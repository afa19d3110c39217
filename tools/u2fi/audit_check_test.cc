#include "tools/u2fi/audit_check.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/audit/fake_export.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

class AuditCheckTest : public testing::Test {
 protected:
  absl::Status Check() {
    std::istringstream file(export_.File());
    return CheckAudit(file, check_, output_);
  }
  std::string GenesisHash() const {
    return crypto::Hex(crypto::ToString(proof::PinsHash(export_.genesis)));
  }

  audit::FakeExport export_;
  AuditCheck check_;
  std::ostringstream said_;
  Output output_{said_, false};
};

TEST_F(AuditCheckTest, AGoodExportHolds) {
  EXPECT_OK(Check());
  EXPECT_THAT(said_.str(), HasSubstr("the audit holds"));
  EXPECT_THAT(said_.str(), HasSubstr(" 0 rows hold under an anchor"));
}

TEST_F(AuditCheckTest, InJsonItIsToldAsWell) {
  Output json(said_, true);
  std::istringstream file(export_.File());
  check_.rows = true;
  EXPECT_OK(CheckAudit(file, check_, json));
  EXPECT_THAT(said_.str(), HasSubstr("{\"anchor\":\"\",\"kind\":\"ROW_KIND_"));
  EXPECT_THAT(said_.str(), HasSubstr("{\"anchored\":\"0\",\"chains\":"));
}

TEST_F(AuditCheckTest, RowsHoldUnderThePinSetOfADevice) {
  check_.anchors = {GenesisHash()};
  check_.rows = true;
  EXPECT_OK(Check());
  EXPECT_THAT(said_.str(), HasSubstr("under " + GenesisHash()));
}

TEST_F(AuditCheckTest, AnAnchorMayBeAFile) {
  const std::string path = testing::TempDir() + "/genesis";
  std::ofstream(path) << export_.genesis;
  check_.anchors = {path};
  EXPECT_OK(Check());
}

TEST_F(AuditCheckTest, AnExportThatHoldsUnderNoAnchorIsRefused) {
  check_.anchors = {std::string(64, '0')};
  EXPECT_THAT(Check(), HasReason(reason::kAuditChain));
}

TEST_F(AuditCheckTest, AnAnchorUnderWhichNothingHoldsIsNamed) {
  const std::string other(64, '0');
  check_.anchors = {GenesisHash(), other};
  EXPECT_OK(Check());
  EXPECT_THAT(said_.str(),
              HasSubstr("nothing holds under the anchor " + other));
  EXPECT_THAT(said_.str(),
              testing::Not(HasSubstr("under the anchor " + GenesisHash())));
}

TEST_F(AuditCheckTest, AFaultIsNamedByItsLine) {
  audit::v1::AuditRow& row = export_.Row("unlock.approved");
  row.mutable_body()->back() ^= 1;
  const absl::Status status = Check();
  EXPECT_THAT(status, HasReason(reason::kAuditChain));
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr(absl::StrCat("line ", export_.LineOf("unlock.approved"), ",")));
}

TEST_F(AuditCheckTest, AnAnchorThatIsNoneIsRefused) {
  check_.anchors = {"/nowhere"};
  EXPECT_THAT(Check(), HasReason(reason::kFileNotFound));
}

TEST_F(AuditCheckTest, TouchesOfAnotherRelyingPartyAreRefused) {
  check_.rp_id = "another.example";
  EXPECT_THAT(Check(), HasReason(reason::kAuditChain));
}

}  // namespace
}  // namespace u2fi::cli
