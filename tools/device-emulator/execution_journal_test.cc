#include "tools/device-emulator/execution_journal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::device {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

RecentCommand Command(uint64_t sequence) {
  RecentCommand command;
  command.sequence = sequence;
  command.command_id = "abc";
  command.hash = crypto::Sha256("x");
  command.operation = "camera.on";
  return command;
}

TEST(ExecutionJournalTest, ReadsWhatItWrites) {
  const auto commands =
      ReadJournal(BeginLine(Command(7)) + EndLine(7, "SUCCEEDED {\"a\": 1}"));
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].sequence, 7u);
  EXPECT_EQ(commands[0].command_id, "abc");
  EXPECT_EQ(commands[0].hash, crypto::Sha256("x"));
  EXPECT_EQ(commands[0].operation, "camera.on");
  EXPECT_EQ(commands[0].outcome, "SUCCEEDED {\"a\": 1}");
}

TEST(ExecutionJournalTest, ACommandWithoutAnEndHasNoOutcome) {
  const auto commands = ReadJournal(BeginLine(Command(7)));
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].outcome, "");
}

TEST(ExecutionJournalTest, CountsACommandThatBeganTwiceTwice) {
  EXPECT_THAT(ReadJournal(BeginLine(Command(7)) + BeginLine(Command(7))),
              SizeIs(2));
}

TEST(ExecutionJournalTest, PassesOverHalfALineAtTheBeginning) {
  const std::string line = BeginLine(Command(7));
  EXPECT_THAT(ReadJournal(line.substr(3) + BeginLine(Command(8))), SizeIs(1));
}

TEST(ExecutionJournalTest, PassesOverHalfALineAtTheEnd) {
  const std::string line = EndLine(7, "SUCCEEDED");
  const auto commands =
      ReadJournal(BeginLine(Command(7)) + line.substr(0, line.size() - 1));
  ASSERT_THAT(commands, SizeIs(1));
  EXPECT_EQ(commands[0].outcome, "");
}

TEST(ExecutionJournalTest, PassesOverAnEndWithoutABeginning) {
  EXPECT_THAT(ReadJournal(EndLine(7, "SUCCEEDED")), IsEmpty());
}

TEST(ExecutionJournalTest, PassesOverAHashThatIsNone) {
  EXPECT_THAT(ReadJournal("BEGIN 1 abc zz camera.on\n"), IsEmpty());
}

}  // namespace
}  // namespace u2fi::device
