#include "services/common/crypto/encoding.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

TEST(EncodingTest, Base64UrlHasNoPaddingAndItsOwnAlphabet) {
  EXPECT_EQ(Base64Url("\xfb\xff"), "-_8");
  EXPECT_THAT(FromBase64Url("-_8"), IsOkAndHolds("\xfb\xff"));
  EXPECT_THAT(FromBase64Url(""), IsOkAndHolds(""));
}

TEST(EncodingTest, Base64UrlIsStrict) {
  for (const char* text : {"-_8=", "+/8", "-_9", "-_8 ", "A", " -_8"}) {
    EXPECT_FALSE(FromBase64Url(text).ok()) << text;
  }
}

// RFC 4648, 10.
TEST(EncodingTest, Base32IsThatOfRfc4648InLowerCase) {
  EXPECT_EQ(Base32(""), "");
  EXPECT_EQ(Base32("f"), "my");
  EXPECT_EQ(Base32("fo"), "mzxq");
  EXPECT_EQ(Base32("foobar"), "mzxw6ytboi");
}

TEST(EncodingTest, SixteenBytesGiveTwentySixCharacters) {
  EXPECT_EQ(Base32(std::string(16, 'x')).size(), 26u);
}

TEST(EncodingTest, HexRoundTripsAndRefusesTheRest) {
  EXPECT_EQ(Hex(std::string("\x00\xff", 2)), "00ff");
  EXPECT_THAT(FromHex("00Ff"), IsOkAndHolds(std::string("\x00\xff", 2)));
  EXPECT_FALSE(FromHex("0").ok());
  EXPECT_FALSE(FromHex("0g").ok());
}

}  // namespace
}  // namespace u2fi::crypto
