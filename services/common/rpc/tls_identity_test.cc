#include "services/common/rpc/tls_identity.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TlsIdentityTest : public testing::Test {
 protected:
  std::string ErrorOf() const {
    const auto identity = TlsIdentity::Load(files_, SystemClock().Now());
    return identity.ok() ? "" : std::string(identity.status().message());
  }

  dev_ca::TestCa ca_;
  dev_ca::Leaf leaf_ = ca_.LeafOf("service/a");
  TlsFiles files_ = ca_.Files("service/a");
};

TEST_F(TlsIdentityTest, GoodOnesTellWhoTheProcessIs) {
  ASSERT_OK_AND_ASSIGN(const auto identity,
                       TlsIdentity::Load(files_, SystemClock().Now()));
  EXPECT_EQ(identity->uri(), "spiffe://test/service/a");
  ASSERT_OK_AND_ASSIGN(const absl::Time end, identity->NotAfter());
  EXPECT_LE(end, SystemClock().Now() + absl::Hours(1));
  EXPECT_GT(end, SystemClock().Now() + absl::Minutes(50));
}

TEST_F(TlsIdentityTest, AMissingFileIsNamed) {
  for (std::string* path : {&files_.certificate, &files_.key, &files_.roots}) {
    const std::string former = *path;
    *path = "/nonexistent";
    EXPECT_EQ(ErrorOf(), "/nonexistent: cannot be read");
    *path = former;
  }
}

TEST_F(TlsIdentityTest, AFolderInPlaceOfAFileIsNamed) {
  for (std::string* path : {&files_.certificate, &files_.key, &files_.roots}) {
    const std::string former = *path;
    *path = testing::TempDir();
    EXPECT_THAT(ErrorOf(), StartsWith(testing::TempDir() + ": "));
    *path = former;
  }
}

TEST_F(TlsIdentityTest, AFileOfAnotherKindIsNamed) {
  files_.certificate = files_.key;
  EXPECT_THAT(ErrorOf(), StartsWith(files_.key));
}

TEST_F(TlsIdentityTest, ACertificateIsNoKey) {
  files_.key = files_.certificate;
  EXPECT_EQ(ErrorOf(), files_.key + ": has no private key");
}

TEST_F(TlsIdentityTest, AnExpiredCertificateIsRefused) {
  leaf_.not_after = SystemClock().Now() - absl::Minutes(1);
  leaf_.not_before = leaf_.not_after - absl::Hours(1);
  files_ = ca_.Files("service/a", leaf_);
  EXPECT_THAT(ErrorOf(),
              StartsWith(files_.certificate + ": has been over since 2"));
}

TEST_F(TlsIdentityTest, AClockBeforeTheCertificateIsNamed) {
  const auto identity = TlsIdentity::Load(files_, absl::UnixEpoch());
  EXPECT_THAT(identity.status().message(),
              HasSubstr("on, and the clock here says 1970-01-01 00:00:00 UTC"));
}

TEST_F(TlsIdentityTest, TheKeyOfAnotherCertificateIsRefused) {
  files_.key = ca_.Files("service/b").key;
  EXPECT_EQ(ErrorOf(), files_.key + ": is not that of the certificate");
}

TEST_F(TlsIdentityTest, AKeyThatWasReplacedAloneIsNoticed) {
  ASSERT_OK_AND_ASSIGN(const auto identity,
                       TlsIdentity::Load(files_, SystemClock().Now()));
  std::filesystem::copy_file(ca_.Files("service/b").key, files_.key,
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(identity->NotAfter().status().message(),
              HasSubstr("is not that of the certificate"));
}

TEST_F(TlsIdentityTest, ACertificateOfAnotherTrustDomainIsRefused) {
  files_.trust_domain = "other";
  EXPECT_EQ(ErrorOf(),
            files_.certificate +
                ": is for spiffe://test/service/a, which is nobody of the "
                "trust domain other");
}

TEST_F(TlsIdentityTest, AMalformedTrustDomainIsRefused) {
  files_.trust_domain = "Test/";
  EXPECT_EQ(ErrorOf(), "the trust domain is malformed");
}

TEST_F(TlsIdentityTest, AKeyThatEverybodyMayReadIsRefused) {
  ASSERT_EQ(chmod(files_.key.c_str(), 0644), 0);
  EXPECT_EQ(ErrorOf(), files_.key + ": is open to everybody: chmod o-rwx");
}

TEST_F(TlsIdentityTest, ACertificateOfNobodyIsRefused) {
  leaf_.uri = "spiffe://test/nobody";
  files_ = ca_.Files("service/a", leaf_);
  EXPECT_EQ(ErrorOf(), files_.certificate +
                           ": is for spiffe://test/nobody, which is nobody of "
                           "the trust domain test");
}

TEST_F(TlsIdentityTest, TellsTheEndOfTheRenewedCertificate) {
  ASSERT_OK_AND_ASSIGN(const auto identity,
                       TlsIdentity::Load(files_, SystemClock().Now()));
  leaf_.not_after = SystemClock().Now() + absl::Minutes(10);
  ca_.Files("service/a", leaf_);
  ASSERT_OK_AND_ASSIGN(const absl::Time end, identity->NotAfter());
  EXPECT_LE(end, SystemClock().Now() + absl::Minutes(10));
}

}  // namespace
}  // namespace u2fi::rpc
