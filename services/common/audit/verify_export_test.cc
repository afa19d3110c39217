#include "services/common/audit/verify_export.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/audit/verify_export_test_util.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

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

TEST_F(VerifyExportTest, AnErasedBodyThatComesAgainIsStillErased) {
  FakeExport file;
  file.Row("unlock.asked").clear_salt();
  file.Row("unlock.asked").clear_body();
  const ExportRecord again = file.records[file.IndexOf("unlock.asked")];
  file.records.push_back(again);
  const ExportReport report = Verify(file);
  EXPECT_FALSE(report.fault.has_value());
  EXPECT_EQ(report.erased, 1u);
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
  EXPECT_EQ(report.fault->record, "line");
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

TEST_F(VerifyExportTest, ATruncatedTailIsNamedByWhatAnotherChainSaw) {
  FakeExport file;
  auto& last = std::get<v1::SignedCheckpoint>(file.records.back());
  v1::Checkpoint checkpoint;
  ASSERT_TRUE(checkpoint.ParseFromString(last.checkpoint()));
  v1::RowReference& seen = *checkpoint.mutable_seen(0);
  seen.set_sequence(seen.sequence() + 100);
  last = file.signer().Sign(checkpoint);
  const ExportReport report = Verify(file);
  ASSERT_TRUE(report.fault.has_value());
  EXPECT_EQ(report.fault->step, "truncated");
  EXPECT_EQ(report.fault->line, file.records.size());
  EXPECT_EQ(report.fault->record, "record that names another row");
}

TEST_F(VerifyExportTest, TheFirstOfTwoFaultsIsNamed) {
  FakeExport file = Edited("genesis", [](RowContent& content) {
    content.body.mutable_approvals(0)->mutable_signature()->back() ^= 1;
  });
  file.Row("unlock.done").mutable_body()->back() ^= 1;
  ExpectFault(file, "genesis", "signature");
}

TEST_F(VerifyExportTest, TheRecordOfAFaultIsNamedByWhatItIs) {
  const auto record = [this](const FakeExport& file) {
    const ExportReport report = Verify(file);
    return report.fault.has_value() ? report.fault->record : "";
  };
  FakeExport key;
  key.records.push_back(
      AuditKey{key.signer().public_key().kid,
               crypto::P256PrivateKey::Generate().public_key().point()});
  EXPECT_EQ(record(key), "key " + key.signer().public_key().kid);
  FakeExport checkpoint;
  std::get<v1::SignedCheckpoint>(checkpoint.records.back())
      .mutable_signature()
      ->back() ^= 1;
  EXPECT_EQ(record(checkpoint), "checkpoint");
  FakeExport body;
  body.Row("unlock.asked").mutable_body()->back() ^= 1;
  EXPECT_EQ(record(body), "row");
  FakeExport gap;
  gap.records.erase(gap.records.begin() + gap.IndexOf("unlock.lost"));
  EXPECT_THAT(record(gap), testing::StartsWith("row "));
  EXPECT_THAT(
      record(Edited(
          "genesis",
          [](RowContent& content) {
            content.body.mutable_approvals(0)->mutable_signature()->back() ^= 1;
          })),
      testing::StartsWith("row 3 of "));
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

}  // namespace
}  // namespace u2fi::audit
