#include "services/attestation/lost_rights.h"

#include "gmock/gmock.h"
#include "services/attestation/attestation_test_case.h"

namespace u2fi::attestation {
namespace {

// Ann has two tokens, and the store a replica that knows of nothing later.
class LostRightsTest : public AttestationTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
    replica_ = memory_.TakeBackup();
  }

  absl::Status Suspend(const fido::FakeU2fToken& token) {
    v1::SuspendTokenRequest request;
    request.set_name("tokens/" + IdOf(token));
    return core_.admin.Suspend(operator_, request).status();
  }
  absl::Status Revoke(const fido::FakeU2fToken& token) {
    v1::RevokeTokenRequest request;
    request.set_name("tokens/" + IdOf(token));
    return core_.admin.Revoke(operator_, request).status();
  }
  absl::Status Resume(const fido::FakeU2fToken& token) {
    return core_.applier
        .Apply(TokenAct("resume", IdOf(token), {other_token_}, 'r'))
        .status();
  }
  // The replica is promoted, and the audit is back.
  void FailOver() {
    memory_.FailOverTo(replica_);
    ASSERT_OK(deciders_.Follow());
  }

  // A recovery of ann's account by two operators, WAITING; its name.
  std::string Recovery() {
    v1::StartRecoveryRequest start;
    start.set_request_id(std::string(32, '1'));
    start.set_account("ann");
    start.set_reason("she lost it");
    const auto started = core_.recoveries.Start(operator_, start);
    EXPECT_OK(started);
    v1::ApproveRecoveryRequest approve;
    approve.set_name(started->recovery().name());
    EXPECT_OK(
        core_.recoveries.Approve(rpc::TestCaller("operator/t1/otto"), approve));
    return approve.name();
  }
  absl::Status Cancel(const std::string& name) {
    v1::CancelRecoveryRequest request;
    request.set_name(name);
    return core_.recoveries.Cancel(operator_, request).status();
  }
  v1::RecoveryState StateOfRecovery() {
    v1::ListRecoveriesRequest request;
    request.set_account("ann");
    return core_.recoveries.List(operator_, request)->recoveries(0).state();
  }

  const rpc::Caller operator_ = rpc::TestCaller("operator/t1/olga");
  store::MemoryStore::Backup replica_;
  LostRights rights_{core_.tokens, core_.writer, core_.recoveries, lost_};
};

TEST_F(LostRightsTest, ARevocationThatTheStoreForgotIsMadeAgain) {
  ASSERT_OK(Revoke(token_));
  FailOver();
  ASSERT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE) << "it was to be lost";
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_REVOKED);
  EXPECT_EQ(StateOf(other_token_), v1::TOKEN_STATE_ACTIVE);
  EXPECT_EQ(AuditRows().back(),
            "TOKEN tokens/" + IdOf(token_) + " accounts/ann");
}

TEST_F(LostRightsTest, ASuspension) {
  ASSERT_OK(Suspend(token_));
  FailOver();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(LostRightsTest, AQuarantine) {
  ASSERT_OK(Touch(token_, 500));
  replica_ = memory_.TakeBackup();
  ASSERT_OK(Touch(token_, 500));
  ASSERT_EQ(StateOf(token_), v1::TOKEN_STATE_QUARANTINED);
  FailOver();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_QUARANTINED);
}

TEST_F(LostRightsTest, OfSeveralTheLastWordCounts) {
  ASSERT_OK(Suspend(token_));
  ASSERT_OK(Revoke(token_));
  ASSERT_OK(Suspend(other_token_));
  FailOver();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_REVOKED);
  EXPECT_EQ(StateOf(other_token_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(LostRightsTest, ATokenThatWasResumedAfterwardsStaysActive) {
  ASSERT_OK(Suspend(token_));
  ASSERT_OK(Resume(token_));
  FailOver();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(LostRightsTest, AResumptionThatIsLostGivesNothingBack) {
  ASSERT_OK(Suspend(token_));
  replica_ = memory_.TakeBackup();
  ASSERT_OK(Resume(token_));
  FailOver();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_SUSPENDED);
}

TEST_F(LostRightsTest, ARecoveryThatWasStoppedStaysStopped) {
  const std::string name = Recovery();
  replica_ = memory_.TakeBackup();
  ASSERT_OK(Cancel(name));
  FailOver();
  ASSERT_EQ(StateOfRecovery(), v1::RECOVERY_STATE_WAITING);
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOfRecovery(), v1::RECOVERY_STATE_CANCELLED);
  EXPECT_EQ(AuditRows().back(), "RECOVERY " + name + " accounts/ann");
}

TEST_F(LostRightsTest, ARecoveryThatIsLostAsAWholeIsNotMadeAgain) {
  ASSERT_OK(Cancel(Recovery()));
  FailOver();
  const size_t rows = AuditRows().size();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(AuditRows().size(), rows);
}

TEST_F(LostRightsTest, WhatWasNotLostIsNotWrittenAgain) {
  ASSERT_OK(Revoke(token_));
  replica_ = memory_.TakeBackup();
  FailOver();
  const size_t rows = AuditRows().size();
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(AuditRows().size(), rows);
}

TEST_F(LostRightsTest, ATokenThatWasLostItselfIsNobody) {
  replica_ = store::MemoryStore::Backup();
  FailOver();
  EXPECT_OK(rights_.Apply());
}

TEST_F(LostRightsTest, WhileTheStoreIsAwayItIsNotForgotten) {
  ASSERT_OK(Revoke(token_));
  FailOver();
  store_.SetAway(true);
  EXPECT_THAT(rights_.Apply(), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  ASSERT_OK(rights_.Apply());
  EXPECT_EQ(StateOf(token_), v1::TOKEN_STATE_REVOKED);
}

}  // namespace
}  // namespace u2fi::attestation
