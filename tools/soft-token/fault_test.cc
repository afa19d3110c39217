#include "tools/soft-token/fault.h"

#include "gtest/gtest.h"

namespace u2fi::soft_token {
namespace {

constexpr u2fhid::Report kInitial = {0, 0, 0, 1, 0x83, 0, 2, 0x90};
constexpr u2fhid::Report kContinuation = {0, 0, 0, 1, 0x04, 'd'};

TEST(FaultTest, EachHasAName) {
  EXPECT_EQ(FaultNames().size(), 7u);
  for (const absl::string_view name : FaultNames()) {
    ASSERT_TRUE(FaultNamed(name).has_value()) << name;
    EXPECT_EQ(NameOf(*FaultNamed(name)), name);
  }
}

TEST(FaultTest, NoOtherNameIsAFault) {
  EXPECT_FALSE(FaultNamed("").has_value());
  EXPECT_FALSE(FaultNamed("Silent").has_value());
}

TEST(DistortTest, NoneAndForeignLeaveReportsAlone) {
  EXPECT_EQ(Distort(Fault::kNone, kInitial), u2fhid::BytesOf(kInitial));
  EXPECT_EQ(Distort(Fault::kForeign, kInitial), u2fhid::BytesOf(kInitial));
}

TEST(DistortTest, SilentSendsNothing) {
  EXPECT_FALSE(Distort(Fault::kSilent, kInitial).has_value());
}

TEST(DistortTest, ShortAndLongFrames) {
  EXPECT_EQ(Distort(Fault::kShortFrames, kInitial)->size(), 63u);
  EXPECT_EQ(Distort(Fault::kLongFrames, kInitial)->size(), 65u);
}

TEST(DistortTest, WrongChannelChangesTheChannelOnly) {
  const std::string packet = *Distort(Fault::kWrongChannel, kInitial);
  EXPECT_NE(packet.substr(0, 4), u2fhid::BytesOf(kInitial).substr(0, 4));
  EXPECT_EQ(packet.substr(4), u2fhid::BytesOf(kInitial).substr(4));
}

TEST(DistortTest, BadSequenceChangesContinuationsOnly) {
  EXPECT_EQ(Distort(Fault::kBadSequence, kInitial), u2fhid::BytesOf(kInitial));
  EXPECT_EQ((*Distort(Fault::kBadSequence, kContinuation))[4], 5);
}

}  // namespace
}  // namespace u2fi::soft_token
