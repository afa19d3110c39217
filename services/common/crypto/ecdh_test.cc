#include "services/common/crypto/ecdh.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

std::string Bytes(absl::string_view hex) { return *FromHex(hex); }

// RFC 5903, 8.1.
TEST(EcdhTest, TheSecretIsThatOfTheStandardsExample) {
  ASSERT_OK_AND_ASSIGN(
      const P256PrivateKey own,
      P256PrivateKey::FromScalar(Bytes("c88f01f510d9ac3f70a292daa2316de5"
                                       "44e9aab8afe84049c62a9c57862d1433")));
  ASSERT_OK_AND_ASSIGN(
      const P256PublicKey peer,
      P256PublicKey::FromPoint(Bytes("04"
                                     "d12dfb5289c8d4f81208b70270398c34"
                                     "2296970a0bccb74c736fc7554494bf63"
                                     "56fbf3ca366cc23e8157854c13c58d6a"
                                     "ac23f046ada30f8353e74f33039872ab")));
  EXPECT_EQ(SharedSecret(own, peer), Bytes("d6840f6b42f6edafd13116e0e1256520"
                                           "2fef8e9ece7dce03812464d04b9442de"));
}

TEST(EcdhTest, BothSidesHaveTheSame) {
  const P256PrivateKey a = P256PrivateKey::Generate();
  const P256PrivateKey b = P256PrivateKey::Generate();
  EXPECT_EQ(SharedSecret(a, b.public_key()), SharedSecret(b, a.public_key()));
}

}  // namespace
}  // namespace u2fi::crypto
