#include "services/common/crypto/p256.h"

#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

// The order n of P-256 (FIPS 186-4, D.1.2.3).
constexpr char kOrder[] =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

class P256Test : public testing::Test {
 protected:
  const P256PrivateKey key_ = P256PrivateKey::Generate();
  const Digest digest_ = Sha256("message");
  const std::string signature_ = key_.Sign(digest_);
};

TEST_F(P256Test, ASignatureVerifiesUnderItsKey) {
  EXPECT_OK(key_.public_key().Verify(digest_, signature_));
}

TEST_F(P256Test, AnotherDigestIsRefused) {
  EXPECT_THAT(key_.public_key().Verify(Sha256("other"), signature_),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(P256Test, AnotherKeyIsRefused) {
  EXPECT_THAT(
      P256PrivateKey::Generate().public_key().Verify(digest_, signature_),
      HasReason(reason::kSignatureInvalid));
}

TEST_F(P256Test, ATrailingByteIsRefused) {
  EXPECT_THAT(key_.public_key().Verify(digest_, signature_ + '\0'),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(P256Test, AnEmptySignatureIsRefused) {
  EXPECT_THAT(key_.public_key().Verify(digest_, ""),
              HasReason(reason::kSignatureInvalid));
}

TEST_F(P256Test, APointRoundTrips) {
  ASSERT_OK_AND_ASSIGN(P256PublicKey parsed,
                       P256PublicKey::FromPoint(key_.public_key().point()));
  EXPECT_OK(parsed.Verify(digest_, signature_));
}

TEST_F(P256Test, APointOffTheCurveIsRefused) {
  std::string point = key_.public_key().point();
  point[64] ^= 1;
  EXPECT_THAT(P256PublicKey::FromPoint(point),
              HasReason(reason::kPublicKeyInvalid));
}

TEST_F(P256Test, OtherFormsOfAPointAreRefused) {
  const std::string& point = key_.public_key().point();
  for (const std::string& form :
       {std::string(), std::string(1, '\0'), point.substr(0, 64), point + "x",
        "\x02" + point.substr(1, 32), "\x06" + point.substr(1)}) {
    EXPECT_THAT(P256PublicKey::FromPoint(form),
                HasReason(reason::kPublicKeyInvalid));
  }
}

TEST_F(P256Test, CoordinatesOutOfRangeAreRefused) {
  EXPECT_THAT(P256PublicKey::FromPoint("\x04" + std::string(64, '\xff')),
              HasReason(reason::kPublicKeyInvalid));
}

TEST_F(P256Test, SpkiRoundTripsAndHas91Bytes) {
  const std::string spki = key_.public_key().Spki();
  EXPECT_EQ(spki.size(), 91u);
  ASSERT_OK_AND_ASSIGN(P256PublicKey parsed, P256PublicKey::FromSpki(spki));
  EXPECT_EQ(parsed.point(), key_.public_key().point());
}

TEST_F(P256Test, SpkiWithATrailingByteIsRefused) {
  EXPECT_THAT(P256PublicKey::FromSpki(key_.public_key().Spki() + "x"),
              HasReason(reason::kPublicKeyInvalid));
}

TEST_F(P256Test, PemRoundTrips) {
  ASSERT_OK_AND_ASSIGN(P256PrivateKey parsed,
                       P256PrivateKey::FromPem(key_.ToPem()));
  EXPECT_EQ(parsed.public_key().point(), key_.public_key().point());
}

TEST_F(P256Test, APemOfSomethingElseIsRefused) {
  EXPECT_FALSE(P256PrivateKey::FromPem("").ok());
  EXPECT_FALSE(P256PrivateKey::FromPem("-----BEGIN PRIVATE KEY-----\nAA==\n"
                                       "-----END PRIVATE KEY-----\n")
                   .ok());
}

// RFC 6979, A.2.5: x and the y coordinate's public key.
TEST(P256ScalarTest, GivesThePublicKeyOfRfc6979) {
  ASSERT_OK_AND_ASSIGN(
      P256PrivateKey key,
      P256PrivateKey::FromScalar(*FromHex("c9afa9d845ba75166b5c215767b1d6934e50"
                                          "c3db36e89b127b8a622b120f6721")));
  EXPECT_EQ(Hex(key.public_key().point()),
            "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
            "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
}

TEST(P256ScalarTest, OutOfRangeIsRefused) {
  EXPECT_FALSE(P256PrivateKey::FromScalar(std::string(32, '\0')).ok());
  EXPECT_FALSE(P256PrivateKey::FromScalar(*FromHex(kOrder)).ok());
  EXPECT_FALSE(P256PrivateKey::FromScalar("short").ok());
}

}  // namespace
}  // namespace u2fi::crypto
