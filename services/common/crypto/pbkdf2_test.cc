#include "services/common/crypto/pbkdf2.h"

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::crypto {
namespace {

// Expected values: Python's hashlib.pbkdf2_hmac("sha512", …).
TEST(Pbkdf2Test, OneIteration) {
  EXPECT_EQ(Hex(Pbkdf2HmacSha512("password", "salt", 1, 20)),
            "867f70cf1ade02cff3752599a3a53dc4af34c7a6");
}

TEST(Pbkdf2Test, ManyIterationsAndMoreThanOneBlock) {
  EXPECT_EQ(
      Hex(Pbkdf2HmacSha512("password", "salt", 101, 72)),
      "0899b1f8f12cd157a81fc4cc1f8f046f1ac1f5f733a0534b26eebf34e94415d0e3983938"
      "e77f0e205b568937a0c9e21792c46a6944aba1b30ab14186a117e7f239ac01c801a1f36"
      "6");
}

TEST(Pbkdf2Test, DependsOnTheSalt) {
  EXPECT_NE(Pbkdf2HmacSha512("password", "salt", 1, 20),
            Pbkdf2HmacSha512("password", "pepper", 1, 20));
}

}  // namespace
}  // namespace u2fi::crypto
