#include "services/common/rpc/tls_expiry.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/time/fake_clock.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;

class TlsExpiryTest : public testing::Test {
 protected:
  // What Update() logs.
  std::string Update() const {
    testing::internal::CaptureStderr();
    expiry_.Update();
    return testing::internal::GetCapturedStderr();
  }

  const dev_ca::TestCa ca_;
  const std::unique_ptr<TlsIdentity> tls_ = ca_.Identity("service/a");
  metrics::Registry registry_;
  FakeClock clock_{*tls_->NotAfter() - absl::Hours(1)};
  const TlsExpiry expiry_{*tls_, registry_, clock_};
};

TEST_F(TlsExpiryTest, TheGaugesHaveBeginningAndEnd) {
  EXPECT_EQ(Update(), "");
  EXPECT_THAT(registry_.Text(),
              HasSubstr(absl::StrCat(
                  "\nu2fi_tls_certificate_not_before_seconds ",
                  absl::ToUnixSeconds(tls_->CertificateLife()->not_before))));
  EXPECT_THAT(registry_.Text(), HasSubstr(absl::StrCat(
                                    "\nu2fi_tls_certificate_not_after_seconds ",
                                    absl::ToUnixSeconds(*tls_->NotAfter()))));
}

TEST_F(TlsExpiryTest, WarnsInTheLastHour) {
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Update(), HasSubstr("not renewed in time"));
}

TEST_F(TlsExpiryTest, WarnsIfThereIsNone) {
  std::filesystem::remove_all(ca_.folder());
  EXPECT_THAT(Update(), HasSubstr("cannot be read"));
  EXPECT_THAT(registry_.Text(),
              HasSubstr("\nu2fi_tls_certificate_not_after_seconds 0"));
  EXPECT_THAT(registry_.Text(),
              HasSubstr("\nu2fi_tls_certificate_not_before_seconds 0"));
}

}  // namespace
}  // namespace u2fi::rpc
