#include "services/common/crypto/bare_verifier.h"

#include "gtest/gtest.h"
#include "services/common/crypto/key_test_util.h"

namespace u2fi::crypto {
namespace {

struct Kind {
  KeyType type;
  SignatureAlgorithm algorithm;
};

class BareVerifierTest : public testing::TestWithParam<Kind> {};

TEST_P(BareVerifierTest, AcceptsItsSignatureAndNoOther) {
  const TestKey key = TestKey::Generate(GetParam().type);
  const std::string signature = key.Sign(GetParam().algorithm, "message");
  const BareVerifier right(key.public_key(), GetParam().algorithm, "message");
  const BareVerifier wrong(key.public_key(), GetParam().algorithm, "other");
  EXPECT_TRUE(right.Verify(signature));
  EXPECT_FALSE(wrong.Verify(signature));
  EXPECT_FALSE(right.Verify(""));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BareVerifierTest,
    testing::Values(Kind{KeyType::kP256, SignatureAlgorithm::kEcdsaSha256},
                    Kind{KeyType::kP384, SignatureAlgorithm::kEcdsaSha384},
                    Kind{KeyType::kRsa, SignatureAlgorithm::kRsaPkcs1Sha256},
                    Kind{KeyType::kEd25519, SignatureAlgorithm::kEd25519}));

}  // namespace
}  // namespace u2fi::crypto
