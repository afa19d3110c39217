#include "services/command-gate/approval_feed.h"

#include <deque>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/quorum_test_case.h"

namespace u2fi::command_gate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// Runs work when the test says so.
class StepExecutor : public audit::Executor {
 public:
  void Schedule(std::function<void()> work) override {
    waiting_.push_back(std::move(work));
  }
  void RunAll() {
    while (!waiting_.empty()) {
      const std::function<void()> work = std::move(waiting_.front());
      waiting_.pop_front();
      work();
    }
  }

 private:
  std::deque<std::function<void()>> waiting_;
};

class ApprovalFeedTest : public QuorumTestCase {
 protected:
  std::unique_ptr<ApprovalFeed::Watch> Follow(
      const std::string& account, bool portal = false,
      const std::string& tenant = "t1") {
    return ApprovalFeed::Start(
        {gate().commands, gate().watchers, steps_, gate().flow.questions()},
        {tenant, account, portal},
        [this](const absl::optional<ApprovalFeed::Event>& event) {
          if (event.has_value()) {
            events_.push_back(event->approval());
          } else {
            ++missed_;
          }
        });
  }
  // What came since the last call, as "command number: state".
  std::vector<v1::PendingApproval> Heard() {
    steps_.RunAll();
    std::vector<v1::PendingApproval> heard;
    heard.swap(events_);
    return heard;
  }
  std::vector<v1::ApprovalState> States() {
    std::vector<v1::ApprovalState> states;
    for (const auto& event : Heard()) states.push_back(event.state());
    return states;
  }

  StepExecutor steps_;
  std::vector<v1::PendingApproval> events_;
  int missed_ = 0;
};

TEST_F(ApprovalFeedTest, FirstComesWhatIsOpenOldestFirst) {
  const StoredCommand first = Asked(1);
  clock_.Advance(absl::Seconds(1));
  const StoredCommand second = Asked(2);
  const auto watch = Follow("bob");
  const std::vector<v1::PendingApproval> heard = Heard();
  ASSERT_THAT(heard, SizeIs(2));
  EXPECT_EQ(heard[0].name(), "commands/" + first.row.command_id());
  EXPECT_EQ(heard[1].name(), "commands/" + second.row.command_id());
  EXPECT_EQ(heard[0].queue_position(), 0u);
  EXPECT_EQ(heard[1].queue_position(), 1u);
}

TEST_F(ApprovalFeedTest, AQuestionSaysWhatAndForWhomAndUntilWhen) {
  const StoredCommand asked = Asked();
  const auto watch = Follow("carl");
  const std::vector<v1::PendingApproval> heard = Heard();
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].approval_id(),
            ApprovalId(asked.row.command_id(), SlotOf(asked, "carl"), 1));
  EXPECT_EQ(heard[0].state(), v1::APPROVAL_STATE_ASKED);
  EXPECT_EQ(heard[0].gateway(), "g2");
  EXPECT_THAT(heard[0].commands(), ElementsAre(asked.row.command()));
  EXPECT_THAT(heard[0].words(), ElementsAre("one", "two", "three", "four"));
  EXPECT_EQ(heard[0].requester(), asked.row.requester());
  EXPECT_EQ(heard[0].approve_by().seconds(),
            static_cast<int64_t>(asked.row.approve_by_ms() / 1000));
}

TEST_F(ApprovalFeedTest, WhatAGatewayAnswersShowsNoStatement) {
  Asked();
  const auto watch = Follow("carl", /*portal=*/true);
  EXPECT_EQ(Heard()[0].statement(), "");
}

TEST_F(ApprovalFeedTest, AQuestionThatComesLaterIsTold) {
  const auto watch = Follow("bob");
  EXPECT_THAT(Heard(), IsEmpty());
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_QUEUED));
  Advance(stored);
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_ASKED));
}

TEST_F(ApprovalFeedTest, EachChangeIsToldOnceUntilTheLast) {
  const StoredCommand asked = Asked();
  const auto watch = Follow("bob");
  Heard();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_ACCEPTED));
  ASSERT_OK(Approve(one, "carl"));
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, WhoIsNotNeededAnyMoreHearsIt) {
  Pin("dora", "dora-1", proof::v1::KEY_ROLE_APPROVER, "g1");
  const StoredCommand asked = Asked();
  const auto watch = Follow("dora");
  Heard();
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  EXPECT_THAT(Heard(), IsEmpty());
  ASSERT_OK(Approve(one, "carl"));
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_CANCELLED));
}

TEST_F(ApprovalFeedTest, AFreshQuestionAfterARefusalIsAnotherOne) {
  const StoredCommand asked = Asked();
  const auto watch = Follow("bob");
  const std::string first = Heard()[0].approval_id();
  attestation_.outcome = common::v1::OUTCOME_REFUSED;
  attestation_.reason = "SIGNATURE_INVALID";
  ASSERT_OK(Approve(asked, "bob"));
  const std::vector<v1::PendingApproval> heard = Heard();
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_NE(heard[0].approval_id(), first);
  EXPECT_EQ(heard[0].state(), v1::APPROVAL_STATE_ASKED);
}

TEST_F(ApprovalFeedTest, OthersQuestionsAreNotTold) {
  const auto watch = Follow("ann");
  Asked();
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, AnotherTenantsQuestionsAreNotTold) {
  const auto watch = Follow("bob", false, "t2");
  Asked();
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, WhatEndedBeforeIsNotTold) {
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  const auto watch = Follow("bob");
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, SeveralChangesAtOnceAreToldAsTheLast) {
  const auto watch = Follow("bob");
  Heard();
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, ARegistrationIsAQuestionToo) {
  registry_.rule.set_approvals(1);
  const auto watch = Follow("ann");
  Heard();
  const StoredCommand enrolling = Advance(Submit(Enrolment()));
  const std::vector<v1::PendingApproval> heard = Heard();
  ASSERT_FALSE(heard.empty());
  EXPECT_TRUE(heard.back().registration());
  EXPECT_EQ(heard.back().approval_id(), enrolling.row.command_id());
  EXPECT_EQ(heard.back().state(), v1::APPROVAL_STATE_ASKED);
}

TEST_F(ApprovalFeedTest, AfterTheEndNothingComes) {
  auto watch = Follow("bob");
  Asked();
  watch.reset();
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ApprovalFeedTest, WhileTheStoreIsAwayTheReaderIsToldToStartAnew) {
  Asked();
  const auto watch = Follow("bob");
  store_.Fail(store::FaultyStore::Method::kScan,
              store::FaultyStore::Fault::kUnavailable);
  EXPECT_THAT(Heard(), IsEmpty());
  EXPECT_EQ(missed_, 1);
}

TEST_F(ApprovalFeedTest, WhatAnotherReplicaDidIsToldWhenItIsHeard) {
  const StoredCommand asked = Asked(1);
  const auto watch = Follow("bob");
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_ASKED));
  GateCore other(world_);
  ASSERT_OK(other.flow.Cancel(Reread(asked), "x"));
  EXPECT_THAT(States(), IsEmpty());
  gate().watchers.Hear(Reread(asked));
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_CANCELLED));
}

TEST_F(ApprovalFeedTest, IfThatMayHaveBeenMissedAllIsRead) {
  const StoredCommand asked = Asked(1);
  const auto watch = Follow("bob");
  EXPECT_THAT(States(), ElementsAre(v1::APPROVAL_STATE_ASKED));
  GateCore other(world_);
  ASSERT_OK(other.flow.Cancel(Reread(asked), "x"));
  ASSERT_OK(other.flow.Advance(Submit(CameraOn(2))));
  gate().watchers.ReadAgain("t1");
  EXPECT_THAT(States(),
              testing::UnorderedElementsAre(v1::APPROVAL_STATE_CANCELLED,
                                            v1::APPROVAL_STATE_ASKED));
}

}  // namespace
}  // namespace u2fi::command_gate
