#include "services/command-gate/webhook.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "nlohmann/json.hpp"
#include "services/command-gate/quorum_test_case.h"
#include "services/common/http/fake_https_poster.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class WebhookTest : public QuorumTestCase {
 protected:
  void SetUp() override { Begin(); }

  // As a process that begins.
  void Begin() {
    hook_.reset();
    auto poster = std::make_unique<http::FakeHttpsPoster>();
    poster_ = poster.get();
    Webhook::Options options;
    options.tenant = "t1";
    options.url = "https://hooks.example/u2fi";
    options.key = "0123456789abcdef0123456789abcdef";
    options.max_queue = 3;
    options.max_followed = 3;
    options.max_tries = 3;
    hook_ = std::make_unique<Webhook>(
        Webhook::Parts{clock_, random_, gate().commands, gate().watchers,
                       gate().metrics},
        std::move(poster), options);
  }
  // Takes steps as long as there is something to do now.
  absl::Duration Work() {
    absl::Duration wait = hook_->Step();
    while (wait == absl::ZeroDuration()) wait = hook_->Step();
    return wait;
  }
  // What was posted since the last call, as "EVENT".
  std::vector<std::string> Told() {
    std::vector<std::string> told;
    for (const http::PostRequest& request : poster_->posted) {
      told.push_back(json::parse(request.body)["event"]);
    }
    poster_->posted.clear();
    return told;
  }
  std::vector<std::string> WorkAndTold() {
    Work();
    return Told();
  }
  double Count(const char* result) { return gate().metrics.Webhooks(result); }

  // Owned by hook_.
  http::FakeHttpsPoster* poster_ = nullptr;
  std::unique_ptr<Webhook> hook_;
};

TEST_F(WebhookTest, WithNothingToTellItSleeps) {
  EXPECT_EQ(Work(), absl::InfiniteDuration());
}

TEST_F(WebhookTest, TellsWhatWaitsAndThatItEnded) {
  const StoredCommand asked = Asked();
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
  ASSERT_OK_AND_ASSIGN(const StoredCommand one, Approve(asked, "bob"));
  EXPECT_THAT(WorkAndTold(), IsEmpty());
  ASSERT_OK(Approve(one, "carl"));
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
  EXPECT_EQ(Count("sent"), 2);
}

TEST_F(WebhookTest, TheRequestIsSigned) {
  Asked();
  Work();
  ASSERT_THAT(poster_->posted, SizeIs(1));
  const http::PostRequest& request = poster_->posted[0];
  EXPECT_EQ(request.url, "https://hooks.example/u2fi");
  EXPECT_EQ(request.headers[0].second, "application/json");
  EXPECT_EQ(request.headers[2].first, "U2Fi-Signature");
  EXPECT_EQ(request.headers[2].second,
            WebhookSignature("0123456789abcdef0123456789abcdef", clock_.Now(),
                             request.body));
}

TEST_F(WebhookTest, OtherTenantsCommandsAreNotTold) {
  StoredCommand other = Submit(CameraOn());
  other.row.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
  other.tenant = "t2";
  gate().watchers.Tell(other);
  EXPECT_THAT(WorkAndTold(), IsEmpty());
}

TEST_F(WebhookTest, WhatNeverWaitedIsNotTold) {
  ASSERT_OK(gate().flow.Cancel(Submit(CameraOn()), "x"));
  EXPECT_THAT(WorkAndTold(), IsEmpty());
}

TEST_F(WebhookTest, WhatEndedBeforeItCouldBeToldIsToldAsEnded) {
  const StoredCommand asked = Asked();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
  EXPECT_EQ(Count("obsolete"), 1);
}

TEST_F(WebhookTest, AnEnrolmentWaitsOnceThroughAllItsSteps) {
  registry_.rule.set_approvals(1);
  const StoredCommand registering = Advance(Submit(Enrolment()));
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
  StoredCommand next = registering;
  next.row.set_command("made since");
  gate().watchers.Tell(next);
  next.row.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
  gate().watchers.Tell(next);
  EXPECT_THAT(WorkAndTold(), IsEmpty());
  EXPECT_EQ(Count("obsolete"), 0);
  ASSERT_OK(gate().flow.Cancel(registering, "x"));
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
}

TEST_F(WebhookTest, WhatEndedWhileItWasListedIsForgotten) {
  const StoredCommand asked = Asked();
  Begin();
  // It is listed from what the store said before.
  store_.Fail(store::FaultyStore::Method::kScan,
              store::FaultyStore::Fault::kUnavailable);
  const absl::Duration wait = Work();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  gate().watchers.Tell(asked);
  clock_.Advance(wait);
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
  EXPECT_EQ(Count("obsolete"), 1);
}

TEST_F(WebhookTest, ARefusalOfTheAddressIsNotRepeated) {
  poster_->answers = {404, 302};
  Asked(1);
  Asked(2);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING", "WAITING"));
  EXPECT_EQ(Count("refused"), 2);
}

TEST_F(WebhookTest, AfterAFaultItIsTriedAgainLater) {
  poster_->answers = {503, Away(), 429};
  Asked();
  const absl::Duration wait = Work();
  EXPECT_GT(wait, absl::ZeroDuration());
  EXPECT_LE(wait, absl::Milliseconds(500));
  EXPECT_THAT(Told(), SizeIs(1));
  clock_.Advance(wait - absl::Nanoseconds(1));
  EXPECT_THAT(WorkAndTold(), IsEmpty());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_THAT(WorkAndTold(), SizeIs(1));
  EXPECT_EQ(Count("retried"), 2);
}

TEST_F(WebhookTest, AfterTheLastTryItGoesOnWithTheNext) {
  poster_->answers = {500, 500, 500};
  Asked(1);
  Asked(2);
  for (int i = 0; i < 3; ++i) clock_.Advance(Work());
  EXPECT_EQ(Count("given_up"), 1);
  EXPECT_EQ(Count("sent"), 0);
  Work();
  EXPECT_EQ(Count("sent"), 1);
}

TEST_F(WebhookTest, WithoutStoreItWaitsAndThatIsNoTry) {
  Work();
  Asked();
  store_.SetAway(true);
  for (int i = 0; i < 5; ++i) clock_.Advance(Work());
  store_.SetAway(false);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
  EXPECT_EQ(Count("given_up"), 0);
}

TEST_F(WebhookTest, AnotherTryTellsWhatIsTrueThen) {
  poster_->answers = {500};
  const StoredCommand asked = Asked();
  const absl::Duration wait = Work();
  Told();
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  clock_.Advance(wait);
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
}

TEST_F(WebhookTest, AfterTheDeadlineNobodyIsToldThatItWaits) {
  poster_->answers = {500};
  Asked();
  Work();
  Told();
  clock_.Advance(kApproveWithin);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
  Asked(2);
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  EXPECT_THAT(WorkAndTold(), IsEmpty());
  EXPECT_EQ(Count("expired"), 1);
}

TEST_F(WebhookTest, ARequestEndsWithTheDeadline) {
  Asked();
  clock_.Advance(kApproveWithin - absl::Seconds(2));
  Work();
  ASSERT_THAT(poster_->posted, SizeIs(1));
  EXPECT_EQ(poster_->posted[0].timeout, absl::Milliseconds(2001));
}

TEST_F(WebhookTest, TheQueueIsBoundedAndTheOldestGoes) {
  registry_.rule.set_approvals(1);
  std::vector<StoredCommand> asked;
  for (const int n : {1, 2}) asked.push_back(Asked(n));
  for (const StoredCommand& one : asked) {
    ASSERT_OK(gate().flow.Cancel(one, "x"));
  }
  EXPECT_EQ(Count("dropped"), 1);
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED", "ENDED"));
}

TEST_F(WebhookTest, WhatAnotherReplicaAskedIsToldWhenItEndsHere) {
  hook_.reset();
  const StoredCommand asked = Asked();
  Begin();
  store_.Fail(store::FaultyStore::Method::kScan,
              store::FaultyStore::Fault::kUnavailable);
  clock_.Advance(Work());
  ASSERT_OK(gate().flow.Cancel(asked, "x"));
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
}

TEST_F(WebhookTest, WhatOthersEndedIsForgottenAfterItsTime) {
  for (const int n : {1, 2, 3}) {
    StoredCommand elsewhere = Submit(CameraOn());
    elsewhere.row.set_command_id(std::string(26, static_cast<char>('a' + n)));
    elsewhere.row.set_state(v1::COMMAND_STATE_AWAITING_APPROVAL);
    gate().watchers.Tell(elsewhere);
  }
  Asked(4);
  EXPECT_GT(Count("dropped"), 0);
  clock_.Advance(kApproveWithin + absl::Milliseconds(1));
  Asked(5);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
}

TEST_F(WebhookTest, WhatComesWhileItPostsIsTold) {
  const StoredCommand asked = Asked();
  poster_->during = [&] {
    poster_->during = nullptr;
    ASSERT_OK(gate().flow.Cancel(asked, "x"));
  };
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING", "ENDED"));
}

TEST_F(WebhookTest, AProcessThatBeginsTellsWhatWaitsAlready) {
  const StoredCommand asked = Asked(1);
  ASSERT_OK(gate().flow.Cancel(Asked(2), "x"));
  hook_.reset();
  Crash();
  Begin();
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
  ASSERT_OK(gate().flow.Cancel(Reread(asked), "x"));
  EXPECT_THAT(WorkAndTold(), ElementsAre("ENDED"));
}

TEST_F(WebhookTest, WithTheStoreAwayItBeginsLater) {
  Asked();
  hook_.reset();
  Begin();
  store_.Fail(store::FaultyStore::Method::kScan,
              store::FaultyStore::Fault::kUnavailable);
  const absl::Duration wait = Work();
  EXPECT_THAT(Told(), IsEmpty());
  clock_.Advance(wait);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
}

TEST_F(WebhookTest, ACommandThatCannotBeReadIsTriedAgain) {
  Work();
  Asked();
  store_.Fail(store::FaultyStore::Method::kGet,
              store::FaultyStore::Fault::kUnavailable);
  const absl::Duration wait = Work();
  EXPECT_THAT(Told(), IsEmpty());
  clock_.Advance(wait);
  EXPECT_THAT(WorkAndTold(), ElementsAre("WAITING"));
}

TEST_F(WebhookTest, StopEndsTheThread) {
  Asked();
  hook_->Stop();
  EXPECT_TRUE(poster_->stopped);
  hook_->Run();
}

}  // namespace
}  // namespace u2fi::command_gate
