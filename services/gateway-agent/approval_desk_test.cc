#include "services/gateway-agent/approval_desk.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "services/gateway-agent/fake_mesh.h"
#include "services/gateway-agent/fake_questions.h"
#include "services/gateway-agent/fake_tokens.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::ApprovalAnswer;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

// Remembers what it showed: "on q1", "off q1 done".
class NotingCue : public Cue {
 public:
  void On(const CueText& text) override { Note("on " + text.approval_id); }
  void WantPin(const PinPrompt& prompt) override {
    Note(absl::StrCat("pin ", prompt.text.approval_id, " ", prompt.tries_left));
  }
  void Off(const CueText& text, const std::string& why) override {
    Note(absl::StrCat("off ", text.approval_id, " ", why));
  }
  void WaitFor(const std::string& note) {
    MutexLock lock(mutex_);
    while (notes_.count(note) == 0) changed_.Wait(mutex_);
  }
  bool Has(const std::string& note) {
    MutexLock lock(mutex_);
    return notes_.count(note) != 0;
  }

 private:
  void Note(const std::string& note) {
    MutexLock lock(mutex_);
    notes_.insert(note);
    changed_.NotifyAll();
  }

  Mutex mutex_;
  CondVar changed_;
  std::set<std::string> notes_ ABSL_GUARDED_BY(mutex_);
};

class ApprovalDeskTest : public testing::Test {
 protected:
  ApprovalDeskTest() { options_.look_again = absl::Milliseconds(1); }

  ApprovalDesk& desk() {
    if (desk_ == nullptr) {
      desk_ = std::make_unique<ApprovalDesk>(identity_, clock_, tokens_, cue_,
                                             mesh_, options_);
    }
    return *desk_;
  }
  void Ask(const MeshMessage& message) {
    EXPECT_TRUE(desk().OnMessage(message));
  }
  ApprovalAnswer NextAnswer() {
    return mesh_.WaitFor(GatewayMessage::kApprovalAnswer).approval_answer();
  }
  uint32_t NextPosition() {
    return mesh_.WaitFor(GatewayMessage::kApprovalReceived)
        .approval_received()
        .queue_position();
  }

  FakeClock clock_;
  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{identity_,
                                 static_cast<uint64_t>(UnixMillis(clock_))};
  FakeTokens tokens_;
  NotingCue cue_;
  FakeMesh mesh_;
  ApprovalOptions options_;
  std::unique_ptr<ApprovalDesk> desk_;
};

TEST_F(ApprovalDeskTest, ATouchAnswersTheQuestion) {
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  const ApprovalAnswer answer = NextAnswer();
  EXPECT_EQ(answer.approval_id(), "q1");
  EXPECT_EQ(answer.assertion().token_id(), "token-k1");
  EXPECT_EQ(answer.assertion().signature(), "signature");
  EXPECT_EQ(answer.assertion().authenticator_data(),
            crypto::ToString(crypto::Sha256("rp")) +
                FakeTokens::Signed().substr(0, 5));
  EXPECT_FALSE(answer.assertion().relay_signature().empty());
  EXPECT_EQ(answer.assertion().touched_at_ms(),
            static_cast<uint64_t>(UnixMillis(clock_)));
}

TEST_F(ApprovalDeskTest, TheCueIsOnWhileTheKeyIsAsked) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  tokens_.Touch("p1");
  cue_.WaitFor("off q1 done");
}

TEST_F(ApprovalDeskTest, AQuestionForAnotherGatewayIsRefusedWithoutACue) {
  AgentIdentity other = identity_;
  other.gateway = "g2";
  Ask(FakeQuestions(other, static_cast<uint64_t>(UnixMillis(clock_)))
          .Approval("q1", "k1"));
  EXPECT_EQ(NextAnswer().failed().reason(), "GATEWAY_MISMATCH");
  EXPECT_FALSE(cue_.Has("on q1"));
}

TEST_F(ApprovalDeskTest, ABrokenRegistrationIsRefused) {
  MeshMessage message = questions_.Enrolment("e1", "k1");
  message.mutable_enrolment_request()->mutable_statement()->push_back('x');
  Ask(message);
  EXPECT_EQ(mesh_.WaitFor(GatewayMessage::kEnrolmentAnswer)
                .enrolment_answer()
                .failed()
                .reason(),
            "STATEMENT_FORMAT");
}

TEST_F(ApprovalDeskTest, ManyQuestionsOfOneDoNotKeepAnothersFirstWaiting) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  Ask(questions_.Approval("q2", "k1"));
  Ask(questions_.Approval("q3", "k1"));
  Ask(questions_.ApprovalOf("spiffe://test/client/t1/owner ann", "own", "k1"));
  tokens_.Touch("p1");
  EXPECT_EQ(NextAnswer().approval_id(), "q1");
  Ask(FakeQuestions::Outcome("q1"));
  cue_.WaitFor("on own");
  EXPECT_FALSE(cue_.Has("on q2"));
}

TEST_F(ApprovalDeskTest, TheKeyIsAskedAgainOnlyAfterTheOutcome) {
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  NextAnswer();
  Ask(questions_.Approval("q2", "k1"));
  EXPECT_EQ(NextPosition(), 1u);
  EXPECT_EQ(tokens_.asked("p1"), 1);
  Ask(FakeQuestions::Outcome("q1"));
  tokens_.WaitUntilAsked("p1", 2);
}

TEST_F(ApprovalDeskTest, AnOutcomeThatWasLostWithTheStreamBlocksNoKey) {
  options_.outcome_within = absl::Hours(1);
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  NextAnswer();
  Ask(questions_.Approval("q2", "k1"));
  EXPECT_EQ(tokens_.asked("p1"), 1);
  desk().OnConnected({});
  tokens_.WaitUntilAsked("p1", 2);
}

TEST_F(ApprovalDeskTest, AnOutcomeThatNeverComesBlocksTheKeyForATimeOnly) {
  options_.outcome_within = absl::Milliseconds(1);
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  NextAnswer();
  Ask(questions_.Approval("q2", "k1"));
  clock_.Advance(absl::Milliseconds(1));
  tokens_.WaitUntilAsked("p1", 2);
}

TEST_F(ApprovalDeskTest, AnAbsentKeyDoesNotBlockOthers) {
  tokens_.Plug("p2", "k2");
  tokens_.Touch("p2");
  Ask(questions_.Approval("q1", "absent"));
  cue_.WaitFor("on q1");
  Ask(questions_.Approval("q2", "k2"));
  EXPECT_EQ(NextAnswer().approval_id(), "q2");
}

TEST_F(ApprovalDeskTest, TwoKeysAreAskedAtOnce) {
  tokens_.Plug("p1", "k1");
  tokens_.Plug("p2", "k2");
  Ask(questions_.Approval("q1", "k1"));
  Ask(questions_.Approval("q2", "k2"));
  tokens_.WaitUntilAsked("p1");
  tokens_.WaitUntilAsked("p2");
}

TEST_F(ApprovalDeskTest, AKeyThatIsPluggedInLaterIsAsked) {
  options_.look_again = absl::Hours(1);
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  tokens_.Plug("p1", "k1");
  tokens_.WaitUntilAsked("p1");
}

TEST_F(ApprovalDeskTest, AnyOfTheCandidatesMayAnswer) {
  MeshMessage message = questions_.Approval("q1", "absent");
  FakeQuestions::AddCandidate("k2", *message.mutable_approval_request());
  tokens_.Plug("p2", "k2");
  tokens_.Touch("p2");
  Ask(message);
  EXPECT_EQ(NextAnswer().assertion().token_id(), "token-k2");
}

TEST_F(ApprovalDeskTest, WithoutAKeyItFailsAtApproveBy) {
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(NextAnswer().failed().reason(), "TOKEN_ABSENT");
  cue_.WaitFor("off q1 TOKEN_ABSENT");
}

TEST_F(ApprovalDeskTest, WhatTheKeySaysIsPassedOn) {
  tokens_.Plug("p1", "k1");
  tokens_.Break("p1", Error(reason::kDeviceStatus, "6984"));
  Ask(questions_.Approval("q1", "k1"));
  EXPECT_EQ(NextAnswer().failed().reason(), "DEVICE_STATUS");
}

TEST_F(ApprovalDeskTest, AKeyPulledDuringTheTouchFails) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  tokens_.WaitUntilAsked("p1");
  tokens_.Unplug("p1");
  EXPECT_EQ(NextAnswer().failed().reason(), "TOKEN_REMOVED");
}

TEST_F(ApprovalDeskTest, AnAnswerThatIsTooShortFails) {
  tokens_.Plug("p1", "k1");
  tokens_.AnswerWith("p1", "12345");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  EXPECT_EQ(NextAnswer().failed().reason(), "TOKEN_FRAME");
}

TEST_F(ApprovalDeskTest, ARefusalOfTheKeyIsShownAndDeclined) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  tokens_.WaitUntilAsked("p1");
  EXPECT_TRUE(desk().Decline("q1", "button"));
  EXPECT_EQ(NextAnswer().declined().source(), "button");
  cue_.WaitFor("off q1 declined");
}

TEST_F(ApprovalDeskTest, AQuestionWithoutAKeyCanBeDeclined) {
  Ask(questions_.Approval("q1", "k1"));
  EXPECT_TRUE(desk().Decline("q1", "button"));
  EXPECT_EQ(NextAnswer().declined().source(), "button");
}

TEST_F(ApprovalDeskTest, OnlyTheQuestionThatIsNamedIsDeclined) {
  Ask(questions_.Approval("q1", "k1"));
  Ask(questions_.Approval("q2", "k1"));
  EXPECT_FALSE(desk().Decline("q3", "button"));
  EXPECT_TRUE(desk().Decline("q2", "button"));
  EXPECT_EQ(NextAnswer().approval_id(), "q2");
  EXPECT_EQ(desk().Waiting().size(), 1u);
}

TEST_F(ApprovalDeskTest, DecliningWithoutAnIdMeansWhatIsShown) {
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  EXPECT_TRUE(desk().Decline("", "button"));
  EXPECT_EQ(NextAnswer().approval_id(), "q1");
}

TEST_F(ApprovalDeskTest, NothingElseCanBeDeclined) {
  EXPECT_FALSE(desk().Decline("", "button"));
  EXPECT_FALSE(desk().Decline("q1", "button"));
}

TEST_F(ApprovalDeskTest, ATouchedQuestionCannotBeDeclined) {
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  NextAnswer();
  EXPECT_FALSE(desk().Decline("q1", "button"));
}

TEST_F(ApprovalDeskTest, ACancelledQuestionGetsNoAnswer) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  tokens_.WaitUntilAsked("p1");
  Ask(FakeQuestions::Cancel("q1"));
  tokens_.Touch("p1");
  Ask(questions_.Approval("q2", "k1"));
  EXPECT_EQ(NextAnswer().approval_id(), "q2");
}

TEST_F(ApprovalDeskTest, ACancelOrOutcomeOfNoQuestionChangesNothing) {
  Ask(questions_.Approval("q1", "k1"));
  Ask(FakeQuestions::Cancel("q2"));
  Ask(FakeQuestions::Outcome("q2"));
  ASSERT_EQ(desk().Waiting().size(), 1u);
  EXPECT_EQ(desk().Waiting()[0].approval_id(), "q1");
}

TEST_F(ApprovalDeskTest, ACancelledQuestionThatWaitsIsGone) {
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  Ask(FakeQuestions::Cancel("q1"));
  cue_.WaitFor("off q1 cancelled");
  EXPECT_TRUE(desk().Waiting().empty());
}

TEST_F(ApprovalDeskTest, TheSameQuestionAgainGetsTheSameAnswerWithoutATouch) {
  tokens_.Plug("p1", "k1");
  tokens_.Touch("p1");
  Ask(questions_.Approval("q1", "k1"));
  const ApprovalAnswer first = NextAnswer();
  Ask(questions_.Approval("q1", "k1"));
  EXPECT_EQ(NextAnswer().SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(tokens_.asked("p1"), 1);
}

TEST_F(ApprovalDeskTest, TheSameQuestionAgainWaitsOnce) {
  Ask(questions_.Approval("q1", "k1"));
  Ask(questions_.Approval("q1", "k1"));
  EXPECT_EQ(desk().Waiting().size(), 1u);
}

TEST_F(ApprovalDeskTest, TooManyQuestionsAreRefused) {
  for (size_t i = 0; i < ApprovalDesk::kMaxOpen; ++i) {
    Ask(questions_.Approval(absl::StrCat("q", i), "k1"));
  }
  Ask(questions_.Approval("one-more", "k1"));
  const ApprovalAnswer answer = NextAnswer();
  EXPECT_EQ(answer.approval_id(), "one-more");
  EXPECT_EQ(answer.failed().reason(), "GATEWAY_LIMIT");
}

TEST_F(ApprovalDeskTest, TheQueueIsVisible) {
  Ask(questions_.Approval("q1", "k1"));
  cue_.WaitFor("on q1");
  Ask(questions_.Approval("q2", "k1", "camera.off"));
  const auto waiting = desk().Waiting();
  ASSERT_EQ(waiting.size(), 2u);
  EXPECT_TRUE(waiting[0].shown());
  EXPECT_EQ(waiting[0].words_size(), 4);
  EXPECT_FALSE(waiting[1].shown());
  EXPECT_THAT(waiting[1].text(),
              testing::HasSubstr("camera.off on cam-1 {\"zoom\":2}"));
}

// A key whose PIN is wanted for a question.
class ApprovalDeskPinTest : public ApprovalDeskTest {
 protected:
  void SetUp() override {
    tokens_.Plug("p1", "k1", false, true);
    tokens_.SetPin("p1", "tulip-7", 8);
    tokens_.Touch("p1");
    Ask(questions_.VerifiedApproval("q1", "k1"));
    cue_.WaitFor("pin q1 8");
  }
  absl::Status Give(const std::string& pin, int tries_left) {
    return desk().GivePin({"q1", tries_left, false, pin});
  }
};

TEST_F(ApprovalDeskPinTest, ThePinThenTheTouchAnswer) {
  EXPECT_EQ(desk().Waiting()[0].pin().tries_left(), 8u);
  EXPECT_EQ(tokens_.asked("p1"), 0);
  EXPECT_OK(Give("tulip-7", 8));
  EXPECT_EQ(NextAnswer().assertion().signature(), "signature");
  EXPECT_TRUE(desk().WantedPins().empty());
}

TEST_F(ApprovalDeskPinTest, AWrongPinIsAskedForAgain) {
  EXPECT_OK(Give("wrong", 8));
  cue_.WaitFor("pin q1 7");
  EXPECT_TRUE(desk().Waiting()[0].pin().was_wrong());
  EXPECT_EQ(desk().WantedPins()[0].tries_left, 7);
  EXPECT_OK(Give("tulip-7", 7));
  EXPECT_TRUE(NextAnswer().has_assertion());
}

TEST_F(ApprovalDeskPinTest, SayingNoEndsTheWaitForThePin) {
  EXPECT_TRUE(desk().Decline("q1", "button"));
  EXPECT_EQ(NextAnswer().declined().source(), "button");
}

TEST_F(ApprovalDeskPinTest, WithoutThePinItFailsAtApproveBy) {
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(NextAnswer().failed().reason(), "PIN_TIMEOUT");
  EXPECT_EQ(tokens_.asked("p1"), 0);
}

TEST_F(ApprovalDeskPinTest, ItEndsWhileThePinIsAwaited) {
  desk_.reset();
  EXPECT_EQ(tokens_.asked("p1"), 0);
}

TEST_F(ApprovalDeskTest, ANewKeyRegisters) {
  tokens_.Plug("p1", "new");
  tokens_.Touch("p1");
  Ask(questions_.Enrolment("e1", "known"));
  const GatewayMessage answer = mesh_.WaitFor(GatewayMessage::kEnrolmentAnswer);
  EXPECT_EQ(answer.enrolment_answer().registration().response(),
            FakeTokens::Signed());
}

TEST_F(ApprovalDeskTest, AKeyOfTheAccountDoesNotRegisterAgain) {
  tokens_.Plug("p1", "known");
  Ask(questions_.Enrolment("e1", "known"));
  cue_.WaitFor("on e1");
  tokens_.Plug("p2", "new");
  tokens_.WaitUntilAsked("p2");
  EXPECT_EQ(tokens_.asked("p1"), 0);
}

TEST_F(ApprovalDeskTest, ARegistrationCanBeDeclined) {
  Ask(questions_.Enrolment("e1", "known"));
  EXPECT_TRUE(desk().Decline("e1", "button"));
  EXPECT_EQ(mesh_.WaitFor(GatewayMessage::kEnrolmentAnswer)
                .enrolment_answer()
                .declined()
                .source(),
            "button");
}

TEST_F(ApprovalDeskTest, ItEndsWhileATouchIsAwaited) {
  tokens_.Plug("p1", "k1");
  Ask(questions_.Approval("q1", "k1"));
  tokens_.WaitUntilAsked("p1");
  desk_.reset();
  for (const GatewayMessage& message : mesh_.Take()) {
    EXPECT_FALSE(message.has_approval_answer());
  }
}

TEST_F(ApprovalDeskTest, MessagesForOthersAreLeft) {
  MeshMessage message;
  message.mutable_execute_command();
  EXPECT_FALSE(desk().OnMessage(message));
  message.mutable_cue();
  EXPECT_TRUE(desk().OnMessage(message));
}

}  // namespace
}  // namespace u2fi::gateway_agent
