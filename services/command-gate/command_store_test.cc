#include "services/command-gate/command_store.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using testing::ElementsAre;
using testing::IsEmpty;

class CommandStoreTest : public GateTestCase {
 protected:
  static CommandRow RowIn(v1::CommandState state) {
    CommandRow row;
    row.set_schema(1);
    row.set_command_id("c1");
    row.set_state(state);
    row.set_command("bytes");
    row.set_gateway("g1");
    row.set_submit_ms(1'000);
    row.set_approve_by_ms(61'000);
    row.set_execute_by_ms(151'000);
    row.add_slots()->set_state(v1::APPROVAL_STATE_ASKED);
    return row;
  }
  void Put(const std::string& key, const std::string& value) {
    const auto partition = *store::Partition::Make("command-gate", "t1");
    store::CommitRequest request;
    request.epoch = memory_.Get(partition, {})->epoch;
    request.put = {{key, value}};
    ASSERT_OK(memory_.Commit(partition, request));
  }
  // A command that ann has to approve at each of `gateways`.
  static records::v1::CommandRow AskingAt(
      const std::vector<std::string>& gateways) {
    records::v1::CommandRow row;
    row.set_command_id(CameraOn().command_id);
    for (const std::string& gateway : gateways) {
      row.add_slots()->set_account("ann");
      row.mutable_slots()->rbegin()->set_gateway(gateway);
    }
    return row;
  }
  absl::StatusOr<SubmitView> View(const std::string& device = "cam-1",
                                  const std::string& gateway = "g1") {
    return gate().commands.ReadForSubmit("t1", device, AskingAt({gateway}));
  }
  std::vector<std::string> Due() {
    const auto due = gate().commands.ListDue("t1", clock_.Now());
    EXPECT_OK(due);
    std::vector<std::string> ids;
    for (const DueTimer& timer : *due) ids.push_back(timer.command_id);
    return ids;
  }
};

TEST_F(CommandStoreTest, AnUnknownCommandDoesNotExist) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand none,
                       gate().commands.Read("t1", "c1"));
  EXPECT_FALSE(none.exists());
}

TEST_F(CommandStoreTest, AnotherTenantsCommandDoesNotExist) {
  const StoredCommand stored = Submit(CameraOn());
  ASSERT_OK_AND_ASSIGN(const StoredCommand none,
                       gate().commands.Read("t2", stored.row.command_id()));
  EXPECT_FALSE(none.exists());
}

TEST_F(CommandStoreTest, ARecordThatCannotBeReadIsAnError) {
  Put("c/c1", "\xff");
  EXPECT_THAT(gate().commands.Read("t1", "c1"),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(CommandStoreTest, ARecordOfAnotherSchemaIsAnError) {
  CommandRow row;
  row.set_schema(2);
  Put("c/c1", row.SerializeAsString());
  EXPECT_THAT(gate().commands.Read("t1", "c1"),
              HasReason(reason::kStoreCorrupt));
}

TEST_F(CommandStoreTest, ASequenceThatCannotBeReadIsAnError) {
  Put("s/cam-1", "\xff");
  EXPECT_THAT(View(), HasReason(reason::kStoreCorrupt));
}

TEST_F(CommandStoreTest, TheFirstSequenceOfADeviceIsAfterNone) {
  ASSERT_OK_AND_ASSIGN(const SubmitView view, View());
  EXPECT_EQ(view.last_sequence, 0u);
  EXPECT_EQ(view.sequence_version, store::kAbsent);
}

TEST_F(CommandStoreTest, TheNextOneIsAfterTheLast) {
  Submit(CameraOn(1));
  ASSERT_OK_AND_ASSIGN(const SubmitView view, View());
  EXPECT_EQ(view.last_sequence, 1u);
}

// Others may have been given and forgotten: a device must not be asked to take
// a number twice, least of all with its next pin set.
TEST_F(CommandStoreTest, WhenTheStoreBeginsAnewNumbersAreLeftOut) {
  Submit(CameraOn(1));
  memory_.Restart();
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), 2 + kLostSequences);
  EXPECT_EQ(Submit(CameraOn(3)).row.sequence(), 3 + kLostSequences);
}

// A store may begin anew twice from the same state: what it gave in between was
// given by a server that is gone, or came after a backup.
TEST_F(CommandStoreTest, TheLongerAgoTheMoreNumbersAreLeftOut) {
  Submit(CameraOn(1));
  memory_.Restart();
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(),
            2 + kLostSequences + 10'000 + 10);
  memory_.Restart();
  clock_.Advance(absl::Hours(24 * 365));
  const uint64_t before = 2 + kLostSequences + 10'000 + 10;
  const uint64_t next = Submit(CameraOn(3)).row.sequence();
  EXPECT_LT(next - before, kMaxSequenceStep);
  EXPECT_GT(next - before, kMaxSequenceStep / 2);
}

TEST_F(CommandStoreTest, ABatchLeavesThemOutAsWell) {
  Submit(CameraOn(1));
  memory_.Restart();
  std::vector<Submission> items(2, CameraOn(2));
  items[1].index = 1;
  items[1].command_id[0] = 'z';
  ASSERT_OK(gate().submitter.SubmitBatch(items, /*check_only=*/false));
  EXPECT_EQ(Read(items[0].command_id).row.sequence(), 2 + kLostSequences);
  EXPECT_EQ(Read(items[1].command_id).row.sequence(), 3 + kLostSequences);
  EXPECT_EQ(Submit(CameraOn(3)).row.sequence(), 4 + kLostSequences);
}

TEST_F(CommandStoreTest, ADeviceThatToldItsHighestLosesNone) {
  Submit(CameraOn(1));
  memory_.Restart();
  ASSERT_OK(gate().commands.FollowSequence("t1", "cam-1", 40));
  EXPECT_EQ(Submit(CameraOn(2)).row.sequence(), 41u);
}

TEST_F(CommandStoreTest, FreePlacesAreFoundBehindTakenOnes) {
  Submit(CameraOn(1));
  ASSERT_OK_AND_ASSIGN(const SubmitView view, View());
  EXPECT_EQ(view.places[0].account, "open/a/ann/1");
  EXPECT_EQ(view.places[0].gateway, "open/g/g1/1");
}

TEST_F(CommandStoreTest, ThreePlacesOfAnAccountAreAllForOneRequester) {
  for (int i = 1; i <= kMaxOpenPerAccount; ++i) Submit(CameraOn(i));
  CommandRow asking = AskingAt({"g1"});
  asking.set_requester(CameraOn().requester);
  ASSERT_OK_AND_ASSIGN(const SubmitView view,
                       gate().commands.ReadForSubmit("t1", "cam-1", asking));
  EXPECT_EQ(view.places[0].account, "");
  EXPECT_NE(view.places[0].gateway, "");
}

TEST_F(CommandStoreTest, AFreeCommandLooksForNoPlace) {
  ASSERT_OK_AND_ASSIGN(const SubmitView view, gate().commands.ReadForSubmit(
                                                  "t1", "cam-1", AskingAt({})));
  EXPECT_TRUE(view.places.empty());
}

TEST_F(CommandStoreTest, ApproversOfOneCommandGetPlacesOfTheirOwn) {
  ASSERT_OK_AND_ASSIGN(const SubmitView view,
                       gate().commands.ReadForSubmit(
                           "t1", "cam-1", AskingAt({"g1", "g2", "g1"})));
  ASSERT_EQ(view.places.size(), 3u);
  EXPECT_EQ(view.places[1].account, "open/a/ann/1");
  EXPECT_EQ(view.places[1].gateway, "open/g/g2/0");
  EXPECT_EQ(view.places[2].account, "open/a/ann/2");
  EXPECT_EQ(view.places[2].gateway, "open/g/g1/1");
}

TEST_F(CommandStoreTest, AGatewaysCommandsAreThoseItIsAskedFor) {
  const StoredCommand asked = Asked();
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> ids,
                       gate().commands.ListForGateway("t1", "g1"));
  EXPECT_THAT(ids, ElementsAre(asked.row.command_id()));
}

TEST_F(CommandStoreTest, AndThoseItExecutes) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> ids,
                       gate().commands.ListForGateway("t1", "g1"));
  EXPECT_THAT(ids, ElementsAre(sent.row.command_id()));
}

TEST_F(CommandStoreTest, AFinishedCommandIsNoGatewaysAnyMore) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK(gate().dispatcher.OnResult(sent, Session(), ResultOf(sent)));
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> ids,
                       gate().commands.ListForGateway("t1", "g1"));
  EXPECT_THAT(ids, IsEmpty());
}

TEST_F(CommandStoreTest, ATransactionLeadsToItsCommand) {
  StoredCommand command = Submit(CameraOn());
  CommandRow next = command.row;
  next.set_transaction("tx-1");
  ASSERT_OK(gate().mover.Move(command, next, {}, store::Durability::kVolatile));
  EXPECT_EQ(*gate().commands.FindByTransaction("t1", "tx-1"),
            command.row.command_id());
  EXPECT_EQ(*gate().commands.FindByTransaction("t1", "tx-2"), "");
}

TEST_F(CommandStoreTest, TheNewestCommandIsListedFirst) {
  const StoredCommand first = Submit(CameraOn(1));
  clock_.Advance(absl::Milliseconds(1));
  const StoredCommand second = Submit(CameraOn(2));
  ASSERT_OK_AND_ASSIGN(const CommandStore::ListPage page,
                       gate().commands.List("t1", "ann", "", 10));
  EXPECT_THAT(page.command_ids,
              ElementsAre(second.row.command_id(), first.row.command_id()));
}

TEST_F(CommandStoreTest, APageLeadsOnToTheNext) {
  const StoredCommand first = Submit(CameraOn(1));
  clock_.Advance(absl::Milliseconds(1));
  Submit(CameraOn(2));
  ASSERT_OK_AND_ASSIGN(const CommandStore::ListPage one,
                       gate().commands.List("t1", "ann", "", 1));
  EXPECT_TRUE(one.more);
  ASSERT_OK_AND_ASSIGN(const CommandStore::ListPage two,
                       gate().commands.List("t1", "ann", one.last_key, 1));
  EXPECT_THAT(two.command_ids, ElementsAre(first.row.command_id()));
}

TEST_F(CommandStoreTest, ATimerIsDueAtItsInstantAndNotBefore) {
  const StoredCommand stored = Submit(CameraOn());
  clock_.Advance(absl::Milliseconds(1'999));
  EXPECT_THAT(Due(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Due(), ElementsAre(stored.row.command_id()));
}

TEST_F(CommandStoreTest, AnAskedCommandIsDueAfterItsDeadlineOnly) {
  const StoredCommand asked = Asked();
  clock_.Advance(kApproveWithin);
  EXPECT_THAT(Due(), IsEmpty());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(Due(), ElementsAre(asked.row.command_id()));
}

TEST_F(CommandStoreTest, AFinishedCommandHasNoTimer) {
  const StoredCommand sent = Dispatched();
  ASSERT_OK(gate().dispatcher.OnResult(sent, Session(), ResultOf(sent)));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Due(), IsEmpty());
}

TEST_F(CommandStoreTest, BeforeATouchTheDeadlineIsApproveBy) {
  EXPECT_EQ(DeadlineMs(RowIn(v1::COMMAND_STATE_PREPARING)), 61'001u);
  EXPECT_EQ(DeadlineMs(RowIn(v1::COMMAND_STATE_AWAITING_APPROVAL)), 61'001u);
}

TEST_F(CommandStoreTest, AfterItExecuteBy) {
  EXPECT_EQ(DeadlineMs(RowIn(v1::COMMAND_STATE_APPROVED)), 151'001u);
}

TEST_F(CommandStoreTest, ResultsHaveThirtySecondsMore) {
  EXPECT_EQ(DeadlineMs(RowIn(v1::COMMAND_STATE_DISPATCHED)), 181'000u);
}

TEST_F(CommandStoreTest, AFreeCommandHasNoApproveBy) {
  CommandRow row = RowIn(v1::COMMAND_STATE_PREPARING);
  row.set_free(true);
  EXPECT_EQ(DeadlineMs(row), 151'000u);
}

TEST_F(CommandStoreTest, AFinalStateHasNoDeadline) {
  EXPECT_EQ(DeadlineMs(RowIn(v1::COMMAND_STATE_SUCCEEDED)), 0u);
  EXPECT_EQ(NextLookMs(RowIn(v1::COMMAND_STATE_SUCCEEDED)), 0u);
}

TEST_F(CommandStoreTest, WhatTheGateHasToDoIsLookedAtAfterTwoSeconds) {
  EXPECT_EQ(NextLookMs(RowIn(v1::COMMAND_STATE_PREPARING)), 3'000u);
  EXPECT_EQ(NextLookMs(RowIn(v1::COMMAND_STATE_APPROVED)), 3'000u);
  EXPECT_EQ(NextLookMs(RowIn(v1::COMMAND_STATE_DISPATCHED)), 3'000u);
}

TEST_F(CommandStoreTest, TheTwoSecondsCountFromTheLastAnswer) {
  CommandRow row = RowIn(v1::COMMAND_STATE_APPROVED);
  row.mutable_slots(0)->set_answer_ms(50'000);
  EXPECT_EQ(NextLookMs(row), 52'000u);
}

TEST_F(CommandStoreTest, WhatHoldsPlacesOfApproversIsListedOnce) {
  Put("open/a/ann/0", "c1");
  Put("open/a/bob/0", "c1");
  Put("open/a/bob/1", "c2");
  Put("open/g/g1/0", "c3");
  EXPECT_EQ(*gate().commands.ListOpen("t1"),
            (std::vector<std::string>{"c1", "c2"}));
  EXPECT_TRUE(gate().commands.ListOpen("t2")->empty());
}

TEST_F(CommandStoreTest, ManyAreListedToo) {
  for (int i = 0; i < 1001; ++i) {
    Put("open/a/ann" + std::to_string(i) + "/0", "c" + std::to_string(i));
  }
  EXPECT_EQ(gate().commands.ListOpen("t1")->size(), 1001u);
}

TEST_F(CommandStoreTest, AnApproverIsWaitedForUntilTheDeadline) {
  EXPECT_EQ(NextLookMs(RowIn(v1::COMMAND_STATE_AWAITING_APPROVAL)), 61'001u);
}

TEST_F(CommandStoreTest, AnApproverWhoIsNotAskedYetIsLookedAtSoon) {
  CommandRow row = RowIn(v1::COMMAND_STATE_AWAITING_APPROVAL);
  row.mutable_slots(0)->set_state(v1::APPROVAL_STATE_QUEUED);
  EXPECT_EQ(NextLookMs(row), 3'000u);
}

TEST_F(CommandStoreTest, AKeyThatRegistersIsWaitedFor) {
  CommandRow row = RowIn(v1::COMMAND_STATE_PREPARING);
  row.clear_command();
  row.set_enrol_statement("statement");
  EXPECT_EQ(NextLookMs(row), 61'001u);
}

TEST_F(CommandStoreTest, ADeviceThatProvesItselfIsWaitedFor) {
  CommandRow row = RowIn(v1::COMMAND_STATE_PREPARING);
  row.set_transaction("tx-1");
  EXPECT_EQ(NextLookMs(row), 61'001u);
  row.set_staged(true);
  EXPECT_EQ(NextLookMs(row), 3'000u);
}

TEST_F(CommandStoreTest, WhatWentDownTwiceIsWaitedFor) {
  CommandRow row = RowIn(v1::COMMAND_STATE_DISPATCHED);
  row.set_sent_again(true);
  EXPECT_EQ(NextLookMs(row), 181'000u);
}

TEST_F(CommandStoreTest, AnAccountActIsTriedUntilItsDeadline) {
  CommandRow row = RowIn(v1::COMMAND_STATE_DISPATCHED);
  row.clear_gateway();
  row.set_sent_again(true);
  EXPECT_EQ(NextLookMs(row), 3'000u);
}

}  // namespace
}  // namespace u2fi::command_gate
