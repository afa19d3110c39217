// Break-glass through the gate's core: two keys that the owner pinned for it.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/command_view.h"
#include "services/command-gate/quorum_test_case.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using testing::IsEmpty;
using testing::SizeIs;

class BreakGlassTest : public QuorumTestCase {
 protected:
  BreakGlassTest() {
    registry_.rule.set_approvals(1);
    registry_.rule.set_roles(proof::v1::KEY_ROLE_OWNER);
    Pin("gina", "gina-1", proof::v1::KEY_ROLE_BREAK_GLASS, "g1");
    Pin("hugo", "hugo-1", proof::v1::KEY_ROLE_BREAK_GLASS, "g2");
  }
  static Submission Emergency(int n = 1) {
    Submission asked = CameraOn(n);
    asked.purpose = proof::v1::PURPOSE_BREAK_GLASS;
    asked.break_glass_reason = "smoke in the cellar";
    return asked;
  }
  absl::StatusOr<StoredCommand> Try(const Submission& asked) {
    return gate().submitter.Submit(asked, /*check_only=*/false);
  }
  StoredCommand ApprovedByBoth() {
    const StoredCommand asked = Advance(Submit(Emergency()));
    EXPECT_OK(Approve(asked, "gina"));
    const auto approved = Approve(Reread(asked), "hugo");
    EXPECT_OK(approved);
    return approved.ok() ? *approved : StoredCommand();
  }
  std::vector<audit::ParsedRow> Alarms() {
    std::vector<audit::ParsedRow> alarms;
    for (const audit::ParsedRow& row : Rows()) {
      if (row.header.kind() == audit::v1::ROW_KIND_ALARM) alarms.push_back(row);
    }
    return alarms;
  }
};

TEST_F(BreakGlassTest, OnlyTheKeysThatTheOwnerPinnedForItAreAsked) {
  const StoredCommand asked = Advance(Submit(Emergency()));
  ASSERT_EQ(asked.row.slots_size(), 2);
  EXPECT_EQ(asked.row.slots(0).account(), "gina");
  EXPECT_EQ(asked.row.slots(1).account(), "hugo");
  EXPECT_EQ(challenge_.issued[0].template_().purpose(),
            proof::v1::PURPOSE_BREAK_GLASS);
}

TEST_F(BreakGlassTest, OneTouchIsNotEnough) {
  const StoredCommand asked = Advance(Submit(Emergency()));
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "gina"));
  ASSERT_OK(gate().flow.Advance(one));
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  EXPECT_THAT(gateways_.Of(MeshMessage::kExecuteCommand), IsEmpty());
}

TEST_F(BreakGlassTest, TwoAre) {
  const StoredCommand approved = ApprovedByBoth();
  EXPECT_EQ(approved.row.state(), v1::COMMAND_STATE_APPROVED);
  ASSERT_OK(gate().flow.Advance(approved));
  const auto executed = gateways_.Of(MeshMessage::kExecuteCommand);
  ASSERT_THAT(executed, SizeIs(1));
  EXPECT_EQ(executed[0].execute_command().proof().approvals_size(), 2);
}

TEST_F(BreakGlassTest, WhoAsksMayBeOneOfTheTwo) {
  Submission asked = Emergency();
  asked.account = "gina";
  EXPECT_EQ(Submit(asked).row.slots_size(), 2);
}

TEST_F(BreakGlassTest, AnAlarmIsRaisedWhenItIsAskedForAndWhenItIsApproved) {
  ApprovedByBoth();
  const std::vector<audit::ParsedRow> alarms = Alarms();
  ASSERT_THAT(alarms, SizeIs(2));
  EXPECT_EQ(alarms[0].body.reason(), "BREAK_GLASS");
  EXPECT_EQ(alarms[0].body.state_after(), "PREPARING");
  EXPECT_EQ(alarms[1].body.state_after(), "APPROVED");
  EXPECT_EQ(gate().metrics.Alarms("break_glass_asked"), 1);
  EXPECT_EQ(gate().metrics.Alarms("break_glass_approved"), 1);
}

TEST_F(BreakGlassTest, TheReasonIsRecorded) {
  const StoredCommand approved = ApprovedByBoth();
  bool told = false;
  const audit::v1::AuditBody body = Alarms()[0].body;
  for (const audit::v1::Detail& detail : body.details()) {
    told |= detail.name() == "why" && detail.value() == "smoke in the cellar";
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(ViewOf(approved.row, v1::COMMAND_VIEW_BASIC).break_glass_reason(),
            "smoke in the cellar");
}

TEST_F(BreakGlassTest, WhatNeedsNoTouchStillNeedsTwo) {
  registry_.rule = proof::v1::Rule();
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  const StoredCommand stored = Submit(Emergency());
  EXPECT_FALSE(stored.row.free());
  EXPECT_EQ(stored.row.slots_size(), 2);
}

TEST_F(BreakGlassTest, WhatTheRuleWantsOfItsKeysIsNotWantedOfThese) {
  registry_.rule.set_uv(true);
  registry_.rule.set_level(2);
  EXPECT_FALSE(Submit(Emergency()).row.has_required());
}

TEST_F(BreakGlassTest, AForbiddenOperationStaysForbidden) {
  registry_.rule = proof::v1::Rule();
  registry_.rule.set_kind(proof::v1::RULE_KIND_FORBIDDEN);
  EXPECT_THAT(Try(Emergency()), HasReason(reason::kOperationForbidden));
}

TEST_F(BreakGlassTest, WithoutTwoPinnedKeysItDoesNotExist) {
  registry_.pins.mutable_keys()->RemoveLast();
  EXPECT_THAT(Try(Emergency()), HasReason(reason::kBreakGlassDisabled));
  EXPECT_THAT(Rows(), IsEmpty());
}

TEST_F(BreakGlassTest, TwoKeysOfOneAccountAreOne) {
  registry_.pins.mutable_keys()->RemoveLast();
  Pin("gina", "gina-2", proof::v1::KEY_ROLE_BREAK_GLASS, "g2");
  EXPECT_THAT(Try(Emergency()), HasReason(reason::kBreakGlassDisabled));
}

TEST_F(BreakGlassTest, ConfigurationMayForbidIt) {
  Approvers approvers(clock_, attestation_, gateways_,
                      {/*self_approval=*/true, /*forbid_break_glass=*/true});
  Approvers::Case in;
  in.tenant = "t1";
  in.pins = {registry_.pins};
  in.rule = Submit(Emergency()).row.quorum();
  in.break_glass = true;
  records::v1::CommandRow row;
  EXPECT_THAT(approvers.AddTo(in, row), HasReason(reason::kBreakGlassDisabled));
}

TEST_F(BreakGlassTest, TheTenantsPolicyMayForbidIt) {
  registry_.policy.set_forbid_break_glass(true);
  EXPECT_THAT(Try(Emergency()), HasReason(reason::kBreakGlassDisabled));
  EXPECT_THAT(Rows(), IsEmpty());
  EXPECT_OK(Try(CameraOn(2)));
}

TEST_F(BreakGlassTest, OnceThePolicyForbidsItATouchComesTooLate) {
  const StoredCommand asked = Advance(Submit(Emergency()));
  ASSERT_OK(Approve(asked, "gina"));
  registry_.policy.set_forbid_break_glass(true);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Approve(Reread(asked), "hugo"));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(verdict_.reason(), reason::kPolicyChanged.name);
}

TEST_F(BreakGlassTest, OrdinaryCommandsDoNotCountTheseKeys) {
  registry_.rule.set_approvals(2);
  registry_.rule.set_roles(proof::v1::KEY_ROLE_APPROVER);
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_EQ(SlotOf(stored, "gina"), -1);
  EXPECT_THAT(Alarms(), IsEmpty());
}

TEST_F(BreakGlassTest, ANoIsAVetoHereToo) {
  const StoredCommand asked = Advance(Submit(Emergency()));
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked, SlotOf(asked, "hugo"));
  answer.mutable_declined()->set_source("button");
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Answer(asked, answer, Session("g2")));
  EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
}

}  // namespace
}  // namespace u2fi::command_gate
