// Batches through the gate's core: one touch, all or nothing up to the
// dispatch, then each command by itself.
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/command_view.h"
#include "services/command-gate/gate_service.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"
#include "services/common/rpc/test_caller.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;
using store::Durability;
using store::FaultyStore;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class BatchTest : public GateTestCase {
 protected:
  absl::StatusOr<StoredCommand> Try(const std::vector<Submission>& items) {
    return gate().submitter.SubmitBatch(items, /*check_only=*/false);
  }
  StoredCommand SubmitAll(const std::vector<Submission>& items) {
    const auto first = Try(items);
    EXPECT_OK(first);
    return first.ok() ? *first : StoredCommand();
  }
  StoredCommand AskedAll(int n) { return Advance(SubmitAll(CamerasOn(n))); }
  StoredCommand ApprovedAll(int n) {
    const StoredCommand asked = AskedAll(n);
    const auto approved = Answer(asked, Touch(asked));
    EXPECT_OK(approved);
    return approved.ok() ? *approved : StoredCommand();
  }
  StoredCommand DispatchedAll(int n) {
    const auto sent = gate().dispatcher.Dispatch(ApprovedAll(n));
    EXPECT_OK(sent);
    return sent.ok() ? *sent : StoredCommand();
  }
  std::vector<StoredCommand> AllOf(const StoredCommand& first) {
    const auto all = gate().commands.ReadBatch(first);
    EXPECT_OK(all);
    return all.ok() ? *all : std::vector<StoredCommand>();
  }
  std::vector<v1::CommandState> States(const StoredCommand& first) {
    std::vector<v1::CommandState> states;
    for (const StoredCommand& one : AllOf(first)) {
      states.push_back(one.row.state());
    }
    return states;
  }
  // What went down, each command of a batch as if it had come alone.
  std::vector<gateway::v1::ExecuteCommand> Executed() {
    std::vector<gateway::v1::ExecuteCommand> all;
    for (const MeshMessage& message :
         gateways_.Of(MeshMessage::kExecuteCommand)) {
      all.push_back(message.execute_command());
    }
    for (const MeshMessage& message : Batches()) {
      for (const auto& item : message.execute_batch().items()) {
        gateway::v1::ExecuteCommand& one = all.emplace_back();
        one.set_command(item.command());
        one.mutable_proof()->set_index(item.index());
        *one.mutable_proof()->mutable_path() = item.path();
        *one.mutable_proof()->mutable_approvals() =
            message.execute_batch().approvals();
      }
    }
    return all;
  }
  std::vector<MeshMessage> Batches() {
    return gateways_.Of(MeshMessage::kExecuteBatch);
  }
};

TEST_F(BatchTest, AllCommandsAreStored) {
  const StoredCommand first = SubmitAll(CamerasOn(3));
  EXPECT_THAT(first.row.batch_ids(), ElementsAre(CamerasOn(3)[0].command_id,
                                                 CamerasOn(3)[1].command_id,
                                                 CamerasOn(3)[2].command_id));
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_PREPARING));
}

TEST_F(BatchTest, EachHasItsPlaceAndTheNextSequenceOfItsDevice) {
  std::vector<Submission> items = CamerasOn(3);
  items[2].device = "cam-0";
  const std::vector<StoredCommand> all = AllOf(SubmitAll(items));
  for (uint32_t i = 0; i < 3; ++i) {
    proof::v1::Command command;
    ASSERT_TRUE(command.ParseFromString(all[i].row.command()));
    EXPECT_EQ(command.index(), i);
  }
  EXPECT_EQ(all[0].row.sequence(), 1u);
  EXPECT_EQ(all[1].row.sequence(), 1u);
  EXPECT_EQ(all[2].row.sequence(), 2u);
}

TEST_F(BatchTest, EachPathLeadsToTheRoot) {
  const StoredCommand first = SubmitAll(CamerasOn(7));
  for (const StoredCommand& one : AllOf(first)) {
    EXPECT_OK(proof::VerifyPath(proof::Leaf(one.row.command()), one.row.index(),
                                7, one.row.path(), first.row.batch_root()));
  }
}

TEST_F(BatchTest, TheSubmissionIsOneDurableCommit) {
  SubmitAll(CamerasOn(50));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), 1);
}

TEST_F(BatchTest, AThousandAreOneCommitEach) {
  const StoredCommand first = DispatchedAll(1000);
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_DISPATCHED));
  EXPECT_THAT(Executed(), SizeIs(1000));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), 2);
}

TEST_F(BatchTest, AThousandFreeOnesGoDownToo) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  AskedAll(1000);
  EXPECT_THAT(Executed(), SizeIs(1000));
}

TEST_F(BatchTest, IfTheCommitFailsNothingIsThere) {
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(Try(CamerasOn(3)).ok());
  for (const Submission& item : CamerasOn(3)) {
    EXPECT_FALSE(Read(item.command_id).exists());
  }
}

TEST_F(BatchTest, AnItemThatIsForbiddenRefusesAll) {
  registry_.rules["camera.off"].set_kind(proof::v1::RULE_KIND_FORBIDDEN);
  std::vector<Submission> items = CamerasOn(3);
  items[1].operation = "camera.off";
  const absl::Status status = Try(items).status();
  EXPECT_THAT(status, HasReason(reason::kOperationForbidden));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("items[1]"));
  EXPECT_FALSE(Read(items[0].command_id).exists());
}

TEST_F(BatchTest, AnItemAtAnotherSiteRefusesAll) {
  registry_.sites["cam-1"] = "s2";
  EXPECT_THAT(Try(CamerasOn(3)), HasReason(reason::kBatchSite));
}

TEST_F(BatchTest, OneItemThatNeedsATouchMakesAllWait) {
  registry_.rules["device.identify"].set_kind(proof::v1::RULE_KIND_FREE);
  std::vector<Submission> items = CamerasOn(2);
  items[0].operation = "device.identify";
  const StoredCommand first = Advance(SubmitAll(items));
  EXPECT_EQ(first.row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
}

TEST_F(BatchTest, TheStrictestRuleIsAskedOfTheKey) {
  registry_.rules["camera.off"] = registry_.rule;
  registry_.rules["camera.off"].set_uv(true);
  std::vector<Submission> items = CamerasOn(2);
  items[1].operation = "camera.off";
  Advance(SubmitAll(items));
  EXPECT_TRUE(challenge_.issued.at(0).template_().required().uv());
}

TEST_F(BatchTest, TheSameRequestGivesTheSameBatch) {
  const StoredCommand first = SubmitAll(CamerasOn(3));
  EXPECT_EQ(SubmitAll(CamerasOn(3)).version, first.version);
}

TEST_F(BatchTest, TheSameRequestFindsItsBatchWhateverChanged) {
  const StoredCommand first = SubmitAll(CamerasOn(3));
  registry_.sites["cam-1"] = "s2";
  EXPECT_EQ(SubmitAll(CamerasOn(3)).version, first.version);
}

TEST_F(BatchTest, WithAnotherBodyItIsRefused) {
  SubmitAll(CamerasOn(3));
  std::vector<Submission> other = CamerasOn(3);
  other[0].request_digest = std::string(32, 'x');
  EXPECT_THAT(Try(other), HasReason(reason::kRequestIdReused));
}

TEST_F(BatchTest, CheckingStoresNothing) {
  ASSERT_OK_AND_ASSIGN(
      const StoredCommand checked,
      gate().submitter.SubmitBatch(CamerasOn(3), /*check_only=*/true));
  EXPECT_FALSE(checked.exists());
  EXPECT_EQ(checked.row.batch_root().size(), 32u);
  EXPECT_TRUE(Rows().empty());
}

TEST_F(BatchTest, ABatchIsOneQuestion) {
  AskedAll(3);
  const auto questions = gateways_.Of(MeshMessage::kApprovalRequest);
  ASSERT_THAT(questions, SizeIs(1));
  EXPECT_EQ(questions[0].approval_request().commands_size(), 3);
}

TEST_F(BatchTest, TheStatementIsOverTheWholeBatch) {
  const StoredCommand first = AskedAll(3);
  const auto& statement = challenge_.issued.at(0).template_();
  EXPECT_EQ(statement.batch_size(), 3u);
  EXPECT_EQ(statement.batch_root(), first.row.batch_root());
}

TEST_F(BatchTest, OneTouchApprovesAllInOneDurableCommit) {
  const StoredCommand asked = AskedAll(3);
  const int before = store_.SuccessfulCommits(Durability::kReplicated);
  ASSERT_OK_AND_ASSIGN(const StoredCommand first, Answer(asked, Touch(asked)));
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_APPROVED));
  EXPECT_EQ(store_.SuccessfulCommits(Durability::kReplicated), before + 1);
}

TEST_F(BatchTest, TheAuditHoldsTheTouchOnceAndARowForEachCommand) {
  const StoredCommand first = ApprovedAll(3);
  const std::vector<audit::ParsedRow> rows = Rows();
  const audit::v1::AuditBody& touch = rows[rows.size() - 4].body;
  EXPECT_EQ(touch.command(), "");
  ASSERT_EQ(touch.approvals_size(), 1);
  const std::vector<StoredCommand> all = AllOf(first);
  for (size_t i = 0; i < 3; ++i) {
    const audit::v1::AuditBody& body = rows[rows.size() - 3 + i].body;
    EXPECT_EQ(body.command(), all[i].row.command());
    EXPECT_EQ(body.state_after(), "APPROVED");
    EXPECT_EQ(body.index(), i);
    EXPECT_EQ(body.path_size(), all[i].row.path_size());
    EXPECT_THAT(body.approval_refs(),
                ElementsAre(crypto::ToString(
                    audit::ApprovalDigest(touch.approvals(0)))));
  }
}

TEST_F(BatchTest, EachGoesDownWithItsOwnProof) {
  const StoredCommand first = DispatchedAll(3);
  const std::vector<StoredCommand> all = AllOf(first);
  const std::vector<gateway::v1::ExecuteCommand> sent = Executed();
  ASSERT_THAT(sent, SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    const gateway::v1::ExecuteCommand& execute = sent[i];
    EXPECT_EQ(execute.command(), all[i].row.command());
    EXPECT_EQ(execute.proof().index(), i);
    EXPECT_EQ(execute.proof().approvals_size(), 1);
    EXPECT_EQ(execute.proof().path_size(), all[i].row.path_size());
  }
}

TEST_F(BatchTest, TheApprovalsGoDownOnce) {
  DispatchedAll(3);
  ASSERT_THAT(Batches(), SizeIs(1));
  EXPECT_EQ(Batches()[0].execute_batch().items_size(), 3);
  EXPECT_EQ(Batches()[0].execute_batch().approvals_size(), 1);
}

TEST_F(BatchTest, AnAgentOfBeforeGetsEachByItself) {
  gateways_.take_batches = false;
  const StoredCommand first = DispatchedAll(3);
  EXPECT_THAT(Batches(), SizeIs(0));
  const std::vector<StoredCommand> all = AllOf(first);
  const std::vector<gateway::v1::ExecuteCommand> sent = Executed();
  ASSERT_THAT(sent, SizeIs(3));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(sent[i].command(), all[i].row.command());
    EXPECT_EQ(sent[i].proof().index(), i);
    EXPECT_EQ(sent[i].proof().approvals_size(), 1);
  }
}

TEST_F(BatchTest, AThousandLongOnesAreSeveralMessages) {
  std::vector<Submission> items = CamerasOn(1000);
  for (Submission& item : items) {
    item.arguments = "\"" + std::string(1500, 'x') + "\"";
  }
  const StoredCommand asked = Advance(SubmitAll(items));
  ASSERT_OK_AND_ASSIGN(const StoredCommand approved,
                       Answer(asked, Touch(asked)));
  ASSERT_OK(gate().dispatcher.Dispatch(approved));
  EXPECT_THAT(Executed(), SizeIs(1000));
  EXPECT_THAT(Batches(), SizeIs(2));
  for (const MeshMessage& message : Batches()) {
    EXPECT_LT(message.ByteSizeLong(), size_t{2} << 20);
  }
}

TEST_F(BatchTest, EachEndsByItself) {
  const StoredCommand first = DispatchedAll(3);
  const std::vector<StoredCommand> all = AllOf(first);
  gateway::v1::CommandResult failed = ResultOf(all[1]);
  failed.set_outcome(gateway::v1::EXECUTION_OUTCOME_FAILED);
  ASSERT_OK(gate().dispatcher.OnResult(all[1], Session(), failed));
  ASSERT_OK(gate().dispatcher.OnResult(all[0], Session(), ResultOf(all[0])));
  EXPECT_THAT(States(first),
              ElementsAre(v1::COMMAND_STATE_SUCCEEDED, v1::COMMAND_STATE_FAILED,
                          v1::COMMAND_STATE_DISPATCHED));
}

TEST_F(BatchTest, OneWithoutResultIsUnknownAndTheOthersAreNot) {
  const StoredCommand first = DispatchedAll(2);
  const std::vector<StoredCommand> all = AllOf(first);
  ASSERT_OK(gate().dispatcher.OnResult(all[0], Session(), ResultOf(all[0])));
  clock_.Advance(kApproveWithin + kExecuteWithin + absl::Seconds(30));
  gate().sweeper.Sweep();
  EXPECT_THAT(States(first), ElementsAre(v1::COMMAND_STATE_SUCCEEDED,
                                         v1::COMMAND_STATE_UNKNOWN_OUTCOME));
}

TEST_F(BatchTest, ANoEndsAll) {
  const StoredCommand asked = AskedAll(3);
  gateway::v1::ApprovalAnswer answer = AnswerTo(asked);
  answer.mutable_declined();
  ASSERT_OK_AND_ASSIGN(const StoredCommand first, Answer(asked, answer));
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_DENIED));
}

TEST_F(BatchTest, ADeadlineEndsAll) {
  const StoredCommand asked = AskedAll(3);
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  EXPECT_EQ(gate().sweeper.Sweep(), 1);
  EXPECT_THAT(States(asked), Each(v1::COMMAND_STATE_EXPIRED));
}

TEST_F(BatchTest, ACancellationEndsAll) {
  const StoredCommand asked = AskedAll(3);
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(States(asked), Each(v1::COMMAND_STATE_CANCELLED));
}

TEST_F(BatchTest, OneOfThemCannotBeCancelledAlone) {
  const StoredCommand asked = AskedAll(3);
  EXPECT_THAT(gate().flow.Cancel(AllOf(asked)[1], "x"),
              HasReason(reason::kInvalidField));
}

TEST_F(BatchTest, ARuleThatChangedForOneDeniesAll) {
  std::vector<Submission> items = CamerasOn(2);
  items[1].operation = "camera.off";
  const StoredCommand asked = Advance(SubmitAll(items));
  registry_.rules["camera.off"] = registry_.rule;
  registry_.rules["camera.off"].set_level(2);
  ASSERT_OK_AND_ASSIGN(const StoredCommand first, Answer(asked, Touch(asked)));
  EXPECT_EQ(first.row.reason(), "POLICY_CHANGED");
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_DENIED));
}

TEST_F(BatchTest, ACrashAfterTheTouchLosesNothing) {
  const StoredCommand first = ApprovedAll(3);
  Crash();
  clock_.Advance(absl::Seconds(2));
  gate().sweeper.Sweep();
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_DISPATCHED));
  EXPECT_THAT(Executed(), SizeIs(3));
}

TEST_F(BatchTest, AReconnectSendsThoseThatAreOnTheirWay) {
  const StoredCommand first = DispatchedAll(3);
  const std::vector<StoredCommand> all = AllOf(first);
  ASSERT_OK(gate().dispatcher.OnResult(all[0], Session(), ResultOf(all[0])));
  gateways_.sent.clear();
  gate().flow.OnConnected(Session(), {});
  const std::vector<gateway::v1::ExecuteCommand> sent = Executed();
  ASSERT_THAT(sent, SizeIs(2));
  EXPECT_EQ(sent[0].proof().approvals_size(), 1);
}

TEST_F(BatchTest, AReconnectSendsEachOnce) {
  DispatchedAll(3);
  gateways_.sent.clear();
  gate().flow.OnConnected(Session(), {});
  EXPECT_THAT(Executed(), SizeIs(3));
}

TEST_F(BatchTest, OneIsNotDispatchedBeforeTheTouch) {
  const StoredCommand asked = AskedAll(3);
  ASSERT_OK(gate().flow.Advance(AllOf(asked)[1]));
  EXPECT_THAT(Executed(), IsEmpty());
}

TEST_F(BatchTest, ABatchTakesOnePlace) {
  const StoredCommand first = AskedAll(3);
  ASSERT_OK_AND_ASSIGN(const SubmitView view,
                       gate().commands.ReadForSubmit("t1", "cam-1", first.row));
  EXPECT_EQ(view.places[0].account, "open/a/ann/1");
}

TEST_F(BatchTest, TheListHasThemInOrder) {
  SubmitAll(CamerasOn(3));
  ASSERT_OK_AND_ASSIGN(const CommandStore::ListPage page,
                       gate().commands.List("t1", "ann", "", 10));
  EXPECT_THAT(page.command_ids, ElementsAre(CamerasOn(3)[0].command_id,
                                            CamerasOn(3)[1].command_id,
                                            CamerasOn(3)[2].command_id));
}

TEST_F(BatchTest, ItsViewCountsTheStates) {
  const StoredCommand first = DispatchedAll(3);
  const std::vector<StoredCommand> all = AllOf(first);
  ASSERT_OK(gate().dispatcher.OnResult(all[2], Session(), ResultOf(all[2])));
  const v1::BatchRecord view =
      BatchViewOf(first.row, CountStates(AllOf(first)));
  EXPECT_EQ(view.name(), "batches/" + first.row.command_id());
  EXPECT_EQ(view.size(), 3u);
  EXPECT_EQ(view.approval_state(), v1::COMMAND_STATE_APPROVED);
  std::map<int, uint32_t> counts;
  for (const v1::StateCount& count : view.counts()) {
    counts[count.state()] = count.count();
  }
  EXPECT_EQ(counts[v1::COMMAND_STATE_DISPATCHED], 2u);
  EXPECT_EQ(counts[v1::COMMAND_STATE_SUCCEEDED], 1u);
}

TEST_F(BatchTest, EachShowsItsWholeProof) {
  const StoredCommand first = DispatchedAll(3);
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  v1::GetCommandRequest request;
  request.set_name("commands/" + CamerasOn(3)[2].command_id);
  request.set_view(v1::COMMAND_VIEW_FULL);
  ASSERT_OK_AND_ASSIGN(const v1::GetCommandResponse got,
                       service.Get(rpc::TestCaller("client/t1/app"), request));
  EXPECT_EQ(got.command().proof().approvals_size(), 1);
  EXPECT_EQ(got.command().proof().index(), 2u);
  EXPECT_EQ(got.command().batch(), first.row.command_id());
}

TEST_F(BatchTest, ItIsCancelledByItsName) {
  const StoredCommand first = AskedAll(2);
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  v1::CancelCommandRequest request;
  request.set_name("batches/" + first.row.command_id());
  request.set_on_behalf_of("ann");
  ASSERT_OK_AND_ASSIGN(
      const v1::CancelCommandResponse cancelled,
      service.Cancel(rpc::TestCaller("client/t1/app"), request));
  EXPECT_EQ(cancelled.batch().approval_state(), v1::COMMAND_STATE_CANCELLED);
  EXPECT_FALSE(cancelled.has_command());
  EXPECT_THAT(States(first), Each(v1::COMMAND_STATE_CANCELLED));
}

TEST_F(BatchTest, ABatchIsNoCommand) {
  const StoredCommand first = AskedAll(2);
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  v1::GetCommandRequest request;
  request.set_name("batches/" + first.row.command_id());
  EXPECT_THAT(service.Get(rpc::TestCaller("client/t1/app"), request),
              HasReason(reason::kInvalidField));
}

TEST_F(BatchTest, ABatchIsFoundByItsNameAlone) {
  const StoredCommand first = AskedAll(2);
  GateService service(gate().submitter, gate().commands, gate().flow,
                      executor_);
  const rpc::Caller caller = rpc::TestCaller("client/t1/app");
  v1::GetBatchRequest request;
  request.set_name("batches/" + first.row.command_id());
  ASSERT_OK_AND_ASSIGN(const v1::GetBatchResponse got,
                       service.GetBatch(caller, request));
  EXPECT_EQ(got.batch().size(), 2u);
  request.set_name("batches/" + CamerasOn(2)[1].command_id);
  EXPECT_THAT(service.GetBatch(caller, request),
              HasReason(reason::kResourceUnknown));
  request.set_name("commands/" + first.row.command_id());
  EXPECT_THAT(service.GetBatch(caller, request),
              HasReason(reason::kInvalidField));
}

TEST_F(BatchTest, OneAloneIsAnOrdinaryCommand) {
  const StoredCommand only = SubmitAll(CamerasOn(1));
  EXPECT_EQ(only.row.batch(), "");
  EXPECT_TRUE(only.row.batch_ids().empty());
}

}  // namespace
}  // namespace u2fi::command_gate
