#include "services/common/u2fhid/apdu.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

std::string FromHex(absl::string_view hex) {
  return absl::HexStringToBytes(hex);
}

CommandApdu Sample(std::string data, uint32_t max_response) {
  return {0x00, 0x02, 0x03, 0x04, std::move(data), max_response};
}

std::string EncodeHex(const CommandApdu& command, ApduEncoding encoding) {
  const absl::StatusOr<std::string> bytes = EncodeCommand(command, encoding);
  EXPECT_OK(bytes);
  return bytes.ok() ? absl::BytesToHexString(*bytes) : "";
}

// One row: what ISO 7816-4 calls a case, in one encoding.
struct Case {
  const char* name;
  ApduEncoding encoding;
  const char* hex;
  const char* data;
  uint32_t max_response;
};

class ApduCaseTest : public testing::TestWithParam<Case> {};

TEST_P(ApduCaseTest, IsEncodedSo) {
  const Case& c = GetParam();
  EXPECT_EQ(EncodeHex(Sample(c.data, c.max_response), c.encoding), c.hex);
}

TEST_P(ApduCaseTest, IsParsedBack) {
  const Case& c = GetParam();
  ASSERT_OK_AND_ASSIGN(const CommandApdu command, ParseCommand(FromHex(c.hex)));
  EXPECT_EQ(command.ins, 0x02);
  EXPECT_EQ(command.p1, 0x03);
  EXPECT_EQ(command.p2, 0x04);
  EXPECT_EQ(command.data, c.data);
  EXPECT_EQ(command.max_response, c.max_response);
}

INSTANTIATE_TEST_SUITE_P(
    Iso7816, ApduCaseTest,
    testing::Values(
        Case{"Case1", ApduEncoding::kShort, "00020304", "", 0},
        Case{"Case2Short", ApduEncoding::kShort, "0002030410", "", 16},
        Case{"Case2ShortAll", ApduEncoding::kShort, "0002030400", "", 256},
        Case{"Case3Short", ApduEncoding::kShort, "00020304026869", "hi", 0},
        Case{"Case4Short", ApduEncoding::kShort, "0002030402686900", "hi", 256},
        Case{"Case2Extended", ApduEncoding::kExtended, "00020304000100", "",
             256},
        Case{"Case2ExtendedAll", ApduEncoding::kExtended, "00020304000000", "",
             65536},
        Case{"Case3Extended", ApduEncoding::kExtended, "000203040000026869",
             "hi", 0},
        Case{"Case4Extended", ApduEncoding::kExtended, "0002030400000268690000",
             "hi", 65536}),
    [](const auto& info) { return info.param.name; });

TEST(EncodeCommandTest, ShortTakes255Bytes) {
  EXPECT_OK(
      EncodeCommand(Sample(std::string(255, 'd'), 256), ApduEncoding::kShort));
}

TEST(EncodeCommandTest, ShortRefuses256Bytes) {
  EXPECT_THAT(
      EncodeCommand(Sample(std::string(256, 'd'), 0), ApduEncoding::kShort),
      HasReason(reason::kTokenFrame));
}

TEST(EncodeCommandTest, ShortRefusesALongResponse) {
  EXPECT_THAT(EncodeCommand(Sample("", 257), ApduEncoding::kShort),
              HasReason(reason::kTokenFrame));
}

TEST(EncodeCommandTest, ExtendedRefuses65536Bytes) {
  EXPECT_THAT(EncodeCommand(Sample(std::string(65536, 'd'), 0),
                            ApduEncoding::kExtended),
              HasReason(reason::kTokenFrame));
}

TEST(EncodeCommandTest, ExtendedRefusesALongerResponse) {
  EXPECT_THAT(EncodeCommand(Sample("", 65537), ApduEncoding::kExtended),
              HasReason(reason::kTokenFrame));
}

TEST(ParseCommandTest, TakesWhatLibfido2SendsForNoData) {
  ASSERT_OK_AND_ASSIGN(const CommandApdu command,
                       ParseCommand(FromHex("000300000000000000")));
  EXPECT_EQ(command.ins, 3);
  EXPECT_EQ(command.data, "");
  EXPECT_EQ(command.max_response, 65536u);
}

// Bytes that are no command APDU.
class BadApduTest : public testing::TestWithParam<const char*> {};

TEST_P(BadApduTest, IsRefused) {
  EXPECT_THAT(ParseCommand(FromHex(GetParam())),
              HasReason(reason::kTokenFrame));
}

INSTANTIATE_TEST_SUITE_P(
    Iso7816, BadApduTest,
    testing::Values("",                      // Nothing.
                    "000203",                // Half a header.
                    "000203040268",          // Short Lc above the data.
                    "000203040268690000",    // A byte behind a short Le.
                    "000203040000",          // Half an extended length.
                    "0002030400000368",      // Extended Lc above the data.
                    "00020304000002686900",  // Half an extended Le.
                    "000203040000026869000000"));  // A byte behind it.

TEST(ResponseTest, HasItsStatusAtTheEnd) {
  EXPECT_EQ(
      absl::BytesToHexString(EncodeResponse({"hi", StatusWord::kTouchNeeded})),
      "68696985");
}

TEST(ResponseTest, IsParsedBack) {
  ASSERT_OK_AND_ASSIGN(const ResponseApdu response,
                       ParseResponse(FromHex("68696a80")));
  EXPECT_EQ(response.data, "hi");
  EXPECT_EQ(response.status, StatusWord::kWrongData);
}

TEST(ResponseTest, WithoutAStatusWordIsRefused) {
  EXPECT_THAT(ParseResponse("\x90"), HasReason(reason::kTokenFrame));
}

}  // namespace
}  // namespace u2fi::u2fhid
