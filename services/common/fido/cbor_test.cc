#include "services/common/fido/cbor.h"

#include "services/common/crypto/encoding.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

absl::StatusOr<CborValue> Parse(absl::string_view hex) {
  return ParseCbor(*crypto::FromHex(hex));
}

TEST(CborTest, ReadsIntegers) {
  EXPECT_EQ(Parse("00")->AsInteger(), 0);
  EXPECT_EQ(Parse("1818")->AsInteger(), 24);
  EXPECT_EQ(Parse("1b7fffffffffffffff")->AsInteger(), INT64_MAX);
  EXPECT_EQ(Parse("3903e7")->AsInteger(), -1000);
  EXPECT_EQ(Parse("3b7fffffffffffffff")->AsInteger(), INT64_MIN);
}

TEST(CborTest, IntegersBeyond63BitsHaveNoValue) {
  EXPECT_EQ(Parse("1bffffffffffffffff")->AsInteger(), absl::nullopt);
  EXPECT_EQ(Parse("3b8000000000000000")->AsInteger(), absl::nullopt);
}

TEST(CborTest, ReadsStringsAndSimpleValues) {
  EXPECT_EQ(Parse("4401020304")->AsBytes(), "\x01\x02\x03\x04");
  EXPECT_EQ(Parse("6449455446")->AsText(), "IETF");
  EXPECT_EQ(Parse("f5")->AsBoolean(), true);
  EXPECT_EQ(Parse("f4")->AsBoolean(), false);
  EXPECT_EQ(Parse("f6")->kind(), CborValue::Kind::kNothing);
}

// CTAP 2's canonical form has floats; nothing here has a use for them.
TEST(CborTest, AFloatIsNothing) {
  for (const char* hex : {"f93c00", "fa3f800000", "fb3ff8000000000000"}) {
    ASSERT_OK_AND_ASSIGN(CborValue value, Parse(hex));
    EXPECT_EQ(value.kind(), CborValue::Kind::kNothing);
  }
}

TEST(CborTest, ReadsArraysAndMaps) {
  ASSERT_OK_AND_ASSIGN(CborValue map, Parse("a201820203616120"));
  EXPECT_EQ(map.AsMap()->size(), 2u);
  EXPECT_EQ(map.Find(1)->AsArray()->at(1).AsInteger(), 3);
  EXPECT_EQ(map.Find("a")->AsInteger(), -1);
  EXPECT_EQ(map.Find(2), nullptr);
  EXPECT_EQ(map.Find("b"), nullptr);
}

TEST(CborTest, AnotherKindHasNoSuchValue) {
  ASSERT_OK_AND_ASSIGN(CborValue value, Parse("00"));
  EXPECT_EQ(value.AsBytes(), absl::nullopt);
  EXPECT_EQ(value.AsText(), absl::nullopt);
  EXPECT_EQ(value.AsBoolean(), absl::nullopt);
  EXPECT_EQ(value.AsArray(), nullptr);
  EXPECT_EQ(value.AsMap(), nullptr);
  EXPECT_EQ(value.Find(0), nullptr);
}

class BadCborTest : public testing::TestWithParam<const char*> {};

TEST_P(BadCborTest, IsRefused) {
  EXPECT_THAT(Parse(GetParam()), HasReason(reason::kCborInvalid));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadCborTest,
    testing::Values("",                                            // nothing
                    "18", "1903", "1a000f42", "1b00000000000000",  // cut off
                    "1c", "1f",                                    // reserved
                    "5f4101ff", "9f01ff", "bf0101ff", "ff",        // indefinite
                    "4501020304",          // string cut off
                    "5bffffffffffffffff",  // a length of 2^64 - 1
                    "9bffffffffffffffff",  // as many items
                    "61ff",                // text that is not UTF-8
                    "8201",                // array cut off
                    "a101",                // map without the value
                    "a201020102",          // a key twice
                    "a20102180102",        // the same key, longer
                    "a2616100616100",      // a text key twice
                    "a1410100",            // a key of bytes
                    "a18000",              // a key that is an array
                    "c000",                // tag
                    "f900", "fa000000", "fb00000000000000",  // floats cut off
                    "a1f9000000",                            // a float as a key
                    "e0", "f820",  // other simple values
                    "0000"));      // bytes after the item

std::string Nested(int depth) {
  return std::string(depth - 1, '\x81') + std::string(1, '\0');
}

TEST(CborLimitTest, DepthIsIncluded) {
  EXPECT_OK(ParseCbor(Nested(kMaxCborDepth)));
  EXPECT_THAT(ParseCbor(Nested(kMaxCborDepth + 1)),
              HasReason(reason::kCborInvalid));
}

TEST(CborLimitTest, ItemsAreIncluded) {
  const std::string zero = cbor::Integer(0);
  EXPECT_OK(ParseCbor(
      cbor::Array(std::vector<std::string>(kMaxCborItems - 1, zero))));
  EXPECT_THAT(
      ParseCbor(cbor::Array(std::vector<std::string>(kMaxCborItems, zero))),
      HasReason(reason::kCborInvalid));
}

TEST(CborLimitTest, SizeIsIncluded) {
  EXPECT_OK(ParseCbor(cbor::Bytes(std::string(kMaxCborSize - 3, 'x'))));
  EXPECT_THAT(ParseCbor(cbor::Bytes(std::string(kMaxCborSize - 2, 'x'))),
              HasReason(reason::kCborInvalid));
}

TEST(CborTest, ReadingFromTheFrontLeavesTheRest) {
  absl::string_view input = "\x01\x02";
  EXPECT_OK(ReadCbor(input));
  EXPECT_EQ(input, "\x02");
}

TEST(CborTest, AFailedReadLeavesTheInput) {
  absl::string_view input = "\x82\x02";
  EXPECT_FALSE(ReadCbor(input).ok());
  EXPECT_EQ(input, "\x82\x02");
}

}  // namespace
}  // namespace u2fi::fido
