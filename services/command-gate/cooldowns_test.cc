#include "services/command-gate/cooldowns.h"

#include <string>

#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using store::FaultyStore;

class CooldownsTest : public GateTestCase {
 protected:
  absl::Status Check() {
    return gate().cooldowns.Check("t1", CameraOn().requester, clock_.Now());
  }
  absl::StatusOr<StoredCommand> Try(int n) {
    return gate().submitter.Submit(CameraOn(n), /*check_only=*/false);
  }
  StoredCommand Decline(int n) {
    const StoredCommand asked = Asked(n);
    gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
    answer.mutable_declined();
    const auto declined = Answer(asked, answer);
    EXPECT_OK(declined);
    return declined.ok() ? *declined : StoredCommand();
  }
  void LetExpire(int n) {
    const StoredCommand asked = Asked(n);
    clock_.Advance(kApproveWithin + absl::Milliseconds(1));
    ASSERT_OK(gate().flow.OnTimer("t1", asked.row.command_id()));
  }
  static CommandRow In(v1::CommandState state, const std::string& why = "") {
    CommandRow row;
    row.set_state(state);
    row.set_reason(why);
    return row;
  }
};

TEST_F(CooldownsTest, ANewRequesterMayAsk) { EXPECT_OK(Check()); }

TEST_F(CooldownsTest, AfterOneNoItStillMay) {
  Decline(1);
  EXPECT_OK(Try(2));
}

TEST_F(CooldownsTest, AfterTwoItMayNot) {
  Decline(1);
  Decline(2);
  const absl::Status status = Try(3).status();
  EXPECT_THAT(status, HasReason(reason::kRequesterCooldown));
  EXPECT_EQ(MetadataOf(status)["seconds"], "60");
  EXPECT_EQ(*RetryOf(status), absl::Seconds(60));
}

TEST_F(CooldownsTest, NothingIsStoredOfWhatItAsks) {
  Decline(1);
  Decline(2);
  Try(3).IgnoreError();
  EXPECT_FALSE(Read(CameraOn(3).command_id).exists());
}

TEST_F(CooldownsTest, ExpiriesCountToo) {
  LetExpire(1);
  LetExpire(2);
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, ExhaustedAnswersCountToo) {
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "SIGNATURE_INVALID";
  for (int n = 1; n <= 2; ++n) {
    StoredCommand command = Asked(n);
    while (command.row.state() == v1::COMMAND_STATE_AWAITING_APPROVAL) {
      ASSERT_OK_AND_ASSIGN(command, Answer(command, Touch(command)));
    }
  }
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, AMillisecondBeforeItsEndItMayNot) {
  Decline(1);
  Decline(2);
  clock_.Advance(absl::Seconds(60) - absl::Milliseconds(1));
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, AtItsEndItMay) {
  Decline(1);
  Decline(2);
  clock_.Advance(absl::Seconds(60));
  EXPECT_OK(Check());
}

TEST_F(CooldownsTest, AfterItTwoMoreAreNeeded) {
  Decline(1);
  Decline(2);
  clock_.Advance(absl::Seconds(60));
  Decline(3);
  EXPECT_OK(Check());
  Decline(4);
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, TenMinutesLaterANoIsForgotten) {
  Decline(1);
  clock_.Advance(absl::Minutes(10) + absl::Milliseconds(1));
  Decline(2);
  EXPECT_OK(Check());
}

TEST_F(CooldownsTest, AtTenMinutesItIsRemembered) {
  Decline(1);
  clock_.Advance(absl::Minutes(10));
  Decline(2);
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, AnotherRequesterMayAsk) {
  Decline(1);
  Decline(2);
  EXPECT_OK(gate().cooldowns.Check("t1", "spiffe://other ann", clock_.Now()));
}

TEST_F(CooldownsTest, SoMayTheSameOneInAnotherTenant) {
  Decline(1);
  Decline(2);
  EXPECT_OK(gate().cooldowns.Check("t2", CameraOn().requester, clock_.Now()));
}

TEST_F(CooldownsTest, AFreeOperationAsksNobodySoItMay) {
  Decline(1);
  Decline(2);
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  EXPECT_OK(Try(3));
}

TEST_F(CooldownsTest, TheSecondNoRaisesAnAlarm) {
  Decline(1);
  EXPECT_NE(LastRow().header.kind(), audit::v1::ROW_KIND_ALARM);
  Decline(2);
  EXPECT_EQ(LastRow().header.kind(), audit::v1::ROW_KIND_ALARM);
  EXPECT_EQ(LastRow().body.reason(), "REQUESTER_COOLDOWN");
  EXPECT_EQ(LastRow().body.details(0).value(), CameraOn().requester);
  EXPECT_GT(LastRow().header.subjects_size(), 0);
}

TEST_F(CooldownsTest, ItIsInTheSameCommitAsTheNo) {
  Decline(1);
  const StoredCommand asked = Asked(2);
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
  answer.mutable_declined();
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(Answer(asked, answer).ok());
  EXPECT_OK(Check());
}

TEST_F(CooldownsTest, WhatTheRequesterTakesBackWhileAKeyWaitsCountsToo) {
  for (int n = 1; n <= 2; ++n) {
    ASSERT_OK(gate().flow.Cancel(Asked(n), "x"));
  }
  EXPECT_THAT(Check(), HasReason(reason::kRequesterCooldown));
}

TEST_F(CooldownsTest, WhatIsTakenBackBeforeAnybodyIsAskedDoesNot) {
  for (int n = 1; n <= 2; ++n) {
    ASSERT_OK(gate().flow.Cancel(Submit(CameraOn(n)), "x"));
  }
  EXPECT_OK(Check());
}

TEST_F(CooldownsTest, WhatIsTakenBackAfterItWasApprovedDoesNot) {
  EXPECT_FALSE(Cooldowns::IsNo(In(v1::COMMAND_STATE_APPROVED),
                               In(v1::COMMAND_STATE_CANCELLED)));
}

TEST_F(CooldownsTest, WhatNobodyWasAskedIsNoNo) {
  EXPECT_FALSE(Cooldowns::IsNo(In(v1::COMMAND_STATE_PREPARING),
                               In(v1::COMMAND_STATE_EXPIRED)));
}

TEST_F(CooldownsTest, WhatWasApprovedAndExpiredIsNoNo) {
  EXPECT_FALSE(Cooldowns::IsNo(In(v1::COMMAND_STATE_APPROVED),
                               In(v1::COMMAND_STATE_EXPIRED)));
}

TEST_F(CooldownsTest, AChangedPolicyIsNoNo) {
  EXPECT_FALSE(Cooldowns::IsNo(In(v1::COMMAND_STATE_AWAITING_APPROVAL),
                               In(v1::COMMAND_STATE_DENIED, "POLICY_CHANGED")));
}

TEST_F(CooldownsTest, ADeclinedRegistrationIsOne) {
  CommandRow seen = In(v1::COMMAND_STATE_PREPARING);
  seen.set_enrol_statement("statement");
  EXPECT_TRUE(Cooldowns::IsNo(seen, In(v1::COMMAND_STATE_DENIED, "DECLINED")));
}

TEST_F(CooldownsTest, ARecordThatCannotBeReadRefuses) {
  Decline(1);
  const auto partition = *store::Partition::Make("command-gate", "t1");
  ASSERT_OK_AND_ASSIGN(const store::Page page,
                       memory_.Scan(partition, "cool/", "", 1));
  store::CommitRequest request;
  request.epoch = page.epoch;
  request.put = {{page.items[0].key, "\xff"}};
  ASSERT_OK(memory_.Commit(partition, request));
  EXPECT_THAT(Check(), HasReason(reason::kStoreCorrupt));
}

TEST_F(CooldownsTest, AStoreThatIsAwayRefuses) {
  store_.SetAway(true);
  EXPECT_THAT(Check(), HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::command_gate
