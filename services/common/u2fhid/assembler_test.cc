#include "services/common/u2fhid/assembler.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::u2fhid {
namespace {

// The packets of a PING with `size` different bytes.
std::vector<Report> Packets(size_t size) {
  std::string payload(size, '\0');
  for (size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
  absl::StatusOr<std::vector<Report>> reports =
      Fragment({5, Command::kPing, payload});
  EXPECT_OK(reports);
  return *reports;
}

class AssemblerTest : public testing::Test {
 protected:
  HidError Add(const Report& report) {
    return assembler_.Add(ParseFrame(report));
  }
  Assembler assembler_;
};

TEST_F(AssemblerTest, StartsEmpty) {
  EXPECT_FALSE(assembler_.started());
  EXPECT_FALSE(assembler_.complete());
}

TEST_F(AssemblerTest, OnePacketCanBeAWholeMessage) {
  EXPECT_EQ(Add(Packets(3)[0]), HidError::kNone);
  EXPECT_TRUE(assembler_.complete());
  EXPECT_EQ(assembler_.message().payload, std::string("\x00\x07\x0e", 3));
}

TEST_F(AssemblerTest, AnEmptyMessageIsWholeAtOnce) {
  EXPECT_EQ(Add(Packets(0)[0]), HidError::kNone);
  EXPECT_TRUE(assembler_.complete());
}

TEST_F(AssemblerTest, JoinsThePacketsOfTheLongestMessage) {
  const std::vector<Report> packets = Packets(kMaxMessage);
  for (const Report& packet : packets) {
    EXPECT_FALSE(assembler_.complete());
    ASSERT_EQ(Add(packet), HidError::kNone);
  }
  ASSERT_TRUE(assembler_.complete());
  ASSERT_OK_AND_ASSIGN(const std::vector<Report> again,
                       Fragment(assembler_.message()));
  EXPECT_EQ(again, packets);
}

TEST_F(AssemblerTest, RefusesALengthAboveTheLimit) {
  Report packet = Packets(1)[0];
  packet[5] = 0x1d;  // 0x1dba = 7610
  packet[6] = 0xba;
  EXPECT_EQ(Add(packet), HidError::kInvalidLength);
  EXPECT_FALSE(assembler_.started());
}

TEST_F(AssemblerTest, RefusesAContinuationFirst) {
  EXPECT_EQ(Add(Packets(60)[1]), HidError::kInvalidSequence);
}

TEST_F(AssemblerTest, RefusesASecondInitialization) {
  const Report first = Packets(60)[0];
  ASSERT_EQ(Add(first), HidError::kNone);
  EXPECT_EQ(Add(first), HidError::kInvalidSequence);
}

TEST_F(AssemblerTest, RefusesASkippedSequenceNumber) {
  const std::vector<Report> packets = Packets(200);
  ASSERT_EQ(Add(packets[0]), HidError::kNone);
  EXPECT_EQ(Add(packets[2]), HidError::kInvalidSequence);
}

TEST_F(AssemblerTest, RefusesARepeatedSequenceNumber) {
  const std::vector<Report> packets = Packets(200);
  ASSERT_EQ(Add(packets[0]), HidError::kNone);
  ASSERT_EQ(Add(packets[1]), HidError::kNone);
  EXPECT_EQ(Add(packets[1]), HidError::kInvalidSequence);
}

TEST_F(AssemblerTest, AnErrorLeavesWhatHasArrived) {
  const std::vector<Report> packets = Packets(100);
  ASSERT_EQ(Add(packets[0]), HidError::kNone);
  ASSERT_EQ(Add(packets[0]), HidError::kInvalidSequence);
  EXPECT_EQ(Add(packets[1]), HidError::kNone);
  EXPECT_TRUE(assembler_.complete());
}

TEST_F(AssemblerTest, RefusesAPacketAfterTheEnd) {
  const std::vector<Report> packets = Packets(100);
  ASSERT_EQ(Add(packets[0]), HidError::kNone);
  ASSERT_EQ(Add(packets[1]), HidError::kNone);
  Report more = packets[1];
  more[4] = 1;
  EXPECT_EQ(Add(more), HidError::kInvalidSequence);
}

}  // namespace
}  // namespace u2fi::u2fhid
