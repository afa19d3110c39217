#include "services/common/audit/verify_export.h"

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/audit/fake_export.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

class VerifyExportTest : public testing::Test {
 protected:
  ExportReport Verify(const std::string& file, bool complete = true) {
    std::istringstream input(file);
    VerifyExportOptions options;
    options.complete = complete;
    options.on_row = [this](const RowFinding& finding) {
      findings_[finding.line] = {finding.evidence, finding.anchor};
    };
    return VerifyExport(input, anchors_, options);
  }
  ExportReport Verify(const FakeExport& file, bool complete = true) {
    return Verify(file.File(), complete);
  }
  // The report must name this row and this step.
  void ExpectFault(const FakeExport& file, absl::string_view row,
                   absl::string_view step, bool complete = true) {
    const ExportReport report = Verify(file, complete);
    ASSERT_TRUE(report.fault.has_value());
    EXPECT_EQ(report.fault->step, step) << report.fault->why;
    EXPECT_EQ(report.fault->line, file.LineOf(row)) << report.fault->why;
  }
  // A file where one row says something else.
  FakeExport Edited(const std::string& row,
                    const std::function<void(RowContent&)>& edit) {
    return FakeExport([=](absl::string_view name, RowContent& content) {
      if (name == row) edit(content);
    });
  }
  std::string Hash(absl::string_view pins) {
    return crypto::Hex(crypto::View(proof::PinsHash(pins)));
  }

  Anchors anchors_;
  std::map<uint64_t, std::pair<Evidence, std::string>> findings_;
};

TEST_F(VerifyExportTest, AGoodFileHolds) {
  const FakeExport file;
  const ExportReport report = Verify(file);
  ASSERT_FALSE(report.fault.has_value())
      << report.fault->line << " " << report.fault->why;
  EXPECT_EQ(report.rows, 18u);
  EXPECT_EQ(report.checkpoints, 3u);
  EXPECT_EQ(report.verified, 9u);
  EXPECT_EQ(report.free, 1u);
  EXPECT_EQ(report.erased, 0u);
  EXPECT_EQ(report.unverifiable, 0u);
  EXPECT_EQ(report.uncovered, 0u);
  EXPECT_EQ(report.chains.size(), 2u);
}

TEST_F(VerifyExportTest, WithoutAnAnchorNoRowHoldsUnderOne) {
  EXPECT_EQ(Verify(FakeExport()).anchored, 0u);
}

TEST_F(VerifyExportTest, UnderAGenesisSetHoldsWhatItsDeviceDid) {
  const FakeExport file;
  ASSERT_OK(anchors_.Add(Hash(file.genesis)));
  const ExportReport report = Verify(file);
  EXPECT_EQ(report.anchored, 8u);
  const std::string hash = Hash(file.genesis);
  EXPECT_EQ(findings_[file.LineOf("vault.approved")].second, hash);
  EXPECT_EQ(findings_[file.LineOf("batch.2")].second, hash);
  EXPECT_EQ(findings_[file.LineOf("enrol.alice")].second, "");
  EXPECT_EQ(findings_[file.LineOf("unlock.done")].second, "");
}

TEST_F(VerifyExportTest, UnderATokensKeyHoldsWhatFollowsFromIt) {
  const FakeExport file;
  const std::string key =
      crypto::Hex(crypto::View(file.site.alice.key.public_key().SpkiHash()));
  ASSERT_OK(anchors_.Add(key));
  Verify(file);
  EXPECT_EQ(findings_[file.LineOf("enrol.alice")].second, key);
  EXPECT_EQ(findings_[file.LineOf("genesis")].second, key);
  EXPECT_EQ(findings_[file.LineOf("vault.approved")].second, key);
  EXPECT_EQ(findings_[file.LineOf("enrol.bob")].second, "");
}

TEST_F(VerifyExportTest, UnderAnAuditKeyHoldsWhatItsCheckpointsCover) {
  FakeExport file;
  const std::string key =
      Fingerprint(*ParseAuditKey(file.signer().public_key()));
  file.Add("late", {v1::ROW_KIND_ADMIN, {"accounts/alice"}, {}});
  ASSERT_OK(anchors_.Add(key));
  const ExportReport report = Verify(file);
  EXPECT_EQ(report.anchored, 18u);
  EXPECT_EQ(report.uncovered, 1u);
  EXPECT_EQ(findings_[file.LineOf("unlock.done")].second, key);
  EXPECT_EQ(findings_[file.LineOf("late")].second, "");
}

TEST_F(VerifyExportTest, AnAnchoredPinSetStandsForWhatThePartBeforeSaid) {
  FakeExport file;
  // Only the last rows are left.
  file.records.erase(file.records.begin() + 2,
                     file.records.begin() + file.IndexOf("vault.approved"));
  EXPECT_EQ(Verify(file, false).unverifiable, 1u);
  ASSERT_OK(anchors_.Add(file.second));
  const ExportReport report = Verify(file, false);
  EXPECT_EQ(report.verified, 1u);
  EXPECT_EQ(report.anchored, 1u);
}

TEST_F(VerifyExportTest, ErasedBodiesAreReportedAndNothingElse) {
  FakeExport file;
  file.Row("unlock.asked").clear_salt();
  file.Row("unlock.asked").clear_body();
  const ExportReport report = Verify(file);
  EXPECT_FALSE(report.fault.has_value());
  EXPECT_EQ(report.erased, 1u);
  EXPECT_EQ(report.verified, 9u);
}

TEST_F(VerifyExportTest, WhatReferredToAnErasedTouchCannotBeVerified) {
  FakeExport file;
  file.Row("batch.touch").clear_salt();
  file.Row("batch.touch").clear_body();
  const ExportReport report = Verify(file);
  EXPECT_FALSE(report.fault.has_value());
  EXPECT_EQ(report.unverifiable, 3u);
  EXPECT_EQ(report.verified, 6u);
}

TEST_F(VerifyExportTest, ARowThatComesAgainCountsOnce) {
  FakeExport file;
  const ExportRecord again = file.records[file.IndexOf("unlock.approved")];
  file.records.push_back(again);
  const ExportReport report = Verify(file);
  EXPECT_FALSE(report.fault.has_value());
  EXPECT_EQ(report.rows, 18u);
  EXPECT_EQ(report.verified, 9u);
}

TEST_F(VerifyExportTest, ALineThatCannotBeReadIsNamed) {
  FakeExport file;
  const ExportReport report = Verify(file.File() + "{}\n");
  ASSERT_TRUE(report.fault.has_value());
  EXPECT_EQ(report.fault->step, "line");
  EXPECT_EQ(report.fault->line, file.records.size() + 1);
}

TEST_F(VerifyExportTest, AChangedBodyIsNamed) {
  FakeExport file;
  file.Row("unlock.asked").mutable_body()->back() ^= 1;
  ExpectFault(file, "unlock.asked", "hash");
}

TEST_F(VerifyExportTest, AChangedHeaderBreaksTheChainAfterIt) {
  FakeExport file;
  v1::AuditRow& row = file.Row("unlock.asked");
  v1::AuditHeader header;
  header.ParseFromString(row.header());
  header.set_time_ms(header.time_ms() + 1);
  row.set_header(proof::Encode(header));
  ExpectFault(file, "unlock.refused", "previous");
}

TEST_F(VerifyExportTest, AMissingRowIsNamedByTheNextOne) {
  FakeExport file;
  file.records.erase(file.records.begin() + file.IndexOf("unlock.lost"));
  const ExportReport report = Verify(file);
  ASSERT_TRUE(report.fault.has_value());
  EXPECT_EQ(report.fault->step, "sequence");
  EXPECT_EQ(report.fault->line, file.LineOf("unlock.lost"));
}

TEST_F(VerifyExportTest, ATruncatedTailIsNamedByItsCheckpoint) {
  FakeExport file;
  file.records.erase(file.records.begin() + file.IndexOf("vault.approved"));
  const ExportReport report = Verify(file);
  ASSERT_TRUE(report.fault.has_value());
  EXPECT_EQ(report.fault->step, "truncated");
  EXPECT_EQ(report.fault->line, file.records.size());
}

TEST_F(VerifyExportTest, TheFirstOfTwoFaultsIsNamed) {
  FakeExport file = Edited("genesis", [](RowContent& content) {
    content.body.mutable_approvals(0)->mutable_signature()->back() ^= 1;
  });
  file.Row("unlock.done").mutable_body()->back() ^= 1;
  ExpectFault(file, "genesis", "signature");
}

// What a proof can be wrong in is tested with VerifyProof(); here, that each
// kind of row is verified, and with what.
struct Case {
  const char* name;
  const char* row;
  const char* step;
  std::function<void(RowContent&)> edit;
};
class VerifyExportFaultTest : public VerifyExportTest,
                              public testing::WithParamInterface<Case> {};

TEST_P(VerifyExportFaultTest, IsNamed) {
  const FakeExport file = Edited(GetParam().row, GetParam().edit);
  ExpectFault(file, GetParam().row, GetParam().step);
}

void SpoilSignature(RowContent& content) {
  content.body.mutable_approvals(0)->mutable_signature()->back() ^= 1;
}
void SpoilRelay(RowContent& content) {
  content.body.mutable_approvals(0)->mutable_relay_signature()->back() ^= 1;
}

const Case kCases[] = {
    {"EnrolmentBySomebodyElse", "enrol.bob", "signature", SpoilSignature},
    {"EnrolmentWithAnotherRegistration", "enrol.alice", "rule",
     [](RowContent& content) {
       content.body.mutable_evidence()->mutable_registration()->set_attestation(
           "other");
     }},
    {"GenesisByNobody", "genesis", "signature", SpoilSignature},
    {"GenesisRelayedByNobody", "genesis", "relay", SpoilRelay},
    {"CommandByNobody", "unlock.approved", "signature", SpoilSignature},
    {"CommandRelayedByNobody", "unlock.approved", "relay", SpoilRelay},
    {"AnotherCommand", "unlock.approved", "path",
     [](RowContent& content) {
       proof::v1::Command command;
       command.ParseFromString(content.body.command());
       command.set_arguments("{\"for\":6}");
       content.body.set_command(proof::Encode(command));
     }},
    {"CommandOutOfForm", "unlock.approved", "format",
     [](RowContent& content) { content.body.set_command("x"); }},
    {"ApprovedWithoutATouch", "unlock.approved", "proof",
     [](RowContent& content) { content.body.clear_approvals(); }},
    {"FreeThatIsNot", "lamp.free", "proof",
     [](RowContent& content) {
       proof::v1::Command command;
       command.ParseFromString(content.body.command());
       command.set_operation("door.unlock");
       content.body.set_command(proof::Encode(command));
     }},
    {"ItemWithAnotherIndex", "batch.1", "path",
     [](RowContent& content) { content.body.set_index(2); }},
    {"ItemWithAnotherPath", "batch.1", "path",
     [](RowContent& content) { content.body.mutable_path(0)->front() ^= 1; }},
    {"ItemWithAnUnknownTouch", "batch.1", "touch",
     [](RowContent& content) {
       content.body.mutable_approval_refs(0)->front() ^= 1;
     }},
    {"PinsByNobody", "pins", "signature", SpoilSignature},
    {"ByAKeyThatIsNotPinned", "vault.approved", "token",
     [](RowContent& content) {
       content.body.mutable_approvals(0)->set_token_id("tok-carol");
     }},
    {"DispatchedButNeverApproved", "unlock.dispatched", "approved",
     [](RowContent& content) {
       proof::v1::Command command;
       command.ParseFromString(content.body.command());
       command.mutable_command_id()->front() ^= 1;
       content.body.set_command(proof::Encode(command));
     }},
};
INSTANTIATE_TEST_SUITE_P(Faults, VerifyExportFaultTest,
                         testing::ValuesIn(kCases),
                         [](const auto& fault) { return fault.param.name; });

TEST_F(VerifyExportTest, AKeyThatNobodyEnrolledCannotJoinAPinSet) {
  FakeExport file = Edited("enrol.bob", [](RowContent& content) {
    content.body.clear_approvals();
    content.body.set_state_after("DENIED");
  });
  ExpectFault(file, "pins", "enrolments");
}

TEST_F(VerifyExportTest, ASecondTokenNeedsAnEnrolledOne) {
  FakeExport file;
  proof::FakeToken second("tok-alice2", "alice");
  proof::v1::EnrolmentProof enrolment = proof::FakeEnrolment(
      file.site, second, proof::FakeEnrolCommand(file.site, second),
      {{&second, &file.site.gw1}});
  RowContent content;
  content.kind = v1::ROW_KIND_TOKEN;
  content.body.set_command(enrolment.command());
  *content.body.mutable_approvals() = enrolment.proof().approvals();
  *content.body.mutable_evidence()->mutable_registration() =
      enrolment.registration();
  file.Add("enrol.second", std::move(content));
  ExpectFault(file, "enrol.second", "rule");
}

TEST_F(VerifyExportTest, AnotherRelyingPartyIsAFault) {
  std::istringstream input(FakeExport().File());
  VerifyExportOptions options;
  options.rp_id_hash = std::string(32, 'r');
  const ExportReport report = VerifyExport(input, anchors_, options);
  ASSERT_TRUE(report.fault.has_value());
  EXPECT_EQ(report.fault->step, "rp_id_hash");
}

TEST(AnchorsTest, TakesHashesAndPinSets) {
  const FakeExport file;
  Anchors anchors;
  EXPECT_TRUE(anchors.empty());
  EXPECT_OK(anchors.Add(std::string(64, 'A') + "\n"));
  EXPECT_TRUE(anchors.Has(std::string(64, 'a')));
  EXPECT_OK(anchors.Add(file.genesis));
  EXPECT_EQ(anchors.pin_sets().size(), 1u);
  EXPECT_TRUE(
      anchors.Has(crypto::Hex(crypto::View(proof::PinsHash(file.genesis)))));
}

TEST(AnchorsTest, RefusesAnythingElse) {
  Anchors anchors;
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(64, 'g')}) {
    EXPECT_THAT(anchors.Add(text), HasReason(reason::kAuditFormat));
  }
  EXPECT_TRUE(anchors.empty());
}

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

TEST_F(VerifyExportTest, AGatewaysJournalHoldsBesideTheGatesRows) {
  FakeExport file;
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  AddHandedAs(file, "lamp.free", "journal.free");
  EXPECT_FALSE(Verify(file).fault.has_value());
}

TEST_F(VerifyExportTest, AJournalKnowsOfACommandThatTheCloudHidesFromItsRows) {
  FakeExport file;
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  file.AddHanded("journal.hidden", "commands/hidden");
  file.AddHanded("journal.another", "commands/another");
  ExpectFault(file, "journal.hidden", "handed");
  // A part of the rows proves nothing.
  EXPECT_FALSE(Verify(file, false).fault.has_value());
}

TEST_F(VerifyExportTest, AJournalKnowsOfOtherBytesThanTheCloudTells) {
  FakeExport file;
  ASSERT_OK_AND_ASSIGN(const ParsedRow unlock,
                       CheckRow(file.Row("unlock.dispatched")));
  file.AddHanded("journal.other", unlock.header.subjects(0), "other bytes");
  ExpectFault(file, "journal.other", "handed");
}

// Two replicas take the same request; one of them loses the race, with another
// sequence number.
TEST_F(VerifyExportTest, AGateThatLostTheRaceSaysNothingOfTheBytes) {
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
TEST_F(VerifyExportTest, AJournalKnowsOfACommandThatTheCloudSaysWasDenied) {
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

TEST_F(VerifyExportTest, AJournalKnowsTheBytesThatTheCloudLeavesOut) {
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
TEST_F(VerifyExportTest, AnErasureExcusesOnlyWhatItWasAbout) {
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
TEST_F(VerifyExportTest, AnErasedCopyHidesNothing) {
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
TEST_F(VerifyExportTest, ABodyThatComesLaterIsVerified) {
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
TEST_F(VerifyExportTest, AJournalApprovesNothing) {
  FakeExport file = Edited("unlock.approved", [](RowContent& content) {
    content.body.set_state_after("AWAITING_APPROVAL");
    content.body.clear_command();
  });
  AddHandedAs(file, "unlock.dispatched", "journal.unlock");
  ExpectFault(file, "unlock.dispatched", "approved");
}

}  // namespace
}  // namespace u2fi::audit
