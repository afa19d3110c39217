#include "services/common/crypto/certificate.h"

#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/der.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

class CertificateTest : public testing::Test {
 protected:
  CertificateTest() {
    spec_.subject = {{kOidCountry, "SE"}, {kOidCommonName, "Token"}};
    spec_.serial = "\x7f\x01";
    spec_.not_before = absl::FromUnixSeconds(1600000000);
    spec_.not_after = absl::FromUnixSeconds(2600000000);
    issuer_spec_ = spec_;
    issuer_spec_.subject = CommonName("Root");
    issuer_spec_.is_ca = true;
  }

  std::string Der() const {
    return BuildCertificate(spec_, key_.public_key().Spki(),
                            EncodeName(CommonName("Root")),
                            SignerFor(issuer_key_));
  }
  absl::StatusOr<Certificate> Parse() const {
    return Certificate::FromDer(Der());
  }
  Certificate Issuer() const { return SelfSigned(issuer_spec_, issuer_key_); }

  CertificateSpec spec_, issuer_spec_;
  const P256PrivateKey key_ = P256PrivateKey::Generate();
  const P256PrivateKey issuer_key_ = P256PrivateKey::Generate();
};

TEST_F(CertificateTest, GivesBackWhatWasWritten) {
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_EQ(certificate.version(), 3);
  EXPECT_EQ(certificate.serial(), "\x7f\x01");
  EXPECT_EQ(certificate.subject(), EncodeName(spec_.subject));
  EXPECT_EQ(certificate.issuer(), EncodeName(CommonName("Root")));
  EXPECT_EQ(certificate.not_before(), spec_.not_before);
  EXPECT_EQ(certificate.not_after(), spec_.not_after);
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_FALSE(certificate.may_sign_certificates());
}

TEST_F(CertificateTest, GivesTheKey) {
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  ASSERT_OK_AND_ASSIGN(P256PublicKey key, certificate.P256Key());
  EXPECT_EQ(key.point(), key_.public_key().point());
  EXPECT_EQ(certificate.key_bits(), key_.public_key().point());
  EXPECT_THAT(certificate.Key(),
              IsOkAndHolds(PublicKey::FromP256(key_.public_key())));
}

TEST_F(CertificateTest, GivesOneAttributeOnlyIfItIsAlone) {
  spec_.subject.push_back({kOidOrganization, "A"});
  spec_.subject.push_back({kOidOrganization, "B"});
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_EQ(certificate.SubjectAttribute(kOidCommonName), "Token");
  EXPECT_EQ(certificate.SubjectAttribute(kOidOrganization), absl::nullopt);
  EXPECT_EQ(certificate.SubjectAttribute(kOidOrganizationalUnit),
            absl::nullopt);
}

TEST_F(CertificateTest, GivesAuthorityAndPathLength) {
  spec_.is_ca = true;
  spec_.path_length = 2;
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_TRUE(certificate.is_ca());
  EXPECT_EQ(certificate.path_length(), 2);
  EXPECT_TRUE(certificate.may_sign_certificates());
}

TEST_F(CertificateTest, GivesExtensionsAsTheyStand) {
  spec_.extensions = {{"1.2.3.4", true, "value"}};
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  const Extension* extension = certificate.FindExtension("1.2.3.4");
  ASSERT_NE(extension, nullptr);
  EXPECT_TRUE(extension->critical);
  EXPECT_EQ(extension->value, "value");
  EXPECT_EQ(certificate.FindExtension("1.2.3.5"), nullptr);
}

TEST_F(CertificateTest, GivesNames) {
  spec_.uris = {"spiffe://u2fi/service/challenge"};
  spec_.dns_names = {"localhost"};
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_EQ(certificate.uris(), spec_.uris);
  EXPECT_EQ(certificate.dns_names(), spec_.dns_names);
}

TEST_F(CertificateTest, AVersion1CertificateIsParsed) {
  spec_.version = 1;
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_EQ(certificate.version(), 1);
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_TRUE(certificate.may_sign_certificates());
}

TEST_F(CertificateTest, ATrailingByteIsRefused) {
  EXPECT_FALSE(Certificate::FromDer(Der() + "x").ok());
}

TEST_F(CertificateTest, EveryTruncationIsRefused) {
  const std::string der = Der();
  for (size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(Certificate::FromDer(der.substr(0, size)).ok()) << size;
  }
}

TEST_F(CertificateTest, ALongOneIsRefused) {
  spec_.extensions = {{"1.2.3", false, std::string(kMaxCertificateSize, 'x')}};
  EXPECT_FALSE(Parse().ok());
}

TEST_F(CertificateTest, AnExtensionTwiceIsRefused) {
  spec_.extensions = {{"1.2.3", false, "a"}, {"1.2.3", false, "a"}};
  EXPECT_FALSE(Parse().ok());
}

TEST_F(CertificateTest, MoreThan32ExtensionsAreRefused) {
  spec_.without_constraints = true;
  for (int i = 0; i < 32; ++i) {
    spec_.extensions.push_back({"1.2." + std::to_string(i), false, ""});
  }
  EXPECT_OK(Parse());
  spec_.extensions.push_back({"1.2.99", false, ""});
  EXPECT_FALSE(Parse().ok());
}

class BadExtensionTest
    : public CertificateTest,
      public testing::WithParamInterface<std::pair<const char*, std::string>> {
};

TEST_P(BadExtensionTest, IsRefused) {
  spec_.without_constraints = true;
  spec_.extensions = {{GetParam().first, true, GetParam().second}};
  EXPECT_FALSE(Parse().ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadExtensionTest,
    testing::Values(
        // A negative path length, a boolean of 1, bytes after it.
        std::make_pair(kOidBasicConstraints,
                       der::Sequence({der::Boolean(true),
                                      der::Write(der::kInteger, "\xff")})),
        std::make_pair(kOidBasicConstraints,
                       der::Sequence({der::Write(der::kBoolean, "\1")})),
        std::make_pair(kOidBasicConstraints, der::Sequence({}) + "x"),
        std::make_pair(kOidKeyUsage, std::string()),
        std::make_pair(kOidKeyUsage, der::Write(der::kBitString, "\x08\x80")),
        std::make_pair(kOidSubjectAltName, std::string("x"))));

TEST_F(CertificateTest, EncodedDefaultsAreTaken) {
  spec_.without_constraints = true;
  spec_.extensions = {
      {kOidBasicConstraints, true, der::Sequence({der::Boolean(false)})}};
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_FALSE(certificate.is_ca());
}

// RFC 5280, 4.2.1.9, forbids it to those who issue; it means nothing.
TEST_F(CertificateTest, APathLengthWithoutTheCaFlagIsIgnored) {
  spec_.without_constraints = true;
  spec_.extensions = {
      {kOidBasicConstraints, true, der::Sequence({der::Integer(uint64_t{0})})}};
  ASSERT_OK_AND_ASSIGN(Certificate certificate, Parse());
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_EQ(certificate.path_length(), absl::nullopt);
}

TEST_F(CertificateTest, TheIssuersSignatureIsAccepted) {
  EXPECT_OK(Parse()->CheckSignedBy(Issuer()));
}

TEST_F(CertificateTest, AnotherKeyUnderTheSameNameIsRefused) {
  EXPECT_THAT(Parse()->CheckSignedBy(SelfSigned(issuer_spec_, key_)),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(CertificateTest, TheSameKeyUnderAnotherNameIsRefused) {
  issuer_spec_.subject = CommonName("Other");
  EXPECT_THAT(Parse()->CheckSignedBy(Issuer()),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(CertificateTest, AChangedByteBreaksTheSignature) {
  std::string der = Der();
  der[der.find("Token")] = 'B';
  ASSERT_OK_AND_ASSIGN(Certificate changed, Certificate::FromDer(der));
  EXPECT_THAT(changed.CheckSignedBy(Issuer()),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(CertificateTest, AnUnknownAlgorithmIsRefused) {
  // ecdsa-with-SHA1.
  CertificateSigner signer = SignerFor(issuer_key_);
  signer.algorithm = der::Sequence({der::Oid("1.2.840.10045.4.1")});
  ASSERT_OK_AND_ASSIGN(Certificate certificate,
                       Certificate::FromDer(BuildCertificate(
                           spec_, key_.public_key().Spki(),
                           EncodeName(CommonName("Root")), signer)));
  EXPECT_THAT(certificate.CheckSignedBy(Issuer()),
              HasReason(reason::kSignatureInvalid));
}

struct Kind {
  KeyType type;
  SignatureAlgorithm algorithm;
};
class IssuerKindTest : public CertificateTest,
                       public testing::WithParamInterface<Kind> {};

TEST_P(IssuerKindTest, ItsSignatureIsAccepted) {
  const TestKey key = TestKey::Generate(GetParam().type);
  const CertificateSigner signer = key.Signer(GetParam().algorithm);
  const std::string name = EncodeName(CommonName("Root"));
  ASSERT_OK_AND_ASSIGN(Certificate issuer,
                       Certificate::FromDer(BuildCertificate(
                           issuer_spec_, key.spki(), name, signer)));
  ASSERT_OK_AND_ASSIGN(Certificate leaf,
                       Certificate::FromDer(BuildCertificate(
                           spec_, key_.public_key().Spki(), name, signer)));
  EXPECT_OK(leaf.CheckSignedBy(issuer));
  EXPECT_OK(issuer.CheckSignedBy(issuer));
}

INSTANTIATE_TEST_SUITE_P(
    All, IssuerKindTest,
    testing::Values(Kind{KeyType::kP384, SignatureAlgorithm::kEcdsaSha256},
                    Kind{KeyType::kP521, SignatureAlgorithm::kEcdsaSha512},
                    Kind{KeyType::kRsa, SignatureAlgorithm::kRsaPkcs1Sha256},
                    Kind{KeyType::kEd25519, SignatureAlgorithm::kEd25519}));

class UnusedBitsTest : public CertificateTest {
 protected:
  // A certificate whose signature claims so many unused bits.
  std::string With(char unused) const {
    std::string der = Der();
    der::Reader fields(*der::ReadWhole(der::kSequence, der));
    (void)fields.ReadAny();
    (void)fields.ReadAny();
    der[fields.Read(der::kBitString)->data() - der.data()] = unused;
    return der;
  }
};

TEST_F(UnusedBitsTest, AreRefusedByTheParser) {
  EXPECT_FALSE(Certificate::FromDer(With(1)).ok());
}

TEST_F(UnusedBitsTest, CanBeRepaired) {
  ASSERT_OK_AND_ASSIGN(
      Certificate repaired,
      Certificate::FromDer(WithoutUnusedBits(With(1)).value()));
  EXPECT_OK(repaired.CheckSignedBy(Issuer()));
}

TEST_F(UnusedBitsTest, NothingElseIsRepaired) {
  EXPECT_EQ(WithoutUnusedBits(Der()), absl::nullopt);
  EXPECT_EQ(WithoutUnusedBits(With(8)), absl::nullopt);
  EXPECT_EQ(WithoutUnusedBits(With(1) + "x"), absl::nullopt);
  EXPECT_EQ(WithoutUnusedBits(""), absl::nullopt);
}

}  // namespace
}  // namespace u2fi::crypto
