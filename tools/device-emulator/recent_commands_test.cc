#include "tools/device-emulator/recent_commands.h"

#include "gtest/gtest.h"

namespace u2fi::device {
namespace {

RecentCommand Command(uint64_t sequence) {
  RecentCommand command;
  command.sequence = sequence;
  command.hash = crypto::Sha256(std::to_string(sequence));
  return command;
}

TEST(RecentCommandsTest, FindsACommandByNumberAndByBytes) {
  RecentCommands recent;
  recent.Begin(Command(3));
  ASSERT_NE(recent.FindBySequence(3), nullptr);
  EXPECT_EQ(recent.FindByHash(crypto::Sha256("3")), recent.FindBySequence(3));
}

TEST(RecentCommandsTest, KnowsNothingElse) {
  RecentCommands recent;
  recent.Begin(Command(3));
  EXPECT_EQ(recent.FindBySequence(2), nullptr);
  EXPECT_EQ(recent.FindByHash(crypto::Sha256("2")), nullptr);
}

TEST(RecentCommandsTest, ACommandHasNoOutcomeUntilItEnds) {
  RecentCommands recent;
  recent.Begin(Command(3));
  EXPECT_EQ(recent.FindBySequence(3)->outcome, "");
  recent.End(3, "SUCCEEDED");
  EXPECT_EQ(recent.FindBySequence(3)->outcome, "SUCCEEDED");
}

TEST(RecentCommandsTest, IgnoresTheEndOfWhatItForgot) {
  RecentCommands recent;
  recent.End(3, "SUCCEEDED");
  EXPECT_EQ(recent.FindBySequence(3), nullptr);
}

TEST(RecentCommandsTest, KeepsTheSixtyFourHighest) {
  RecentCommands recent;
  for (uint64_t sequence = 1; sequence <= 65; ++sequence) {
    recent.Begin(Command(sequence));
  }
  EXPECT_EQ(recent.FindBySequence(1), nullptr);
  EXPECT_NE(recent.FindBySequence(2), nullptr);
}

}  // namespace
}  // namespace u2fi::device
