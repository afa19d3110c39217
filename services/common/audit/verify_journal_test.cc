// Exports with agents' journals, with erased rows, and joined ones.
#include <string>
#include <utility>
#include <vector>

#include "services/common/audit/verify_export_test_util.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

using VerifyJournalTest = VerifyExportTest;

// What a gateway would say of the gate's row.
void AddHandedAs(FakeExport& file, absl::string_view row,
                 absl::string_view name) {
  ASSERT_OK_AND_ASSIGN(const ParsedRow parsed, CheckRow(file.Row(row)));
  file.AddHanded(name, parsed.header.subjects(0), parsed.body.command());
}

// The gate's row for another command of the same name, approved as well.
RowContent ApprovedBesides(const FakeExport& file, const ParsedRow& row) {
  proof::v1::Command command;
  command.ParseFromString(row.body.command());
  command.set_sequence(command.sequence() + 1);
  proof::FakeRequest request;
  request.commands = {proof::Encode(command)};
  proof::FakeToken alice = file.site.alice;
  request.touches = {{&alice, &file.site.gw1}};
  RowContent content;
  content.kind = v1::ROW_KIND_APPROVAL;
  content.subjects = {row.header.subjects(0)};
  content.body.set_command(request.commands[0]);
  content.body.set_state_before("AWAITING_APPROVAL");
  content.body.set_state_after("APPROVED");
  *content.body.mutable_approvals() = file.site.Prove(request).approvals();
  return content;
}

TEST_F(VerifyJournalTest, AGatewaysJournalHoldsBesideTheGatesRows) {
  FakeExport file;
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  AddHandedAs(file, "lamp.free", "journal.free");
  EXPECT_FALSE(Verify(file).fault.has_value());
}

TEST_F(VerifyJournalTest, AJournalKnowsOfACommandThatTheCloudHidesFromItsRows) {
  FakeExport file;
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  file.AddHanded("journal.hidden", "commands/hidden");
  file.AddHanded("journal.another", "commands/another");
  ExpectFault(file, "journal.hidden", "handed");
  // A part of the rows proves nothing.
  EXPECT_FALSE(Verify(file, false).fault.has_value());
}

TEST_F(VerifyJournalTest, AJournalKnowsOfOtherBytesThanTheCloudTells) {
  FakeExport file;
  ASSERT_OK_AND_ASSIGN(const ParsedRow unlock,
                       CheckRow(file.Row("unlock.dispatched")));
  file.AddHanded("journal.other", unlock.header.subjects(0), "other bytes");
  ExpectFault(file, "journal.other", "handed");
}

// Two replicas take the same request; one of them loses the race, with another
// sequence number.
TEST_F(VerifyJournalTest, AGateThatLostTheRaceSaysNothingOfTheBytes) {
  for (const bool lost : {false, true}) {
    FakeExport file;
    ASSERT_OK_AND_ASSIGN(const ParsedRow unlock,
                         CheckRow(file.Row("unlock.dispatched")));
    RowContent other = ApprovedBesides(file, unlock);
    const std::string bytes = other.body.command();
    if (lost) {
      other.kind = v1::ROW_KIND_LOST_RACE;
      other.body.set_lost_kind(v1::ROW_KIND_APPROVAL);
    }
    file.Add("other", std::move(other));
    file.AddHanded("journal.other", unlock.header.subjects(0), bytes);
    EXPECT_EQ(Verify(file).fault.has_value(), lost);
    FakeExport right;
    AddHandedAs(right, "unlock.dispatched", "journal");
    EXPECT_FALSE(Verify(right).fault.has_value());
  }
}

// The cloud says that people said no, and the gateway says what it did.
TEST_F(VerifyJournalTest, AJournalKnowsOfACommandThatTheCloudSaysWasDenied) {
  FakeExport file;
  ASSERT_OK_AND_ASSIGN(const ParsedRow unlock,
                       CheckRow(file.Row("unlock.dispatched")));
  RowContent other = ApprovedBesides(file, unlock);
  const std::string bytes = other.body.command();
  other.kind = v1::ROW_KIND_COMMAND;
  other.body.clear_approvals();
  other.body.set_state_after("DENIED");
  file.Add("denied", std::move(other));
  file.AddHanded("journal.denied", unlock.header.subjects(0), bytes);
  ExpectFault(file, "journal.denied", "handed");
}

TEST_F(VerifyJournalTest, AJournalKnowsTheBytesThatTheCloudLeavesOut) {
  FakeExport file;
  RowContent about;
  about.kind = v1::ROW_KIND_COMMAND;
  about.subjects = {"commands/silent"};
  about.body.set_state_after("PREPARING");
  file.Add("silent", std::move(about));
  file.AddHanded("journal.silent", "commands/silent", "bytes");
  ExpectFault(file, "journal.silent", "handed");
  file.Row("silent").clear_salt();
  file.Row("silent").clear_body();
  EXPECT_FALSE(Verify(file).fault.has_value());
}

void Erase(v1::AuditRow& row) {
  row.clear_salt();
  row.clear_body();
}

// One erased row is no excuse for all the others.
TEST_F(VerifyJournalTest, AnErasureExcusesOnlyWhatItWasAbout) {
  FakeExport hidden;
  hidden.AddHanded("journal.hidden", "commands/hidden", "bytes");
  Erase(hidden.Row("unlock.asked"));
  ExpectFault(hidden, "journal.hidden", "handed");
  FakeExport file = Edited("unlock.approved", [](RowContent& content) {
    content.body.set_state_after("AWAITING_APPROVAL");
    content.body.clear_command();
  });
  Erase(file.Row("batch.touch"));
  ExpectFault(file, "unlock.dispatched", "approved");
}

// A second copy of a row, without its body, erases nothing.
TEST_F(VerifyJournalTest, AnErasedCopyHidesNothing) {
  FakeExport file = Edited("batch.1", [](RowContent& content) {
    content.body.mutable_approval_refs(0)->front() ^= 1;
  });
  v1::AuditRow copy = file.Row("unlock.asked");
  Erase(copy);
  file.records.push_back(copy);
  ExpectFault(file, "batch.1", "touch");
}

// The platform's operators get exports without bodies; joined with a full one,
// in whatever order, everything is verified.
TEST_F(VerifyJournalTest, ABodyThatComesLaterIsVerified) {
  for (const bool good : {true, false}) {
    FakeExport file = Edited("unlock.approved", [&](RowContent& content) {
      if (!good) content.body.mutable_approvals(0)->set_token_id("tok-carol");
    });
    const std::vector<ExportRecord> whole = file.records;
    std::vector<ExportRecord> bare = whole;
    for (ExportRecord& record : bare) {
      if (auto* row = std::get_if<v1::AuditRow>(&record)) Erase(*row);
    }
    for (const auto& [first, second] :
         {std::pair(bare, whole), {whole, bare}}) {
      file.records = first;
      file.records.insert(file.records.end(), second.begin(), second.end());
      const ExportReport report = Verify(file);
      EXPECT_EQ(report.fault.has_value(), !good);
      if (!good) continue;
      EXPECT_EQ(report.verified, 9u);
      EXPECT_EQ(report.erased, 0u);
      EXPECT_EQ(report.rows, 18u);
    }
  }
}

// Whoever has a gateway's key has nobody's touch.
TEST_F(VerifyJournalTest, AJournalApprovesNothing) {
  FakeExport file = Edited("unlock.approved", [](RowContent& content) {
    content.body.set_state_after("AWAITING_APPROVAL");
    content.body.clear_command();
  });
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  ExpectFault(file, "unlock.dispatched", "approved");
}

}  // namespace
}  // namespace u2fi::audit
