// The cloud in the wrong hands, as the auditor sees it afterwards: a file that
// claims an approval of what was not touched for has a fault.
#include <string>

#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/evidence_verifier.h"
#include "services/common/status/status_matchers.h"
#include "tests/attacks/attack_list.h"

namespace u2fi::attacks {
namespace {

using audit::Evidence;
using audit::EvidenceVerifier;
using audit::Finding;

// What a complete file shows whose one row says that the command was approved
// by the proof. The auditor believes the case's pin set.
absl::StatusOr<Evidence> Audited(const proof::FakeCase& c,
                                 const std::string& command,
                                 const proof::v1::Proof& proof) {
  audit::Anchors anchors;
  EXPECT_OK(anchors.Add(c.Present()->bytes()));
  audit::ParsedRow row;
  *row.header.mutable_writer() = audit::TestWriter();
  row.header.set_kind(audit::v1::ROW_KIND_APPROVAL);
  row.header.set_time_ms(c.site.now_ms);
  row.body.set_format(1);
  row.body.set_command(command);
  *row.body.mutable_approvals() = proof.approvals();
  row.body.set_index(proof.index());
  *row.body.mutable_path() = proof.path();
  row.body.set_state_before("AWAITING_APPROVAL");
  row.body.set_state_after("APPROVED");
  EvidenceVerifier::Options options;
  options.complete = true;
  EvidenceVerifier verifier(anchors, options);
  EXPECT_OK(verifier.Learn(row));
  verifier.Settle();
  return verifier.Verify(row, 1);
}

class InTheAuditTest : public testing::TestWithParam<Attack> {};

TEST_P(InTheAuditTest, ItIsAFault) {
  proof::FakeCase c;
  GetParam().make(c);
  EXPECT_FALSE(Audited(c, c.command, c.proof).ok());
}
INSTANTIATE_TEST_SUITE_P(Each, InTheAuditTest, testing::ValuesIn(AllAttacks()),
                         NameOf<Attack>);

class PinsInTheAuditTest : public testing::TestWithParam<ForgedUpdate> {};

TEST_P(PinsInTheAuditTest, ItIsAFault) {
  proof::FakeCase c;
  c.pins = c.Next();
  const auto forged = GetParam().make(c.site, *c.Present());
  EXPECT_FALSE(Audited(c, forged.command, forged.proof).ok());
}
INSTANTIATE_TEST_SUITE_P(Each, PinsInTheAuditTest,
                         testing::ValuesIn(ForgedUpdates()),
                         NameOf<ForgedUpdate>);

TEST(InTheAuditGoodTest, WhatWasTouchedForIsVerified) {
  proof::FakeCase c;
  ApproveTheThird(c);
  ASSERT_OK_AND_ASSIGN(const Evidence shown, Audited(c, c.command, c.proof));
  EXPECT_EQ(shown.finding, Finding::kVerified);
  const auto good = GoodUpdate(c.site, *c.Present());
  ASSERT_OK_AND_ASSIGN(const Evidence update,
                       Audited(c, good.command, good.proof));
  EXPECT_EQ(update.finding, Finding::kVerified);
}

}  // namespace
}  // namespace u2fi::attacks
