#include "tools/soft-token/token_identity.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/encoding.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::soft_token {
namespace {

class TokenIdentityTest : public testing::Test {
 protected:
  // The text of identity_ with one thing replaced.
  std::string TextWith(absl::string_view old, absl::string_view replacement) {
    const std::string text = ToText(identity_);
    EXPECT_NE(text.find(std::string(old)), std::string::npos) << old;
    return absl::StrReplaceAll(text, {{old, replacement}});
  }

  FakeClock clock_;
  FakeRandomSource random_;
  const TokenIdentity identity_ = NewIdentity(clock_, random_);
};

TEST_F(TokenIdentityTest, TwoTokensDiffer) {
  const TokenIdentity other = NewIdentity(clock_, random_);
  EXPECT_NE(other.secret, identity_.secret);
  EXPECT_NE(other.attestation_key.public_key().point(),
            identity_.attestation_key.public_key().point());
}

TEST_F(TokenIdentityTest, TheCertificateSignsItself) {
  ASSERT_OK_AND_ASSIGN(const auto certificate,
                       crypto::Certificate::FromDer(identity_.certificate));
  EXPECT_OK(certificate.CheckSignedBy(certificate));
  EXPECT_EQ(certificate.SubjectAttribute(crypto::kOidCommonName),
            "U2Fi Soft Token");
}

TEST_F(TokenIdentityTest, TheCertificateIsGoodNowAndForYears) {
  ASSERT_OK_AND_ASSIGN(const auto certificate,
                       crypto::Certificate::FromDer(identity_.certificate));
  EXPECT_LT(certificate.not_before(), clock_.Now());
  EXPECT_GT(certificate.not_after(), clock_.Now() + absl::Hours(24 * 365 * 19));
}

TEST_F(TokenIdentityTest, TheCertificateSaysUsb) {
  ASSERT_OK_AND_ASSIGN(const auto certificate,
                       crypto::Certificate::FromDer(identity_.certificate));
  const crypto::Extension* extension =
      certificate.FindExtension("1.3.6.1.4.1.45724.2.1.1");
  ASSERT_NE(extension, nullptr);
  EXPECT_EQ(crypto::Hex(extension->value), "03020520");
}

TEST_F(TokenIdentityTest, TextIsParsedBack) {
  ASSERT_OK_AND_ASSIGN(const TokenIdentity again, FromText(ToText(identity_)));
  EXPECT_EQ(ToText(again), ToText(identity_));
}

TEST_F(TokenIdentityTest, AnotherFormatIsRefused) {
  EXPECT_THAT(FromText(TextWith("soft-token 1", "soft-token 2")).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, AMissingLineIsRefused) {
  EXPECT_THAT(FromText("u2fi-soft-token 1\n").status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, ALineOfAnotherNameIsRefused) {
  EXPECT_THAT(FromText(TextWith("secret ", "sacred ")).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, AShortSecretIsRefused) {
  EXPECT_THAT(FromText(TextWith(crypto::Hex(identity_.secret),
                                crypto::Hex(identity_.secret.substr(1))))
                  .status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, ASecretThatIsNotHexIsRefused) {
  EXPECT_THAT(FromText(TextWith("secret ", "secret z")).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, ADamagedCertificateIsRefused) {
  EXPECT_THAT(FromText(TextWith("certificate 30", "certificate 31")).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, ADamagedKeyIsRefused) {
  EXPECT_THAT(FromText(TextWith("BEGIN PRIVATE KEY", "BEGIN KEY")).status(),
              HasReason(reason::kInvalidField));
}

TEST_F(TokenIdentityTest, ACertificateForAnotherKeyIsRefused) {
  const TokenIdentity other = NewIdentity(clock_, random_);
  EXPECT_THAT(FromText(TextWith(crypto::Hex(identity_.certificate),
                                crypto::Hex(other.certificate)))
                  .status(),
              HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::soft_token
