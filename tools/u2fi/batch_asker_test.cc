#include "tools/u2fi/batch_asker.h"

#include <sstream>
#include <utility>

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using gate::COMMAND_STATE_APPROVED;
using gate::COMMAND_STATE_AWAITING_APPROVAL;
using gate::COMMAND_STATE_DENIED;
using gate::COMMAND_STATE_DISPATCHED;
using gate::COMMAND_STATE_FAILED;
using gate::COMMAND_STATE_SUCCEEDED;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using Counts = std::vector<std::pair<gate::CommandState, uint32_t>>;

class BatchAskerTest : public testing::Test {
 protected:
  BatchAskerTest() {
    ask_.device = "cam-1";
    ask_.also = {"cam-2"};
    ask_.operation = "camera.on";
    ask_.account = "ann";
    Comes(COMMAND_STATE_AWAITING_APPROVAL,
          {{COMMAND_STATE_AWAITING_APPROVAL, 2}});
  }

  // What the gate says next of the batch.
  gate::WatchCommandResponse& Comes(gate::CommandState approval,
                                    const Counts& counts) {
    gate::WatchCommandResponse& change = mesh_.batch_changes.emplace_back();
    gate::BatchRecord& batch = *change.mutable_batch();
    batch.set_name("batches/c1");
    batch.set_size(2);
    batch.set_approval_state(approval);
    for (const auto& [state, count] : counts) {
      gate::StateCount& counted = *batch.add_counts();
      counted.set_state(state);
      counted.set_count(count);
    }
    return change;
  }
  // The same when a command came to its end.
  void Ends(const std::string& device, gate::CommandState state,
            const Counts& counts) {
    gate::CommandRecord& command =
        *Comes(COMMAND_STATE_APPROVED, counts).mutable_command();
    command.set_device(device);
    command.set_state(state);
  }
  void Succeeds() {
    Comes(COMMAND_STATE_APPROVED, {{COMMAND_STATE_DISPATCHED, 2}});
    Ends("cam-2", COMMAND_STATE_SUCCEEDED,
         {{COMMAND_STATE_DISPATCHED, 1}, {COMMAND_STATE_SUCCEEDED, 1}});
    Ends("cam-1", COMMAND_STATE_SUCCEEDED, {{COMMAND_STATE_SUCCEEDED, 2}});
  }
  absl::Status Run() { return BatchAsker(mesh_, random_, output_).Run(ask_); }
  absl::Status Wait() {
    return BatchAsker(mesh_, random_, output_).Wait("batches/c1");
  }

  FakeMesh mesh_;
  FakeRandomSource random_;
  std::ostringstream said_;
  Output output_{said_, false};
  Ask ask_;
};

TEST_F(BatchAskerTest, AllThatSucceedAreASuccess) {
  Succeeds();
  EXPECT_OK(Run());
  EXPECT_THAT(said_.str(), HasSubstr("batch    batches/c1  2 commands"));
  EXPECT_THAT(said_.str(), HasSubstr("state    AWAITING_APPROVAL: touch"));
  EXPECT_THAT(said_.str(), HasSubstr("item     cam-2  SUCCEEDED"));
  EXPECT_THAT(said_.str(), HasSubstr("state    APPROVED; 2 SUCCEEDED"));
}

TEST_F(BatchAskerTest, EveryDeviceIsAskedForTheSame) {
  ask_.json = "{}";
  Succeeds();
  EXPECT_OK(Run());
  ASSERT_EQ(mesh_.submitted_batch.items_size(), 2);
  EXPECT_EQ(mesh_.submitted_batch.items(0).device(), "cam-1");
  EXPECT_EQ(mesh_.submitted_batch.items(1).device(), "cam-2");
  EXPECT_EQ(mesh_.submitted_batch.items(1).json(), "{}");
  EXPECT_EQ(mesh_.submitted_batch.options().on_behalf_of(), "ann");
  EXPECT_EQ(mesh_.submitted_batch.request_id().size(), 32u);
}

TEST_F(BatchAskerTest, OneThatFailsIsAnError) {
  Ends("cam-2", COMMAND_STATE_SUCCEEDED,
       {{COMMAND_STATE_DISPATCHED, 1}, {COMMAND_STATE_SUCCEEDED, 1}});
  Ends("cam-1", COMMAND_STATE_FAILED,
       {{COMMAND_STATE_SUCCEEDED, 1}, {COMMAND_STATE_FAILED, 1}});
  const absl::Status status = Run();
  EXPECT_EQ(ReasonOf(status), "FAILED");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 of 2"));
}

TEST_F(BatchAskerTest, CommandsThatNobodyTellsOfAreNoSuccess) {
  gate::BatchRecord batch;
  batch.set_size(2);
  batch.set_approval_state(gate::COMMAND_STATE_APPROVED);
  EXPECT_FALSE(AllFinal(batch));
  EXPECT_THAT(OutcomeOf(batch), Not(IsOk()));
  gate::StateCount& done = *batch.add_counts();
  done.set_state(gate::COMMAND_STATE_SUCCEEDED);
  done.set_count(1);
  EXPECT_FALSE(AllFinal(batch));
  EXPECT_THAT(OutcomeOf(batch), Not(IsOk()));
  done.set_count(2);
  EXPECT_TRUE(AllFinal(batch));
  EXPECT_OK(OutcomeOf(batch));
}

TEST_F(BatchAskerTest, ADenialIsToldOnceForAll) {
  for (const char* device : {"cam-1", "cam-2"}) {
    gate::WatchCommandResponse& change =
        Comes(COMMAND_STATE_DENIED, {{COMMAND_STATE_DENIED, 2}});
    change.mutable_batch()->set_reason("USER_DENIED");
    change.mutable_command()->set_device(device);
    change.mutable_command()->set_state(COMMAND_STATE_DENIED);
  }
  const absl::Status status = Run();
  EXPECT_EQ(ReasonOf(status), "USER_DENIED");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_THAT(said_.str(), Not(HasSubstr("item")));
  EXPECT_EQ(said_.str().find("state    DENIED"),
            said_.str().rfind("state    DENIED"));
}

TEST_F(BatchAskerTest, TheWordsStandThereBeforeAnythingIsHeard) {
  mesh_.error = Error(reason::kGatewayOffline, "away");
  ask_.request_id = std::string(32, '7');
  EXPECT_THAT(Run(), HasReason(reason::kGatewayOffline));
  EXPECT_THAT(said_.str(),
              StartsWith("words    " +
                         proof::ComparisonWords(ask_.request_id,
                                                {{"cam-1", "camera.on", ""},
                                                 {"cam-2", "camera.on", ""}})));
}

TEST_F(BatchAskerTest, AnotherBatchThanTheOneAskedForIsCancelled) {
  mesh_.words = {"some", "other", "four", "words"};
  EXPECT_THAT(Run(), HasReason(reason::kCommandMismatch));
  EXPECT_THAT(mesh_.calls().back(), StartsWith("CancelCommand"));
}

TEST_F(BatchAskerTest, AStreamThatEndsEarlyIsNotASuccess) {
  EXPECT_THAT(Run(), HasReason(reason::kPeerUnavailable));
}

TEST_F(BatchAskerTest, WithoutWaitingItEndsWhenTheGateHasTakenIt) {
  ask_.no_wait = true;
  EXPECT_OK(Run());
  EXPECT_THAT(mesh_.calls().back(), StartsWith("SubmitBatch"));
}

TEST_F(BatchAskerTest, OnlyCheckedMeansThatNobodyWaits) {
  ask_.validate_only = true;
  EXPECT_OK(Run());
  EXPECT_TRUE(mesh_.submitted_batch.validate_only());
  EXPECT_EQ(mesh_.calls().size(), 1u);
}

TEST_F(BatchAskerTest, ABatchOfBeforeIsFollowedToItsEnd) {
  Succeeds();
  EXPECT_OK(Wait());
  EXPECT_THAT(said_.str(), HasSubstr("2 SUCCEEDED"));
}

TEST_F(BatchAskerTest, ABatchThatHasEndedIsNotFollowed) {
  mesh_.batch_changes.clear();
  Comes(COMMAND_STATE_APPROVED, {{COMMAND_STATE_SUCCEEDED, 2}});
  EXPECT_OK(Wait());
  EXPECT_THAT(mesh_.calls().back(), StartsWith("GetBatch"));
}

}  // namespace
}  // namespace u2fi::cli
