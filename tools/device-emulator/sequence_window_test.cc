#include "tools/device-emulator/sequence_window.h"

#include <limits>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

using State = SequenceWindow::State;

SequenceWindow After(std::initializer_list<uint64_t> used) {
  SequenceWindow window;
  for (uint64_t sequence : used) window.Use(sequence);
  return window;
}

TEST(SequenceWindowTest, ZeroIsNeverUsable) {
  EXPECT_EQ(SequenceWindow().StateOf(0), State::kForgotten);
}

TEST(SequenceWindowTest, TheFirstNumberIsOne) {
  EXPECT_EQ(SequenceWindow().StateOf(1), State::kFree);
}

TEST(SequenceWindowTest, ANumberIsUsedOnce) {
  EXPECT_EQ(After({5}).StateOf(5), State::kUsed);
}

TEST(SequenceWindowTest, NumbersMayComeOutOfOrder) {
  EXPECT_EQ(After({5}).StateOf(4), State::kFree);
  EXPECT_EQ(After({5, 4}).StateOf(4), State::kUsed);
  EXPECT_EQ(After({5, 4}).StateOf(5), State::kUsed);
}

TEST(SequenceWindowTest, RemembersTheSixtyFourLast) {
  const SequenceWindow window = After({36, 37, 100});
  EXPECT_EQ(window.StateOf(37), State::kUsed);
  EXPECT_EQ(window.StateOf(36), State::kForgotten);
  EXPECT_EQ(window.StateOf(38), State::kFree);
}

TEST(SequenceWindowTest, AWideStepForgetsEverythingBelow) {
  const SequenceWindow window = After({1, 65});
  EXPECT_EQ(window.StateOf(1), State::kForgotten);
  EXPECT_EQ(window.StateOf(2), State::kFree);
  EXPECT_EQ(window.StateOf(65), State::kUsed);
}

TEST(SequenceWindowTest, BoundsTheStep) {
  const SequenceWindow window = After({7});
  EXPECT_EQ(window.StateOf(7 + SequenceWindow::kMaxStep), State::kFree);
  EXPECT_EQ(window.StateOf(8 + SequenceWindow::kMaxStep), State::kTooFar);
  EXPECT_EQ(window.StateOf(std::numeric_limits<uint64_t>::max()),
            State::kTooFar);
}

TEST(SequenceWindowTest, TellsTheHighest) {
  EXPECT_EQ(SequenceWindow().high(), 0u);
  EXPECT_EQ(After({9, 3}).high(), 9u);
}

TEST(SequenceWindowTest, SurvivesEncoding) {
  const SequenceWindow before = After({90, 100, 99});
  ASSERT_EQ(before.Encode().size(), SequenceWindow::kEncodedSize);
  ASSERT_OK_AND_ASSIGN(SequenceWindow window,
                       SequenceWindow::Decode(before.Encode()));
  for (uint64_t sequence = 30; sequence < 110; ++sequence) {
    EXPECT_EQ(window.StateOf(sequence), before.StateOf(sequence)) << sequence;
  }
}

TEST(SequenceWindowTest, AnEmptyOneSurvivesEncoding) {
  EXPECT_OK(SequenceWindow::Decode(SequenceWindow().Encode()));
}

TEST(SequenceWindowTest, RefusesAnotherLength) {
  EXPECT_FALSE(SequenceWindow::Decode(std::string(15, '\0')).ok());
}

TEST(SequenceWindowTest, RefusesAWindowThatContradictsItself) {
  std::string bytes = After({5}).Encode();
  bytes.back() = 0;
  EXPECT_FALSE(SequenceWindow::Decode(bytes).ok());
}

}  // namespace
}  // namespace u2fi::device
