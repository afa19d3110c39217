#include "tools/dev-ca/ca.h"

#include <string>
#include <vector>

#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::dev_ca {
namespace {

using crypto::Certificate;
using crypto::P256PrivateKey;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kDomain[] = "d.example";

class CaTest : public testing::Test {
 protected:
  static Certificate Parse(const std::string& pem) {
    return Certificate::FromDer(
               crypto::FromPem(crypto::kPemCertificate, pem)->front())
        .value();
  }
  Leaf LeafOf(const std::string& identity) const {
    return LeafFor(identity, kDomain, now_, absl::Hours(1)).value();
  }
  static bool HasUsage(const Certificate& certificate, const char* oid) {
    // An OID in DER, found in the extension's bytes.
    const std::string der = oid == std::string(crypto::kOidServerAuth)
                                ? "\x2b\x06\x01\x05\x05\x07\x03\x01"
                                : "\x2b\x06\x01\x05\x05\x07\x03\x02";
    const auto* usages =
        certificate.FindExtension(crypto::kOidExtendedKeyUsage);
    return usages != nullptr && usages->value.find(der) != std::string::npos;
  }
  static std::string Request(const P256PrivateKey& key,
                             const std::vector<std::string>& uris) {
    return crypto::ToPem(
        crypto::kPemCertificateRequest,
        crypto::BuildCertificateRequest(crypto::CommonName("x"), uris, key));
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  FakeRandomSource random_;
  const Ca ca_ = Ca::Create(now_, absl::Hours(48), random_);
};

TEST_F(CaTest, ItsCertificateIsThatOfACa) {
  const Certificate certificate = Parse(ca_.certificate());
  EXPECT_TRUE(certificate.is_ca());
  EXPECT_TRUE(certificate.may_sign_certificates());
  EXPECT_OK(certificate.CheckSignedBy(certificate));
}

TEST_F(CaTest, AServiceIsServerAndClientWithNames) {
  const Certificate certificate =
      Parse(ca_.Issue(LeafOf("service/challenge")).certificate);
  EXPECT_THAT(certificate.uris(),
              ElementsAre("spiffe://d.example/service/challenge"));
  EXPECT_THAT(certificate.dns_names(), ElementsAre("challenge", "localhost"));
  EXPECT_TRUE(HasUsage(certificate, crypto::kOidServerAuth));
  EXPECT_TRUE(HasUsage(certificate, crypto::kOidClientAuth));
}

TEST_F(CaTest, EverybodyElseIsAClientWithoutADnsName) {
  for (const char* identity : {"gateway/t1/s1/g1", "operator/t1/ann",
                               "operator/-/root", "client/t1/app"}) {
    const Certificate certificate =
        Parse(ca_.Issue(LeafOf(identity)).certificate);
    EXPECT_THAT(certificate.uris(),
                ElementsAre("spiffe://d.example/" + std::string(identity)));
    EXPECT_THAT(certificate.dns_names(), IsEmpty());
    EXPECT_FALSE(HasUsage(certificate, crypto::kOidServerAuth));
    EXPECT_TRUE(HasUsage(certificate, crypto::kOidClientAuth));
  }
}

TEST_F(CaTest, SignsWithItsKeyAndIsNoCaItself) {
  const Certificate certificate =
      Parse(ca_.Issue(LeafOf("client/t1/app")).certificate);
  EXPECT_OK(certificate.CheckSignedBy(Parse(ca_.certificate())));
  EXPECT_FALSE(certificate.is_ca());
}

TEST_F(CaTest, GivesEachCertificateItsKeyAndSerial) {
  const Issued first = ca_.Issue(LeafOf("client/t1/app"));
  const Issued second = ca_.Issue(LeafOf("client/t1/app"));
  EXPECT_NE(first.key, second.key);
  EXPECT_NE(Parse(first.certificate).serial(),
            Parse(second.certificate).serial());
  ASSERT_OK_AND_ASSIGN(const P256PrivateKey key,
                       P256PrivateKey::FromPem(first.key));
  EXPECT_EQ(key.public_key().Spki(), Parse(first.certificate).spki());
}

TEST_F(CaTest, IsGoodFromAMinuteBeforeUntilItsLifeIsOver) {
  const Certificate certificate =
      Parse(ca_.Issue(LeafOf("client/t1/app")).certificate);
  EXPECT_EQ(certificate.not_before(), now_ - absl::Minutes(1));
  EXPECT_EQ(certificate.not_after(), now_ + absl::Hours(1));
}

TEST_F(CaTest, NeverOutlivesTheCa) {
  Leaf leaf = LeafOf("client/t1/app");
  leaf.not_after = now_ + absl::Hours(100);
  EXPECT_EQ(Parse(ca_.Issue(leaf).certificate).not_after(),
            now_ + absl::Hours(48));
}

TEST_F(CaTest, AGatewayLivesAtMost30Days) {
  EXPECT_OK(LeafFor("gateway/t1/s1/g1", kDomain, now_, kMaxGatewayLife));
  EXPECT_THAT(LeafFor("gateway/t1/s1/g1", kDomain, now_,
                      kMaxGatewayLife + absl::Seconds(1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CaTest, KnowsNoOtherIdentities) {
  for (const char* identity : {"", "device/t1/d1", "service/A", "client/app",
                               "gateway/t1/g1", "/service/a"}) {
    EXPECT_THAT(LeafFor(identity, kDomain, now_, absl::Hours(1)),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << identity;
  }
}

TEST_F(CaTest, RefusesABadTrustDomain) {
  EXPECT_THAT(LeafFor("service/a", "D", now_, absl::Hours(1)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CaTest, SignsARequestForItsKey) {
  const P256PrivateKey key = P256PrivateKey::Generate();
  ASSERT_OK_AND_ASSIGN(
      const std::string pem,
      ca_.Sign(Request(key, {"spiffe://d.example/gateway/t1/s1/g1"}),
               LeafOf("gateway/t1/s1/g1")));
  EXPECT_EQ(Parse(pem).spki(), key.public_key().Spki());
  EXPECT_OK(Parse(pem).CheckSignedBy(Parse(ca_.certificate())));
}

TEST_F(CaTest, SignsARequestThatAsksForNoUri) {
  EXPECT_OK(ca_.Sign(Request(P256PrivateKey::Generate(), {}),
                     LeafOf("gateway/t1/s1/g1")));
}

TEST_F(CaTest, SignsNoRequestForAnotherUri) {
  EXPECT_THAT(ca_.Sign(Request(P256PrivateKey::Generate(),
                               {"spiffe://d.example/operator/-/root"}),
                       LeafOf("gateway/t1/s1/g1")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CaTest, SignsNothingElse) {
  EXPECT_FALSE(ca_.Sign("junk", LeafOf("gateway/t1/s1/g1")).ok());
}

TEST_F(CaTest, ComesBackFromItsFiles) {
  ASSERT_OK_AND_ASSIGN(const Ca again,
                       Ca::FromPem(ca_.certificate(), ca_.key(), random_));
  EXPECT_OK(Parse(again.Issue(LeafOf("client/t1/app")).certificate)
                .CheckSignedBy(Parse(ca_.certificate())));
}

TEST_F(CaTest, DoesNotComeBackWithAnotherKey) {
  EXPECT_FALSE(Ca::FromPem(ca_.certificate(),
                           P256PrivateKey::Generate().ToPem(), random_)
                   .ok());
}

TEST_F(CaTest, DoesNotComeBackFromALeaf) {
  const Issued issued = ca_.Issue(LeafOf("client/t1/app"));
  EXPECT_FALSE(Ca::FromPem(issued.certificate, issued.key, random_).ok());
}

}  // namespace
}  // namespace u2fi::dev_ca
