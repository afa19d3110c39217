#include "services/command-gate/command_mover.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using store::Durability;
using store::FaultyStore;
using testing::ElementsAre;

class CommandMoverTest : public GateTestCase {
 protected:
  absl::StatusOr<StoredCommand> Move(const StoredCommand& seen,
                                     v1::CommandState state,
                                     const MoveEvidence& evidence = {}) {
    CommandRow next = seen.row;
    next.set_state(state);
    return gate().mover.Move(seen, std::move(next), evidence,
                             Durability::kReplicated);
  }
  static proof::v1::Approval SomeTouch() {
    proof::v1::Approval approval;
    approval.set_statement("statement");
    approval.set_signature("signature");
    return approval;
  }
};

TEST_F(CommandMoverTest, AMoveIsWrittenWithItsRow) {
  const StoredCommand command = Submit(CameraOn());
  ASSERT_OK(Move(command, v1::COMMAND_STATE_CANCELLED));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_CANCELLED);
  const audit::v1::AuditBody body = LastRow().body;
  EXPECT_EQ(body.state_before(), "PREPARING");
  EXPECT_EQ(body.state_after(), "CANCELLED");
  EXPECT_EQ(body.command(), command.row.command());
}

TEST_F(CommandMoverTest, TheRowNamesCommandAccountAndDevice) {
  const StoredCommand command = Submit(CameraOn());
  EXPECT_THAT(LastRow().header.subjects(),
              ElementsAre("commands/" + command.row.command_id(),
                          "accounts/ann", "devices/cam-1"));
}

TEST_F(CommandMoverTest, AnAccountActIsAboutNoDevice) {
  const StoredCommand command = Submit(Enrolment());
  EXPECT_THAT(
      LastRow().header.subjects(),
      ElementsAre("commands/" + command.row.command_id(), "accounts/ann"));
}

TEST_F(CommandMoverTest, AForbiddenMoveIsRefused) {
  const StoredCommand command = Submit(CameraOn());
  EXPECT_THAT(Move(command, v1::COMMAND_STATE_APPROVED),
              HasReason(reason::kInternal));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(CommandMoverTest, WhoSawAnOldStateLosesTheRace) {
  const StoredCommand command = Submit(CameraOn());
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED));
  EXPECT_THAT(Move(command, v1::COMMAND_STATE_CANCELLED),
              HasReason(reason::kStoreAborted));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_DENIED);
}

TEST_F(CommandMoverTest, ALostRaceIsInTheAudit) {
  const StoredCommand command = Submit(CameraOn());
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED));
  Move(command, v1::COMMAND_STATE_CANCELLED).IgnoreError();
  EXPECT_EQ(LastRow().header.kind(), audit::v1::ROW_KIND_LOST_RACE);
}

TEST_F(CommandMoverTest, WithoutItsRowNothingMoves) {
  const StoredCommand command = Submit(CameraOn());
  MoveEvidence evidence;
  evidence.details = {{"Bad Name", "x"}};
  EXPECT_THAT(Move(command, v1::COMMAND_STATE_CANCELLED, evidence),
              HasReason(reason::kAuditFormat));
  EXPECT_EQ(Reread(command).row.state(), v1::COMMAND_STATE_PREPARING);
}

TEST_F(CommandMoverTest, AFinalStateGetsItsInstant) {
  const StoredCommand command = Submit(CameraOn());
  clock_.Advance(absl::Seconds(3));
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Move(command, v1::COMMAND_STATE_CANCELLED));
  EXPECT_EQ(ended.row.end_ms(), command.row.submit_ms() + 3'000);
}

TEST_F(CommandMoverTest, WatchersHearOfIt) {
  const StoredCommand command = Submit(CameraOn());
  std::vector<v1::CommandState> heard;
  const auto watch = gate().watchers.Add(
      "t1", command.row.command_id(), [&heard](const StoredCommand& changed) {
        heard.push_back(changed.row.state());
      });
  ASSERT_OK(Move(command, v1::COMMAND_STATE_CANCELLED));
  EXPECT_THAT(heard, ElementsAre(v1::COMMAND_STATE_CANCELLED));
}

TEST_F(CommandMoverTest, WatchersDoNotHearOfWhatDidNotHappen) {
  const StoredCommand command = Submit(CameraOn());
  int heard = 0;
  const auto watch =
      gate().watchers.Add("t1", command.row.command_id(),
                          [&heard](const StoredCommand&) { ++heard; });
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(Move(command, v1::COMMAND_STATE_CANCELLED).ok());
  EXPECT_EQ(heard, 0);
}

TEST_F(CommandMoverTest, WhatComesBackCanBeMovedOn) {
  const StoredCommand command = Submit(CameraOn());
  ASSERT_OK_AND_ASSIGN(const StoredCommand asked,
                       Move(command, v1::COMMAND_STATE_AWAITING_APPROVAL));
  EXPECT_OK(Move(asked, v1::COMMAND_STATE_CANCELLED));
}

TEST_F(CommandMoverTest, ARowThatHoldsTouchesHoldsTheEvidence) {
  StoredCommand command = Asked();
  command.row.mutable_evidence()->mutable_registration()->set_public_key("p");
  MoveEvidence evidence;
  evidence.approvals = {SomeTouch()};
  ASSERT_OK(Move(command, v1::COMMAND_STATE_APPROVED, evidence));
  const audit::v1::AuditBody body = LastRow().body;
  EXPECT_EQ(body.approvals(0).signature(), "signature");
  EXPECT_EQ(body.evidence().registration().public_key(), "p");
}

TEST_F(CommandMoverTest, ARowWithoutTouchesDoesNot) {
  StoredCommand command = Asked();
  command.row.mutable_evidence()->mutable_registration()->set_public_key("p");
  ASSERT_OK(Move(command, v1::COMMAND_STATE_CANCELLED));
  EXPECT_FALSE(LastRow().body.has_evidence());
}

TEST_F(CommandMoverTest, ATouchBeforeTheCommandIsCompleteGoesWithoutIt) {
  const StoredCommand command = Asked();
  MoveEvidence evidence;
  evidence.approvals = {SomeTouch()};
  evidence.with_command = false;
  ASSERT_OK(Move(command, v1::COMMAND_STATE_AWAITING_APPROVAL, evidence));
  EXPECT_EQ(LastRow().body.command(), "");
}

TEST_F(CommandMoverTest, AReasonIsTheRowsReason) {
  const StoredCommand command = Submit(CameraOn());
  MoveEvidence evidence;
  evidence.reason = "DECLINED";
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED, evidence));
  EXPECT_EQ(LastRow().body.reason(), "DECLINED");
}

TEST_F(CommandMoverTest, ATextOfSomebodyElseIsADetail) {
  const StoredCommand command = Submit(CameraOn());
  MoveEvidence evidence;
  evidence.reason = "the lens is dirty";
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED, evidence));
  const audit::v1::AuditBody body = LastRow().body;
  EXPECT_EQ(body.reason(), "");
  EXPECT_EQ(body.details(0).name(), "reason_text");
  EXPECT_EQ(body.details(0).value(), "the lens is dirty");
}

TEST_F(CommandMoverTest, ATextThatLooksLikeASecretIsLeftOut) {
  const StoredCommand command = Submit(CameraOn());
  MoveEvidence evidence;
  evidence.reason = "-----BEGIN PRIVATE KEY-----";
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED, evidence));
  EXPECT_EQ(LastRow().body.details_size(), 0);
}

TEST_F(CommandMoverTest, ATextThatIsTooLongIsLeftOut) {
  const StoredCommand command = Submit(CameraOn());
  MoveEvidence evidence;
  evidence.reason = std::string(2049, 'x');
  ASSERT_OK(Move(command, v1::COMMAND_STATE_DENIED, evidence));
  EXPECT_EQ(LastRow().body.details_size(), 0);
}

TEST_F(CommandMoverTest, PlacesAreGivenUpWhenNobodyIsAskedAnyMore) {
  const StoredCommand asked = Asked();
  EXPECT_EQ(asked.row.places_size(), 2);
  ASSERT_OK_AND_ASSIGN(const StoredCommand ended,
                       Move(asked, v1::COMMAND_STATE_CANCELLED));
  EXPECT_EQ(ended.row.places_size(), 0);
  ASSERT_OK_AND_ASSIGN(const SubmitView view,
                       gate().commands.ReadForSubmit("t1", "cam-1", asked.row));
  EXPECT_EQ(view.places[0].account, "open/a/ann/0");
}

}  // namespace
}  // namespace u2fi::command_gate
