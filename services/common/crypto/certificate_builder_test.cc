#include "services/common/crypto/certificate_builder.h"

#include "services/common/crypto/der.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

class CertificateBuilderTest : public testing::Test {
 protected:
  CertificateBuilderTest() {
    spec_.subject = CommonName("CA");
    spec_.serial = "\x01";
    spec_.not_before = absl::FromUnixSeconds(1600000000);
    spec_.not_after = absl::FromUnixSeconds(2600000000);
  }

  CertificateSpec spec_;
  const P256PrivateKey ca_key_ = P256PrivateKey::Generate();
  const P256PrivateKey key_ = P256PrivateKey::Generate();
};

TEST_F(CertificateBuilderTest, ASelfSignedCertificateVerifiesUnderItself) {
  const Certificate certificate = SelfSigned(spec_, key_);
  EXPECT_EQ(certificate.subject(), certificate.issuer());
  EXPECT_OK(certificate.CheckSignedBy(certificate));
}

TEST_F(CertificateBuilderTest, ALeafVerifiesUnderItsIssuer) {
  spec_.is_ca = true;
  const Certificate ca = SelfSigned(spec_, ca_key_);
  CertificateSpec leaf = spec_;
  leaf.is_ca = false;
  leaf.subject = CommonName("leaf");
  leaf.uris = {"spiffe://u2fi/service/challenge"};
  leaf.extended_key_usages = {kOidServerAuth, kOidClientAuth};
  const Certificate issued =
      IssueCertificate(leaf, key_.public_key(), ca, ca_key_);
  EXPECT_OK(issued.CheckSignedBy(ca));
  EXPECT_EQ(issued.uris(), leaf.uris);
  EXPECT_EQ(
      issued.FindExtension(kOidExtendedKeyUsage)->value,
      der::Sequence({der::Oid(kOidServerAuth), der::Oid(kOidClientAuth)}));
}

class CertificateRequestTest : public testing::Test {
 protected:
  const P256PrivateKey key_ = P256PrivateKey::Generate();
  const std::string der_ = BuildCertificateRequest(
      CommonName("gw-1"), {"spiffe://u2fi/gateway/t/s/gw-1"}, key_);
};

TEST_F(CertificateRequestTest, RoundTrips) {
  ASSERT_OK_AND_ASSIGN(CertificateRequest request,
                       ParseCertificateRequest(der_));
  EXPECT_EQ(request.key.point(), key_.public_key().point());
  EXPECT_EQ(request.subject.at(0).value, "gw-1");
  EXPECT_THAT(request.uris,
              testing::ElementsAre("spiffe://u2fi/gateway/t/s/gw-1"));
}

TEST_F(CertificateRequestTest, RoundTripsWithoutNames) {
  ASSERT_OK_AND_ASSIGN(
      CertificateRequest request,
      ParseCertificateRequest(BuildCertificateRequest({}, {}, key_)));
  EXPECT_TRUE(request.uris.empty());
}

TEST_F(CertificateRequestTest, AChangedNameBreaksTheSignature) {
  std::string changed = der_;
  changed[changed.rfind("gw-1")] = 'x';
  EXPECT_THAT(ParseCertificateRequest(changed),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(CertificateRequestTest, AnotherAlgorithmIsRefused) {
  std::string changed = der_;
  const std::string oid = der::Oid("1.2.840.10045.4.3.2");
  changed[changed.rfind(oid) + oid.size() - 1] = 3;
  EXPECT_THAT(ParseCertificateRequest(changed),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(CertificateRequestTest, TruncatedAndExtendedAreRefused) {
  EXPECT_FALSE(ParseCertificateRequest(der_ + "x").ok());
  EXPECT_FALSE(ParseCertificateRequest(std::string(9000, '0')).ok());
  for (size_t size = 0; size < der_.size(); ++size) {
    EXPECT_FALSE(ParseCertificateRequest(der_.substr(0, size)).ok()) << size;
  }
}

}  // namespace
}  // namespace u2fi::crypto
