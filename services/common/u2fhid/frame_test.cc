#include "services/common/u2fhid/frame.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

using testing::SizeIs;

std::vector<Report> FragmentOrDie(const Message& message) {
  absl::StatusOr<std::vector<Report>> reports = Fragment(message);
  EXPECT_OK(reports);
  return reports.ok() ? *reports : std::vector<Report>{};
}

TEST(FragmentTest, PutsChannelCommandAndLengthInFront) {
  const std::vector<Report> reports =
      FragmentOrDie({0x01020304, Command::kPing, "ab"});
  ASSERT_THAT(reports, SizeIs(1));
  EXPECT_EQ(BytesOf(reports[0]).substr(0, 10),
            absl::string_view("\x01\x02\x03\x04\x81\x00\x02"
                              "ab\x00",
                              10));
}

TEST(FragmentTest, FillsWithZeros) {
  const std::vector<Report> reports = FragmentOrDie({1, Command::kPing, "ab"});
  EXPECT_EQ(BytesOf(reports[0]).substr(9), std::string(55, '\0'));
}

TEST(FragmentTest, AnEmptyMessageIsOnePacket) {
  EXPECT_THAT(FragmentOrDie({1, Command::kWink, ""}), SizeIs(1));
}

TEST(FragmentTest, FiftySevenBytesFitOnePacket) {
  EXPECT_THAT(FragmentOrDie({1, Command::kPing, std::string(57, 'x')}),
              SizeIs(1));
}

TEST(FragmentTest, TheFiftyEighthByteIsInPacketZero) {
  const std::vector<Report> reports =
      FragmentOrDie({0x0a0b0c0d, Command::kPing, std::string(57, 'x') + "y"});
  ASSERT_THAT(reports, SizeIs(2));
  EXPECT_EQ(BytesOf(reports[1]).substr(0, 7),
            absl::string_view("\x0a\x0b\x0c\x0d\x00y\x00", 7));
}

TEST(FragmentTest, TheLongestMessageEndsWithSequence127) {
  const std::vector<Report> reports =
      FragmentOrDie({1, Command::kPing, std::string(7609, 'x')});
  ASSERT_THAT(reports, SizeIs(129));
  EXPECT_EQ(ParseFrame(reports.back()).sequence, 127);
}

TEST(FragmentTest, RefusesALongerMessage) {
  EXPECT_THAT(Fragment({1, Command::kPing, std::string(7610, 'x')}),
              HasReason(reason::kTokenFrame));
}

TEST(ParseFrameTest, ReadsAnInitializationPacket) {
  const Report report = {0xde, 0xad, 0xbe, 0xef, 0x83, 0x12, 0x34, 'd'};
  const Frame frame = ParseFrame(report);
  EXPECT_EQ(frame.channel, 0xdeadbeef);
  EXPECT_TRUE(frame.initial);
  EXPECT_EQ(frame.command, Command::kMsg);
  EXPECT_EQ(frame.length, 0x1234);
  EXPECT_EQ(frame.data.size(), 57u);
  EXPECT_EQ(frame.data[0], 'd');
}

TEST(ParseFrameTest, ReadsAContinuationPacket) {
  const Report report = {0, 0, 0, 9, 0x7f, 'd'};
  const Frame frame = ParseFrame(report);
  EXPECT_EQ(frame.channel, 9u);
  EXPECT_FALSE(frame.initial);
  EXPECT_EQ(frame.sequence, 127);
  EXPECT_EQ(frame.data.size(), 59u);
  EXPECT_EQ(frame.data[0], 'd');
}

TEST(ErrorReportTest, IsOnePacketWithOneByte) {
  const Report report = ErrorReport(2, HidError::kChannelBusy);
  EXPECT_EQ(BytesOf(report).substr(0, 9),
            absl::string_view("\x00\x00\x00\x02\xbf\x00\x01\x06\x00", 9));
}

}  // namespace
}  // namespace u2fi::u2fhid
