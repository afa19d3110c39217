#include "services/common/crypto/hash.h"

#include "gtest/gtest.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::crypto {
namespace {

TEST(HashTest, Sha256OfAbcIsThatOfFips180) {
  EXPECT_EQ(Hex(View(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashTest, PartsAreConcatenated) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256("abc"));
}

// RFC 4231, test case 2.
TEST(HashTest, HmacIsThatOfRfc4231) {
  EXPECT_EQ(Hex(View(HmacSha256("Jefe", {"what do ya want ", "for nothing?"}))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

// RFC 5869, test case 1.
TEST(HashTest, HkdfIsThatOfRfc5869) {
  const std::string okm = HkdfSha256(std::string(22, '\x0b'),
                                     *FromHex("000102030405060708090a0b0c"),
                                     *FromHex("f0f1f2f3f4f5f6f7f8f9"), 42);
  EXPECT_EQ(Hex(okm),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
            "34007208d5b887185865");
}

TEST(HashTest, ConstantTimeEqualsComparesLengthAndBytes) {
  EXPECT_TRUE(ConstantTimeEquals("abc", "abc"));
  EXPECT_TRUE(ConstantTimeEquals("", ""));
  EXPECT_FALSE(ConstantTimeEquals("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEquals("abc", "ab"));
}

TEST(HashTest, NumbersAreBigEndian) {
  EXPECT_EQ(Hex(BigEndian32(0x01020304)), "01020304");
  EXPECT_EQ(Hex(BigEndian64(0x0102030405060708)), "0102030405060708");
}

TEST(HashTest, LengthPrefixKeepsNeighboursApart) {
  EXPECT_EQ(Hex(LengthPrefixed("ab")), "000000026162");
  EXPECT_EQ(Hex(LengthPrefixed("")), "00000000");
}

}  // namespace
}  // namespace u2fi::crypto
