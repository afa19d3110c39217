#include "services/common/crypto/der.h"

#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto::der {
namespace {

std::string Bytes(absl::string_view hex) { return *FromHex(hex); }

TEST(DerReaderTest, ReadsElementsInOrder) {
  const std::string input = Bytes("0201050c0141");
  Reader reader(input);
  EXPECT_THAT(reader.Read(kInteger), IsOkAndHolds("\x05"));
  EXPECT_THAT(reader.Read(kUtf8String), IsOkAndHolds("A"));
  EXPECT_TRUE(reader.empty());
}

TEST(DerReaderTest, AnotherTagIsRefusedAndLeavesTheReaderWhereItWas) {
  const std::string input = Bytes("020105");
  Reader reader(input);
  EXPECT_FALSE(reader.Read(kUtf8String).ok());
  EXPECT_TRUE(reader.NextIs(kInteger));
  EXPECT_THAT(reader.Read(kInteger), IsOkAndHolds("\x05"));
}

// Android's key descriptions use [702] and the like.
TEST(DerReaderTest, ReadsLongTagNumbers) {
  const std::string input = Bytes("bf853e020500");
  Reader reader(input);
  EXPECT_THAT(reader.Read(Context(702)), IsOkAndHolds(Bytes("0500")));
}

class BadDerTest : public testing::TestWithParam<const char*> {};

TEST_P(BadDerTest, IsRefused) {
  const std::string input = Bytes(GetParam());
  EXPECT_FALSE(Reader(input).ReadAny().ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, BadDerTest,
    testing::Values("",                  // nothing
                    "02",                // no length
                    "0202",              // contents missing
                    "020201",            // contents short
                    "3080020105",        // indefinite length
                    "04810100",          // length not minimal
                    "0482007f",          // leading zero in the length
                    "0485000000000100",  // five length bytes
                    "1f1e00",            // long tag for a short number
                    "1f80810000",        // leading zero in the tag
                    "1fffffffff7f00",    // tag number too long
                    "1f81"));            // tag cut off

TEST(DerReaderTest, WholeRefusesATrailingByte) {
  EXPECT_OK(ReadWhole(kInteger, Bytes("020105")));
  EXPECT_FALSE(ReadWhole(kInteger, Bytes("02010500")).ok());
}

TEST(DerOidTest, RoundTrips) {
  for (const char* oid : {"2.5.4.3", "1.2.840.113549.1.1.11", "2.999.3",
                          "1.3.6.1.4.1.45724.1.1.4", "0.9.2342"}) {
    EXPECT_EQ(OidText(*ReadWhole(kOid, Oid(oid))), oid);
  }
}

// X.667: names made of a UUID have an arc of 128 bits.
TEST(DerOidTest, ReadsArcsOf128Bits) {
  EXPECT_EQ(OidText(Bytes("6983f09da7ebcfdee0c7a1a7b2c0948cc8f9d22a")),
            "2.25.329800735698586629295641978511506172202");
  EXPECT_EQ(OidText(Bytes("6983ffffffffffffffffffffffffffffffffff7f")),
            "2.25.340282366920938463463374607431768211455");
  EXPECT_EQ(OidText(Bytes("6984808080808080808080808080808080808000")), "");
}

TEST(DerOidTest, MalformedIsEmpty) {
  EXPECT_EQ(OidText(""), "");
  EXPECT_EQ(OidText(Bytes("2a86")), "");
  EXPECT_EQ(OidText(Bytes("2a8001")), "");
}

TEST(DerIntegerTest, ReadsWhatItWrites) {
  for (uint64_t value : {0ull, 1ull, 127ull, 128ull, 65535ull, 1ull << 62}) {
    EXPECT_THAT(ReadUnsigned(*ReadWhole(kInteger, Integer(value))),
                IsOkAndHolds(value));
  }
}

TEST(DerIntegerTest, RefusesNegativePaddedAndLong) {
  for (const char* hex : {"", "80", "0001", "0080000000000000ff"}) {
    EXPECT_FALSE(ReadUnsigned(Bytes(hex)).ok()) << hex;
  }
}

class DerTimeTest : public testing::Test {
 protected:
  static absl::StatusOr<absl::Time> Parse(Tag tag, absl::string_view text) {
    return ReadTime({tag, text, {}});
  }
};

TEST_F(DerTimeTest, TwoDigitYearsTurnAtFifty) {
  EXPECT_THAT(Parse(kUtcTime, "491231235959Z"),
              IsOkAndHolds(absl::FromUnixSeconds(2524607999)));
  EXPECT_THAT(Parse(kUtcTime, "500101000000Z"),
              IsOkAndHolds(absl::FromUnixSeconds(-631152000)));
}

TEST_F(DerTimeTest, ReadsWhatItWrites) {
  for (int64_t seconds : {0ll, 1700000000ll, 2524607999ll, 2524608000ll}) {
    const absl::Time time = absl::FromUnixSeconds(seconds);
    const std::string written = Time(time);
    Reader reader(written);
    EXPECT_THAT(ReadTime(*reader.ReadAny()), IsOkAndHolds(time));
  }
}

TEST_F(DerTimeTest, RefusesOtherForms) {
  for (const char* text :
       {"", "2301010000Z", "230101000000", "230101000000+0100",
        "20230101000000Z", "230230000000Z", "231301000000Z", "230101240000Z",
        "23010100000 Z"}) {
    EXPECT_FALSE(Parse(kUtcTime, text).ok()) << text;
  }
  EXPECT_FALSE(Parse(kGeneralizedTime, "20230101000000.5Z").ok());
  EXPECT_FALSE(Parse(kUtf8String, "230101000000Z").ok());
}

TEST(DerWriterTest, LongContentsGetALongLength) {
  const std::string contents(300, 'x');
  EXPECT_EQ(Write(kOctetString, contents), Bytes("0482012c") + contents);
  EXPECT_EQ(Write(Context(702), "").substr(0, 4), Bytes("bf853e00"));
}

}  // namespace
}  // namespace u2fi::crypto::der
