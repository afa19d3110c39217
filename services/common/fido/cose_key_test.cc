#include "services/common/fido/cose_key.h"

#include "absl/strings/str_cat.h"
#include "services/common/fido/cose_key_test_util.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

absl::StatusOr<CredentialKey> Parse(const CosePairs& pairs) {
  return CredentialKey::FromCose(*ParseCbor(cbor::Map(pairs)));
}

class CoseKeyTest : public testing::TestWithParam<AlgorithmCase> {
 protected:
  const crypto::TestKey& key_ = TestKeyOf(GetParam());
  CosePairs pairs_ = CosePairsOf(key_, GetParam());
};
INSTANTIATE_TEST_SUITE_P(All, CoseKeyTest, testing::ValuesIn(kAlgorithmCases));

TEST_P(CoseKeyTest, GivesAlgorithmAndKey) {
  ASSERT_OK_AND_ASSIGN(CredentialKey parsed, Parse(pairs_));
  EXPECT_EQ(parsed.algorithm(), GetParam().algorithm);
  EXPECT_EQ(parsed.key(), key_.public_key());
}

TEST_P(CoseKeyTest, ComesBackFromTheStore) {
  ASSERT_OK_AND_ASSIGN(CredentialKey parsed, Parse(pairs_));
  EXPECT_LE(parsed.Stored().size(), 1024u);
  ASSERT_OK_AND_ASSIGN(CredentialKey back,
                       CredentialKey::FromStored(parsed.Stored()));
  EXPECT_EQ(back.key(), parsed.key());
  EXPECT_EQ(back.Stored(), parsed.Stored());
}

TEST_P(CoseKeyTest, VerifiesAssertions) {
  ASSERT_OK_AND_ASSIGN(CredentialKey parsed, Parse(pairs_));
  const crypto::Digest hash = crypto::Sha256("client data");
  const std::string signature =
      key_.Sign(GetParam().signature, absl::StrCat("data", crypto::View(hash)));
  EXPECT_OK(parsed.Verify("data", hash, signature));
  EXPECT_THAT(parsed.Verify("Data", hash, signature),
              HasReason(reason::kSignatureInvalid));
}

TEST_P(CoseKeyTest, EveryMemberIsNeeded) {
  for (size_t i = 0; i < pairs_.size(); ++i) {
    CosePairs fewer = pairs_;
    fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(i));
    EXPECT_THAT(Parse(fewer), HasReason(reason::kPublicKeyInvalid)) << i;
  }
}

TEST_P(CoseKeyTest, NoOtherMemberIsAllowed) {
  pairs_.emplace_back(cbor::Integer(2), cbor::Bytes("kid"));
  EXPECT_THAT(Parse(pairs_), HasReason(reason::kPublicKeyInvalid));
}

TEST_P(CoseKeyTest, AnotherKindOfKeyIsRefused) {
  pairs_[0].second = cbor::Integer(4);
  EXPECT_THAT(Parse(pairs_), HasReason(reason::kPublicKeyInvalid));
}

TEST_P(CoseKeyTest, AnotherCurveOrModulusIsRefused) {
  pairs_[2].second = cbor::Integer(3);
  EXPECT_THAT(Parse(pairs_), HasReason(reason::kPublicKeyInvalid));
}

TEST_P(CoseKeyTest, APaddedNumberIsRefused) {
  const std::string first = key_.numbers().first;
  const bool is_rsa = GetParam().algorithm == CoseAlgorithm::kRs256;
  pairs_[is_rsa ? 2 : 3].second = cbor::Bytes(std::string(1, '\0') + first);
  EXPECT_THAT(Parse(pairs_), HasReason(reason::kPublicKeyInvalid));
}

TEST_P(CoseKeyTest, NoOtherAlgorithmFitsTheKey) {
  for (const AlgorithmCase& other : kAlgorithmCases) {
    if (other.algorithm == GetParam().algorithm) continue;
    pairs_[1].second = cbor::Integer(static_cast<int64_t>(other.algorithm));
    EXPECT_THAT(Parse(pairs_), HasReason(reason::kPublicKeyInvalid));
  }
}

TEST(CoseAlgorithmTest, OthersAreRefusedByName) {
  const absl::Status status = SupportedAlgorithm(-36).status();
  EXPECT_THAT(status, HasReason(reason::kAlgNotAllowed));
  EXPECT_EQ(MetadataOf(status)["algorithm"], "ES512");
  EXPECT_EQ(CoseAlgorithmName(-53), "Ed448");
  EXPECT_EQ(CoseAlgorithmName(12345), "12345");
}

TEST(CoseAlgorithmTest, Sha1IsCalledInsecure) {
  EXPECT_THAT(SupportedAlgorithm(-65535),
              HasReason(reason::kInsecureAlgorithm));
}

TEST(CoseKeyOddTest, APointWithASignBitInsteadOfYIsRefused) {
  const AlgorithmCase& es256 = kAlgorithmCases[0];
  CosePairs pairs = CosePairsOf(TestKeyOf(es256), es256);
  pairs[4].second = cbor::Boolean(true);
  EXPECT_THAT(Parse(pairs), HasReason(reason::kPublicKeyInvalid));
}

TEST(CoseKeyOddTest, AModulusOver4096BitsIsRefused) {
  const AlgorithmCase& rs256 = kAlgorithmCases[3];
  CosePairs pairs = CosePairsOf(TestKeyOf(rs256), rs256);
  pairs[2].second = cbor::Bytes(std::string(513, '\xff'));
  EXPECT_THAT(Parse(pairs), HasReason(reason::kPublicKeyInvalid));
}

TEST(CoseKeyOddTest, WhatIsNoKeyIsRefused) {
  EXPECT_THAT(CredentialKey::FromCose(*ParseCbor(cbor::Integer(1))),
              HasReason(reason::kPublicKeyInvalid));
  for (const std::string& bytes :
       {std::string(), std::string(65, 'x'), "\x04" + std::string(64, 'x')}) {
    EXPECT_THAT(CredentialKey::FromStored(bytes),
                HasReason(reason::kPublicKeyInvalid));
  }
}

TEST(CoseKeyVerifyWithTest, AKeyOfAnotherCurveIsRefused) {
  const crypto::TestKey& p384 = TestKeyOf(kAlgorithmCases[1]);
  const std::string signature =
      p384.Sign(crypto::SignatureAlgorithm::kEcdsaSha256, "m");
  EXPECT_THAT(
      VerifyWith(p384.public_key(), CoseAlgorithm::kEs256, "m", signature),
      HasReason(reason::kSignatureInvalid));
}

}  // namespace
}  // namespace u2fi::fido
