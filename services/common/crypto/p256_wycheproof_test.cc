#include <fstream>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/p256.h"
#include "services/common/crypto/public_key.h"

namespace u2fi::crypto {
namespace {

using nlohmann::json;

json Load() {
  std::ifstream file("tests/vectors/wycheproof/ecdsa_p256_sha256.json");
  return json::parse(file);
}

// Each verdict twice: by the key that U2F uses and by the one for any kind.
TEST(P256WycheproofTest, AllVerdictsAreRight) {
  const json vectors = Load();
  int count = 0;
  for (const json& group : vectors["groups"]) {
    const auto key =
        P256PublicKey::FromPoint(*FromHex(std::string(group["key"])));
    ASSERT_TRUE(key.ok());
    const PublicKey any = PublicKey::FromP256(*key);
    for (const json& test : group["tests"]) {
      const std::string message = *FromHex(std::string(test["msg"]));
      const std::string signature = *FromHex(std::string(test["sig"]));
      const bool valid = test["valid"];
      EXPECT_EQ(key->Verify(Sha256(message), signature).ok(), valid) << test;
      EXPECT_EQ(
          any.Verify(SignatureAlgorithm::kEcdsaSha256, message, signature).ok(),
          valid)
          << test;
      ++count;
    }
  }
  EXPECT_EQ(count, 484);
}

}  // namespace
}  // namespace u2fi::crypto
