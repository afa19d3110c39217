#include "services/gateway-agent/journal_rows.h"

#include <string>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/domains.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using audit::RowContent;

records::v1::JournalRow Row() {
  records::v1::JournalRow row;
  row.set_schema(1);
  row.set_device("cam-1");
  row.set_command("exact bytes");
  return row;
}

gateway::v1::CommandResult Result() {
  gateway::v1::CommandResult result;
  result.set_command_id("c1");
  result.set_device("cam-1");
  result.set_outcome(gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  result.set_outcome_text("SUCCEEDED");
  return result;
}

// Whether the audit takes it.
absl::Status Check(RowContent content) {
  FakeRandomSource random;
  return audit::PreparedRow::Make(std::move(content), random).status();
}

TEST(JournalRowsTest, AHandOverNamesTheTouchesAndHasTheExactCommand) {
  proof::v1::Proof proof;
  proof::v1::Approval& approval = *proof.add_approvals();
  approval.set_statement("what was signed");
  proof.set_index(3);
  proof.add_path(std::string(32, 'p'));
  records::v1::JournalRow row = Row();
  row.set_proof(proof.SerializeAsString());
  const RowContent content = HandedContent("c1", row);
  EXPECT_EQ(content.subjects,
            (std::vector<std::string>{"commands/c1", "devices/cam-1"}));
  EXPECT_EQ(content.body.command(), "exact bytes");
  ASSERT_EQ(content.body.approval_refs_size(), 1);
  EXPECT_EQ(content.body.approval_refs(0),
            crypto::View(audit::ApprovalDigest(approval)));
  EXPECT_EQ(content.body.index(), 3u);
  EXPECT_EQ(content.body.path_size(), 1);
  EXPECT_EQ(content.body.state_after(), "HANDED");
  EXPECT_OK(Check(content));
}

TEST(JournalRowsTest, AFreeCommandHasNoTouches) {
  const RowContent content = HandedContent("c1", Row());
  EXPECT_EQ(content.body.approval_refs_size(), 0);
  EXPECT_OK(Check(content));
}

TEST(JournalRowsTest, TheEndHoldsWhatTheDeviceSigned) {
  gateway::v1::CommandResult result = Result();
  result.set_device_signature(std::string(70, 's'));
  const RowContent content = EndContent(result);
  EXPECT_EQ(content.body.state_before(), "HANDED");
  EXPECT_EQ(content.body.state_after(), "SUCCEEDED");
  const crypto::Digest input =
      crypto::Sha256({proof::domain::kResult, crypto::LengthPrefixed("c1"),
                      crypto::LengthPrefixed("SUCCEEDED")});
  EXPECT_EQ(content.body.device_signature(),
            std::string(crypto::View(input)) + std::string(70, 's'));
  EXPECT_OK(Check(content));
}

TEST(JournalRowsTest, NothingThatADeviceSaysKeepsTheRowOut) {
  gateway::v1::CommandResult result = Result();
  result.set_device_signature(std::string(5000, 's'));
  result.set_outcome_text("FAILED -----BEGIN PRIVATE KEY-----");
  result.set_outcome(gateway::v1::EXECUTION_OUTCOME_FAILED);
  const RowContent content = EndContent(result);
  EXPECT_EQ(content.body.state_after(), "FAILED");
  EXPECT_EQ(content.body.details_size(), 0);
  EXPECT_OK(Check(content));
}

TEST(JournalRowsTest, WhatIsBelievedIsNamedByTheHashOfThePinSet) {
  records::v1::DeviceRow row;
  row.set_pin_set("pins");
  const RowContent content = PinsContent("cam-1", row);
  EXPECT_EQ(content.body.details(0).value(),
            crypto::Hex(
                crypto::View(crypto::Sha256({proof::domain::kPins, "pins"}))));
  EXPECT_OK(Check(content));
  EXPECT_OK(Check(ForgottenContent("cam-1")));
}

}  // namespace
}  // namespace u2fi::gateway_agent
