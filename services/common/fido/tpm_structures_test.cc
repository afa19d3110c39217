#include "services/common/fido/tpm_structures.h"

#include "services/common/crypto/encoding.h"
#include "services/common/fido/fake_webauthn_token.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

class TpmStructuresTest : public testing::TestWithParam<AlgorithmCase> {
 protected:
  const FakeWebAuthnToken token_{"tpm", GetParam()};
};
INSTANTIATE_TEST_SUITE_P(OfTpms, TpmStructuresTest,
                         testing::Values(kAlgorithmCases[0], kAlgorithmCases[1],
                                         kAlgorithmCases[3]));

TEST_P(TpmStructuresTest, ThePublicAreaGivesItsKey) {
  ASSERT_OK_AND_ASSIGN(TpmPublic parsed, ParseTpmPublic(token_.PublicArea()));
  EXPECT_EQ(parsed.key, token_.key->public_key());
  EXPECT_EQ(parsed.name_algorithm, 0x000b);
}

TEST_P(TpmStructuresTest, EveryTruncationOfThePublicAreaIsRefused) {
  const std::string area = token_.PublicArea();
  for (size_t size = 0; size < area.size(); ++size) {
    EXPECT_FALSE(ParseTpmPublic(area.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ParseTpmPublic(area + "x").ok());
}

TEST_P(TpmStructuresTest, EveryTruncationOfAnAttestationIsRefused) {
  const std::string info = token_.CertInfo("x");
  EXPECT_OK(ParseTpmAttest(info));
  for (size_t size = 0; size < info.size(); ++size) {
    EXPECT_FALSE(ParseTpmAttest(info.substr(0, size)).ok()) << size;
  }
  EXPECT_FALSE(ParseTpmAttest(info + "x").ok());
}

// Offsets of the public area: type 0, curve after three schemes at 16.
TEST(TpmPublicTest, OtherKindsOfKeysAreRefused) {
  std::string area = FakeWebAuthnToken("tpm").PublicArea();
  area[1] = 0x08;
  EXPECT_FALSE(ParseTpmPublic(area).ok());
}

TEST(TpmPublicTest, OtherCurvesAreRefused) {
  std::string area = FakeWebAuthnToken("tpm").PublicArea();
  ASSERT_EQ(area[15], 0x03);
  area[15] = 0x05;
  EXPECT_FALSE(ParseTpmPublic(area).ok());
}

TEST(TpmPublicTest, SchemesWithDetailsAreSkipped) {
  std::string area = FakeWebAuthnToken("tpm").PublicArea();
  // AES-128-CFB, then ECDSA with SHA-256, then no key derivation.
  area.replace(10, 4, *crypto::FromHex("0006008000430018000b"));
  EXPECT_OK(ParseTpmPublic(area));
}

TEST(TpmPublicTest, RsaBitsMustFitTheModulus) {
  std::string area = FakeWebAuthnToken("tpm", kAlgorithmCases[3]).PublicArea();
  ASSERT_EQ(area[14], 0x08);
  area[14] = 0x0c;
  EXPECT_FALSE(ParseTpmPublic(area).ok());
}

TEST(TpmNameTest, IsTheAlgorithmAndTheHash) {
  EXPECT_EQ(crypto::Hex(TpmName(0x000b, "abc")),
            "000bba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015"
            "ad");
  EXPECT_EQ(TpmName(0x0004, "abc").size(), 22u);
  EXPECT_EQ(TpmName(0x000c, "abc").size(), 50u);
  EXPECT_EQ(TpmName(0x000d, "abc").size(), 66u);
  EXPECT_EQ(TpmName(0x0012, "abc"), "");
}

}  // namespace
}  // namespace u2fi::fido
