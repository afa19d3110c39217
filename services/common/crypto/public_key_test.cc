#include "services/common/crypto/public_key.h"

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/key_test_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

struct Pair {
  KeyType type;
  SignatureAlgorithm algorithm;
};
constexpr Pair kPairs[] = {
    {KeyType::kP256, SignatureAlgorithm::kEcdsaSha256},
    {KeyType::kP256, SignatureAlgorithm::kEcdsaSha384},
    {KeyType::kP384, SignatureAlgorithm::kEcdsaSha256},
    {KeyType::kP384, SignatureAlgorithm::kEcdsaSha384},
    {KeyType::kP521, SignatureAlgorithm::kEcdsaSha512},
    {KeyType::kRsa, SignatureAlgorithm::kRsaPkcs1Sha256},
    {KeyType::kRsa, SignatureAlgorithm::kRsaPkcs1Sha384},
    {KeyType::kRsa, SignatureAlgorithm::kRsaPkcs1Sha512},
    {KeyType::kRsa, SignatureAlgorithm::kRsaPssSha256},
    {KeyType::kEd25519, SignatureAlgorithm::kEd25519},
};

// RSA keys take long to make: one for all cases.
const TestKey& KeyOf(KeyType type) {
  static const auto* const rsa = new TestKey(TestKey::Generate(KeyType::kRsa));
  static const auto* const p256 =
      new TestKey(TestKey::Generate(KeyType::kP256));
  static const auto* const p384 =
      new TestKey(TestKey::Generate(KeyType::kP384));
  static const auto* const p521 =
      new TestKey(TestKey::Generate(KeyType::kP521));
  static const auto* const ed25519 =
      new TestKey(TestKey::Generate(KeyType::kEd25519));
  if (type == KeyType::kRsa) return *rsa;
  if (type == KeyType::kP256) return *p256;
  if (type == KeyType::kP384) return *p384;
  return type == KeyType::kP521 ? *p521 : *ed25519;
}

class PublicKeyTest : public testing::TestWithParam<Pair> {
 protected:
  const TestKey& key_ = KeyOf(GetParam().type);
  const PublicKey public_key_ = key_.public_key();
  const std::string signature_ = key_.Sign(GetParam().algorithm, "message");
};

TEST_P(PublicKeyTest, ASignatureVerifies) {
  EXPECT_EQ(public_key_.type(), GetParam().type);
  EXPECT_OK(public_key_.Verify(GetParam().algorithm, "message", signature_));
}

TEST_P(PublicKeyTest, AnotherMessageIsRefused) {
  EXPECT_THAT(public_key_.Verify(GetParam().algorithm, "other", signature_),
              HasReason(reason::kSignatureInvalid));
}

TEST_P(PublicKeyTest, AChangedSignatureIsRefused) {
  std::string changed = signature_;
  changed.back() ^= 1;
  EXPECT_THAT(public_key_.Verify(GetParam().algorithm, "message", changed),
              HasReason(reason::kSignatureInvalid));
}

TEST_P(PublicKeyTest, ATrailingByteIsRefused) {
  EXPECT_THAT(
      public_key_.Verify(GetParam().algorithm, "message", signature_ + "x"),
      HasReason(reason::kSignatureInvalid));
}

TEST_P(PublicKeyTest, NoOtherAlgorithmFits) {
  for (const Pair& other : kPairs) {
    if (other.algorithm == GetParam().algorithm) continue;
    EXPECT_THAT(public_key_.Verify(other.algorithm, "message", signature_),
                HasReason(reason::kSignatureInvalid));
  }
}

TEST_P(PublicKeyTest, SpkiRoundTrips) {
  ASSERT_OK_AND_ASSIGN(PublicKey parsed,
                       PublicKey::FromSpki(public_key_.spki()));
  EXPECT_EQ(parsed, public_key_);
  EXPECT_THAT(PublicKey::FromSpki(public_key_.spki() + "x"),
              HasReason(reason::kPublicKeyInvalid));
}

INSTANTIATE_TEST_SUITE_P(All, PublicKeyTest, testing::ValuesIn(kPairs));

TEST(PublicKeyNumbersTest, CoordinatesGiveTheSameKey) {
  for (KeyType type : {KeyType::kP256, KeyType::kP384}) {
    const TestKey::Numbers point = KeyOf(type).numbers();
    ASSERT_OK_AND_ASSIGN(PublicKey key, PublicKey::FromCoordinates(
                                            type, point.first, point.second));
    EXPECT_EQ(key, KeyOf(type).public_key());
  }
}

TEST(PublicKeyNumbersTest, CoordinatesOfAnotherLengthAreRefused) {
  const TestKey::Numbers point = KeyOf(KeyType::kP256).numbers();
  for (const std::string& x : {std::string(), point.first.substr(1),
                               std::string(1, '\0') + point.first}) {
    EXPECT_THAT(PublicKey::FromCoordinates(KeyType::kP256, x, point.second),
                HasReason(reason::kPublicKeyInvalid));
  }
}

TEST(PublicKeyNumbersTest, APointOffTheCurveIsRefused) {
  TestKey::Numbers point = KeyOf(KeyType::kP384).numbers();
  point.second[47] ^= 1;
  EXPECT_THAT(
      PublicKey::FromCoordinates(KeyType::kP384, point.first, point.second),
      HasReason(reason::kPublicKeyInvalid));
}

TEST(PublicKeyNumbersTest, CoordinatesAreForTwoCurvesOnly) {
  const TestKey::Numbers point = KeyOf(KeyType::kP521).numbers();
  EXPECT_THAT(
      PublicKey::FromCoordinates(KeyType::kP521, point.first, point.second),
      HasReason(reason::kPublicKeyInvalid));
}

class RsaNumbersTest : public testing::Test {
 protected:
  const TestKey::Numbers rsa_ = KeyOf(KeyType::kRsa).numbers();
};

TEST_F(RsaNumbersTest, GiveTheSameKey) {
  EXPECT_THAT(PublicKey::FromRsa(rsa_.first, rsa_.second),
              IsOkAndHolds(KeyOf(KeyType::kRsa).public_key()));
}

TEST_F(RsaNumbersTest, AModulusOf2047BitsIsRefused) {
  std::string modulus = rsa_.first;
  modulus[0] &= 0x7f;
  modulus[0] |= 0x40;
  EXPECT_THAT(PublicKey::FromRsa(modulus, rsa_.second),
              HasReason(reason::kPublicKeyInvalid));
}

TEST_F(RsaNumbersTest, AnEvenModulusIsRefused) {
  std::string modulus = rsa_.first;
  modulus.back() &= ~1;
  EXPECT_THAT(PublicKey::FromRsa(modulus, rsa_.second),
              HasReason(reason::kPublicKeyInvalid));
}

TEST_F(RsaNumbersTest, BadExponentsAreRefused) {
  for (const std::string& exponent :
       {std::string(), std::string("\x01"), std::string("\x01\x00\x02", 3),
        std::string("\x00\x03", 2), std::string("\x01\x00\x00\x00\x01", 5)}) {
    EXPECT_THAT(PublicKey::FromRsa(rsa_.first, exponent),
                HasReason(reason::kPublicKeyInvalid));
  }
}

TEST_F(RsaNumbersTest, APaddedOrTooLongModulusIsRefused) {
  for (const std::string& modulus :
       {std::string(1, '\0') + rsa_.first, std::string(1025, '\xff')}) {
    EXPECT_THAT(PublicKey::FromRsa(modulus, rsa_.second),
                HasReason(reason::kPublicKeyInvalid));
  }
}

TEST(Ed25519KeyTest, BytesGiveTheSameKey) {
  const TestKey& key = KeyOf(KeyType::kEd25519);
  EXPECT_THAT(PublicKey::FromEd25519(key.numbers().first),
              IsOkAndHolds(key.public_key()));
}

TEST(Ed25519KeyTest, AnotherLengthIsRefused) {
  EXPECT_THAT(PublicKey::FromEd25519(std::string(31, 'x')),
              HasReason(reason::kPublicKeyInvalid));
}

// About half of all y have no x.
TEST(Ed25519KeyTest, BytesThatAreNoPointAreRefused) {
  int points = 0;
  for (char y = 2; y < 34; ++y) {
    points += PublicKey::FromEd25519(y + std::string(31, '\0')).ok();
  }
  EXPECT_GT(points, 6);
  EXPECT_LT(points, 26);
}

class WeakEd25519KeyTest : public testing::TestWithParam<const char*> {};

TEST_P(WeakEd25519KeyTest, IsRefused) {
  EXPECT_THAT(PublicKey::FromEd25519(*FromHex(GetParam())),
              HasReason(reason::kPublicKeyInvalid));
}

INSTANTIATE_TEST_SUITE_P(
    SmallOrderAndNotCanonical, WeakEd25519KeyTest,
    testing::Values(
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"));

TEST(PublicKeySpkiTest, OtherKindsOfKeysAreRefused) {
  EXPECT_THAT(PublicKey::FromSpki(""), HasReason(reason::kPublicKeyInvalid));
  EXPECT_THAT(PublicKey::FromSpki(std::string(3000, '0')),
              HasReason(reason::kPublicKeyInvalid));
  EXPECT_THAT(
      PublicKey::FromSpki(TestKey::Generate(KeyType::kRsa, 1024).spki()),
      HasReason(reason::kPublicKeyInvalid));
}

TEST(PublicKeyP256Test, ConvertsBothWays) {
  const P256PublicKey p256 = P256PrivateKey::Generate().public_key();
  const PublicKey key = PublicKey::FromP256(p256);
  ASSERT_OK_AND_ASSIGN(P256PublicKey back, key.AsP256());
  EXPECT_EQ(back.point(), p256.point());
  EXPECT_THAT(KeyOf(KeyType::kP384).public_key().AsP256(),
              HasReason(reason::kPublicKeyInvalid));
}

}  // namespace
}  // namespace u2fi::crypto
