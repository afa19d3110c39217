#include "services/common/audit/command_ledger.h"

#include "services/common/audit/audit_test_util.h"
#include "services/common/proof/step.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

class CommandLedgerTest : public testing::Test {
 protected:
  static ParsedRow Row(const std::string& service, const std::string& command) {
    ParsedRow row;
    *row.header.mutable_writer() = TestWriter(service);
    row.header.set_kind(v1::ROW_KIND_COMMAND);
    row.header.add_subjects("devices/lock-1");
    row.header.add_subjects("commands/c1");
    row.body.set_command(command);
    return row;
  }
  static ParsedRow Gate(const std::string& command) {
    return Row("command-gate", command);
  }
  static ParsedRow Handed(const std::string& command) {
    ParsedRow row = Row("gateway/s1/gw-1", command);
    row.body.set_state_after("HANDED");
    return row;
  }
  // The step and the line of the fault; "" and 0 if there is none.
  std::pair<std::string, uint64_t> Fault() {
    uint64_t line = 0;
    const absl::Status status = ledger_.Finish(line);
    return {proof::StepOf(status), line};
  }
  using Place = std::pair<std::string, uint64_t>;

  CommandLedger ledger_;
};

TEST_F(CommandLedgerTest, WhatWasApprovedMayBeDispatchedAndHanded) {
  ledger_.Note(Gate("x"), 1);
  ledger_.NoteDispatched(Gate("x"), "c1", 2);
  ledger_.Note(Handed("x"), 3);
  EXPECT_EQ(Fault(), Place("approved", 2));
  ledger_.NoteApproved(Gate("x"));
  EXPECT_EQ(Fault(), Place("", 0));
}

TEST_F(CommandLedgerTest, TheFirstRowIsNamed) {
  ledger_.Note(Gate("x"), 1);
  ledger_.Note(Handed("x"), 2);
  ledger_.NoteDispatched(Gate("x"), "c1", 3);
  ledger_.NoteDispatched(Gate("x"), "c1", 4);
  EXPECT_EQ(Fault(), Place("handed", 2));
}

TEST_F(CommandLedgerTest, TheSameNameIsNotTheSameCommand) {
  ledger_.Note(Gate("x"), 1);
  ledger_.NoteApproved(Gate("x"));
  ledger_.Note(Handed("y"), 2);
  EXPECT_EQ(Fault(), Place("handed", 2));
  ledger_.NoteApproved(Gate("y"));
  EXPECT_EQ(Fault(), Place("", 0));
}

TEST_F(CommandLedgerTest, AJournalAloneProvesNothing) {
  ledger_.Note(Handed("x"), 1);
  EXPECT_EQ(Fault(), Place("", 0));
  ParsedRow lost = Gate("x");
  lost.header.set_kind(v1::ROW_KIND_LOST_RACE);
  ledger_.Note(lost, 2);
  EXPECT_EQ(Fault(), Place("", 0));
  ledger_.Note(Gate("x"), 3);
  EXPECT_EQ(Fault(), Place("handed", 1));
}

TEST_F(CommandLedgerTest, ErasuresExcuseWhatTheyWereAbout) {
  ledger_.Note(Gate("x"), 1);
  ledger_.Note(Handed("x"), 2);
  ParsedRow erased = Gate("");
  erased.erased = true;
  erased.header.set_subjects(1, "commands/c2");
  ledger_.Note(erased, 3);
  EXPECT_EQ(Fault(), Place("handed", 2));
  erased.header.set_subjects(1, "commands/c1");
  ledger_.Note(erased, 4);
  EXPECT_EQ(Fault(), Place("", 0));
}

TEST_F(CommandLedgerTest, EvidenceThatIsMissingIsAnExcuse) {
  ledger_.Note(Gate("x"), 1);
  ledger_.Note(Handed("x"), 2);
  ledger_.NoteUnverifiable(Gate("x"));
  EXPECT_EQ(Fault(), Place("", 0));
}

}  // namespace
}  // namespace u2fi::audit
