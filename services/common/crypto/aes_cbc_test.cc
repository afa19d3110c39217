#include "services/common/crypto/aes_cbc.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::crypto {
namespace {

std::string Bytes(absl::string_view hex) { return *FromHex(hex); }

// NIST SP 800-38A, F.2.5 and F.2.6: the first two blocks.
const char kKey[] =
    "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const char kIv[] = "000102030405060708090a0b0c0d0e0f";
const char kText[] =
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51";
const char kEncrypted[] =
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d";

TEST(AesCbcTest, EncryptsAsTheStandardsExample) {
  EXPECT_EQ(EncryptAesCbc(Bytes(kKey), Bytes(kIv), Bytes(kText)),
            Bytes(kEncrypted));
}

TEST(AesCbcTest, DecryptsAsTheStandardsExample) {
  EXPECT_EQ(DecryptAesCbc(Bytes(kKey), Bytes(kIv), Bytes(kEncrypted)),
            Bytes(kText));
}

TEST(AesCbcTest, NothingIsNothing) {
  EXPECT_EQ(EncryptAesCbc(Bytes(kKey), Bytes(kIv), ""), "");
}

TEST(AesCbcDeathTest, ATextThatFillsNoBlockEndsTheProcess) {
  EXPECT_DEATH(EncryptAesCbc(Bytes(kKey), Bytes(kIv), "short"), "");
  EXPECT_DEATH(DecryptAesCbc("key", Bytes(kIv), Bytes(kText)), "");
}

}  // namespace
}  // namespace u2fi::crypto
