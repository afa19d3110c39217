#include "services/command-gate/submitter.h"

#include <string>

#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using store::FaultyStore;

class SubmitterTest : public GateTestCase {
 protected:
  absl::StatusOr<StoredCommand> Try(const Submission& asked,
                                    bool check_only = false) {
    return gate().submitter.Submit(asked, check_only);
  }
  // Whether nothing was stored, and nobody was told anything.
  bool NothingHappened() {
    return !Read(CameraOn().command_id).exists() && Rows().empty() &&
           gateways_.sent.empty();
  }
};

TEST_F(SubmitterTest, ACommandIsStoredWithItsBytes) {
  const StoredCommand stored = Submit(CameraOn());
  proof::v1::Command command;
  ASSERT_TRUE(command.ParseFromString(stored.row.command()));
  EXPECT_EQ(command.command_id(), stored.row.command_id());
  EXPECT_EQ(command.device(), "cam-1");
  EXPECT_EQ(command.gateway(), "g1");
  EXPECT_EQ(command.sequence(), 1u);
  EXPECT_EQ(command.operation(), "camera.on");
}

TEST_F(SubmitterTest, ItsRowSaysWhoAskedAndTheWords) {
  Submit(CameraOn());
  const audit::v1::AuditBody body = LastRow().body;
  EXPECT_EQ(body.caller(), CameraOn().caller_uri);
  EXPECT_EQ(body.details(0).value(), CameraOn().requester);
  EXPECT_EQ(body.details(1).value(), "one two three four");
  EXPECT_EQ(body.state_after(), "PREPARING");
}

TEST_F(SubmitterTest, TheDeadlinesCountFromNow) {
  const StoredCommand stored = Submit(CameraOn());
  const auto now = static_cast<uint64_t>(UnixMillis(clock_));
  EXPECT_EQ(stored.row.submit_ms(), now);
  EXPECT_EQ(stored.row.approve_by_ms(), now + 60'000);
  EXPECT_EQ(stored.row.execute_by_ms(), now + 150'000);
}

TEST_F(SubmitterTest, TheExecutingGatewayIsAskedByDefault) {
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_EQ(stored.row.slots(0).gateway(), "g1");
  EXPECT_EQ(stored.row.slots(0).channel_key(), Session("g1").channel_key);
  EXPECT_EQ(stored.row.slots(0).account(), "ann");
}

TEST_F(SubmitterTest, AnotherPlaceMayBeNamed) {
  Submission asked = CameraOn();
  asked.approver_gateway = "g2";
  EXPECT_EQ(Submit(asked).row.slots(0).gateway(), "g2");
}

TEST_F(SubmitterTest, ThePinSetsRevisionIsNoted) {
  EXPECT_EQ(Submit(CameraOn()).row.pins_revision(), 3u);
}

TEST_F(SubmitterTest, TheSecondCommandOfADeviceHasTheNextSequence) {
  Submit(CameraOn(1));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), 2u);
}

TEST_F(SubmitterTest, AFreeOperationAsksNobody) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_TRUE(stored.row.free());
  EXPECT_EQ(stored.row.slots_size(), 0);
  EXPECT_EQ(stored.row.approve_by_ms(), 0u);
  EXPECT_EQ(stored.row.execute_by_ms(), stored.row.submit_ms() + 90'000);
}

TEST_F(SubmitterTest, AnEnrolmentHasNoBytesYet) {
  const StoredCommand stored = Submit(Enrolment());
  EXPECT_EQ(stored.row.command(), "");
  EXPECT_EQ(stored.row.enrol_label(), "blue key");
  EXPECT_EQ(stored.row.sequence(), 0u);
}

TEST_F(SubmitterTest, TheSameRequestGivesTheSameCommand) {
  const StoredCommand first = Submit(CameraOn());
  const StoredCommand second = Submit(CameraOn());
  EXPECT_EQ(second.version, first.version);
  EXPECT_EQ(Rows().size(), 1u);
}

TEST_F(SubmitterTest, TheSameRequestWithAnotherBodyIsRefused) {
  Submit(CameraOn());
  Submission other = CameraOn();
  other.request_digest = std::string(32, 'x');
  EXPECT_THAT(Try(other), HasReason(reason::kRequestIdReused));
}

// Its first answer may be lost; by then the request would be refused, perhaps
// because of what it did itself: a pin set follows no set twice.
TEST_F(SubmitterTest, TheSameRequestFindsItsCommandWhateverChanged) {
  const StoredCommand first = Submit(CameraOn());
  registry_.resolve_status = Error(reason::kNotAMember, "not any more");
  EXPECT_EQ(Submit(CameraOn()).version, first.version);
  registry_.resolve_status = absl::OkStatus();
  registry_.rule = proof::v1::Rule();
  registry_.rule.set_kind(proof::v1::RULE_KIND_FORBIDDEN);
  EXPECT_EQ(Submit(CameraOn()).version, first.version);
  Submission other = CameraOn();
  other.request_digest = std::string(32, 'x');
  EXPECT_THAT(Try(other), HasReason(reason::kRequestIdReused));
  EXPECT_THAT(Try(CameraOn(2)), HasReason(reason::kOperationForbidden));
}

TEST_F(SubmitterTest, CheckingStoresNothing) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand checked,
                       Try(CameraOn(), /*check_only=*/true));
  EXPECT_FALSE(checked.exists());
  EXPECT_FALSE(checked.row.command().empty());
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, NorDoesCheckingWhatIsThereAlready) {
  ASSERT_OK(Try(CameraOn()));
  const int before = store_.SuccessfulCommits(store::Durability::kReplicated) +
                     store_.SuccessfulCommits(store::Durability::kDurable);
  ASSERT_OK(Try(CameraOn(), /*check_only=*/true));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated) +
                store_.SuccessfulCommits(store::Durability::kDurable),
            before);
}

TEST_F(SubmitterTest, WhatTheRegistryRefusesIsRefused) {
  registry_.resolve_status = Error(reason::kNotAMember, "no");
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kNotAMember));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, ASecretThatIsNotSealedIsNotWrittenAnywhere) {
  registry_.secret_fields = {"pin"};
  Submission asked = CameraOn();
  asked.arguments = R"({"pin":"1234"})";
  EXPECT_THAT(Try(asked), HasReason(reason::kPlainSecret));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, OverItsQuotaARequestIsRefusedForNow) {
  Quotas tight({/*account_per_minute=*/1, /*gateway_per_minute=*/9},
               gate().metrics);
  Submitter submitter(clock_, registry_, gate().commands, gate().mover,
                      gateways_, gate().cooldowns, gate().approvers, tight);
  ASSERT_OK(submitter.Submit(CameraOn(1), /*check_only=*/true));
  ASSERT_OK(submitter.Submit(CameraOn(1), false));
  // The same request again asks for nothing new.
  EXPECT_OK(submitter.Submit(CameraOn(1), false));
  EXPECT_THAT(submitter.Submit(CameraOn(2), false),
              HasReason(reason::kQuotaExceeded));
  EXPECT_FALSE(Read(CameraOn(2).command_id).exists());
  clock_.Advance(absl::Minutes(1));
  EXPECT_OK(submitter.Submit(CameraOn(2), false));
}

TEST_F(SubmitterTest, AForbiddenOperationIsRefused) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FORBIDDEN);
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kOperationForbidden));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, AnUnknownRuleIsRefused) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_UNSPECIFIED);
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kInternal));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, AReservedOperationIsNeverFree) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  EXPECT_THAT(Try(Enrolment()), HasReason(reason::kInternal));
}

TEST_F(SubmitterTest, AGatewayThatMayNotApproveIsNoPlaceForATouch) {
  registry_.account.clear_gateways();
  for (auto& gateway : *registry_.pins.mutable_gateways()) {
    gateway.set_may_approve(false);
  }
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kPlaceNotAllowed));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, AGatewayThatNobodyKnowsIsRefused) {
  Submission asked = CameraOn();
  asked.approver_gateway = "g3";
  EXPECT_FALSE(Try(asked).ok());
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, AGatewayThatIsNotActiveIsRefused) {
  registry_.gateways[0].set_state(device_registry::v1::GATEWAY_STATE_SUSPENDED);
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kGatewayNotActive));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, AGatewayThatIsAwayIsRefusedWithARetryHint) {
  gateways_.online.erase("g1");
  const absl::Status status = Try(CameraOn()).status();
  EXPECT_THAT(status, HasReason(reason::kGatewayOffline));
  EXPECT_TRUE(RetryOf(status).has_value());
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, WhereNobodyKnowsWhereItIsTheCauseIsTold) {
  gateways_.status =
      WithRetry(Error(reason::kStoreUnavailable, "away"), absl::Seconds(1));
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kStoreUnavailable));
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, SoIsAnApproversGatewayThatIsAway) {
  gateways_.online.erase("g2");
  Submission asked = CameraOn();
  asked.approver_gateway = "g2";
  EXPECT_THAT(Try(asked), HasReason(reason::kGatewayOffline));
}

TEST_F(SubmitterTest, AnAccountHasThreeQuestionsOpenAtMost) {
  for (int i = 1; i <= 3; ++i) Submit(CameraOn(i));
  EXPECT_THAT(Try(CameraOn(4)), HasReason(reason::kAccountLimit));
  EXPECT_FALSE(Read(CameraOn(4).command_id).exists());
}

TEST_F(SubmitterTest, AThiefsThreeDoNotKeepTheOwnerFromAsking) {
  for (int i = 1; i <= 3; ++i) Submit(CameraOn(i));
  for (int i = 4; i <= 5; ++i) {
    Submission asked = CameraOn(i);
    asked.requester = proof::Requester("spiffe://test/client/t1/own", "ann");
    if (i == 4) Submit(asked);
    if (i == 5) EXPECT_THAT(Try(asked), HasReason(reason::kAccountLimit));
  }
}

TEST_F(SubmitterTest, AQuestionThatEndedMakesRoom) {
  const StoredCommand first = Submit(CameraOn(1));
  Submit(CameraOn(2));
  Submit(CameraOn(3));
  ASSERT_OK(gate().flow.Cancel(first, "x"));
  EXPECT_OK(Try(CameraOn(4)));
}

TEST_F(SubmitterTest, AFreeOperationNeedsNoRoom) {
  for (int i = 1; i <= 3; ++i) Submit(CameraOn(i));
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  EXPECT_OK(Try(CameraOn(4)));
}

TEST_F(SubmitterTest, AGatewayHasSixteenQuestionsOpenAtMost) {
  for (int i = 0; i < 16; ++i) {
    Submission asked = CameraOn(i % 16);
    asked.account = "ann" + std::to_string(i);
    asked.command_id = proof::CommandId("t1", asked.account, "x", 0);
    Submit(asked);
  }
  EXPECT_THAT(Try(CameraOn(1)), HasReason(reason::kGatewayLimit));
}

TEST_F(SubmitterTest, ALostRaceForTheSequenceIsRunAgain) {
  // Another replica.
  GateCore rival({clock_, random_, memory_, executor_, attestation_, challenge_,
                  registry_, gateways_});
  store_.BeforeNextCommit(
      [&] { EXPECT_OK(rival.submitter.Submit(CameraOn(2), false)); });
  ASSERT_OK_AND_ASSIGN(const StoredCommand stored, Try(CameraOn(1)));
  EXPECT_EQ(stored.row.sequence(), 2u);
}

TEST_F(SubmitterTest, ANewEpochIsReadAgain) {
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kEpochChanged);
  EXPECT_OK(Try(CameraOn()));
}

TEST_F(SubmitterTest, AnUnknownOutcomeIsNoSuccess) {
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(SubmitterTest, AfterItTheSameRequestFindsOut) {
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  Try(CameraOn()).IgnoreError();
  ASSERT_OK_AND_ASSIGN(const StoredCommand stored, Try(CameraOn()));
  EXPECT_EQ(stored.row.sequence(), 1u);
}

// The first answer failed because no replica had the command yet: so does the
// second as long as that is so.
TEST_F(SubmitterTest, TheSameRequestIsNoSaferThanTheFirst) {
  for (int i = 0; i < 2; ++i) {
    store_.Fail(FaultyStore::Method::kCommit,
                FaultyStore::Fault::kUnknownApplied);
    EXPECT_THAT(Try(CameraOn()), HasReason(reason::kStoreOutcomeUnknown));
  }
  EXPECT_OK(Try(CameraOn()));
}

TEST_F(SubmitterTest, AStoreThatIsAwayRefuses) {
  store_.SetAway(true);
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kStoreUnavailable));
}

TEST_F(SubmitterTest, ASubmissionIsOneDurableCommit) {
  Submit(CameraOn());
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), 1);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), 0);
}

TEST_F(SubmitterTest, ArgumentsOutOfFormAreRefused) {
  Submission asked = CameraOn();
  asked.arguments = std::string(2049, ' ');
  EXPECT_FALSE(Try(asked).ok());
  EXPECT_TRUE(NothingHappened());
}

TEST_F(SubmitterTest, ARecoveryTokenIsNotTheFirst) {
  Submission asked = Enrolment();
  asked.enrol_recovery = true;
  EXPECT_THAT(gate().submitter.Submit(asked, false),
              HasReason(reason::kNoCredentials));
}

}  // namespace
}  // namespace u2fi::command_gate
