// The approval desk with a software key behind its real socket, one that speaks
// U2F and one that speaks CTAP2 alone, which breaks in every way that a key
// can: each question ends with a reason, nothing hangs, and the next question
// to a healed key is answered.
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "services/common/fido/attestation_object.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/approval_desk.h"
#include "services/gateway-agent/fake_mesh.h"
#include "services/gateway-agent/fake_questions.h"
#include "services/gateway-agent/socket_tokens.h"
#include "tools/soft-token/control_port.h"
#include "tools/soft-token/folder_test_util.h"
#include "tools/soft-token/soft_token_server.h"
#include "tools/soft-token/state_folder.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::ApprovalAnswer;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

class QuietCue : public Cue {
  void On(const CueText&) override {}
  void WantPin(const PinPrompt&) override {}
  void Off(const CueText&, const std::string&) override {}
};

enum class Kind { kU2f, kFido2Only };

class TokenFaultsTest : public testing::TestWithParam<Kind> {
 protected:
  TokenFaultsTest() {
    auto state = soft_token::StateFolder::Open(folder_.Path("token"),
                                               SystemClock(), SystemRandom());
    EXPECT_OK(state);
    state_ = std::make_unique<soft_token::StateFolder>(*std::move(state));
    soft_token::SoftToken::Options options;
    options.u2f = GetParam() == Kind::kU2f;
    options.ctap2 = !options.u2f;
    options.on_signal = [this](soft_token::Signal signal) {
      MutexLock lock(mutex_);
      wanted_ |= signal == soft_token::Signal::kTouchWanted;
      stopped_ |= signal == soft_token::Signal::kTouchNotNeeded;
      changed_.NotifyAll();
    };
    token_ = std::make_unique<soft_token::SoftToken>(
        SystemClock(), SystemRandom(),
        soft_token::SoftToken::State{state_->identity(), state_->counter(),
                                     state_->pin()},
        options);
    stop_ = eventfd(0, EFD_CLOEXEC);
    auto server = soft_token::SoftTokenServer::Start(
        *token_, SystemClock(),
        {folder_.Path("key"), folder_.Path("control"), -1, stop_});
    EXPECT_OK(server);
    server_ = std::make_unique<soft_token::SoftTokenServer>(*std::move(server));
    thread_ = std::thread([this] { EXPECT_OK(server_->Run()); });
    Tell("auto on");
    handle_ = Register();
  }
  ~TokenFaultsTest() override {
    desk_.reset();
    eventfd_write(stop_, 1);
    thread_.join();
    close(stop_);
  }

  void Tell(const std::string& command) {
    EXPECT_OK(soft_token::SendControl(folder_.Path("control"), command));
  }
  // Has the key make a key pair, and returns its handle.
  std::string Register() {
    Ask(questions_.Enrolment("enrol", "none"));
    const GatewayMessage answer =
        mesh_.WaitFor(GatewayMessage::kEnrolmentAnswer);
    const std::string& response =
        answer.enrolment_answer().registration().response();
    if (GetParam() == Kind::kFido2Only) return CredentialIn(response);
    // Raw Message Formats 1.2, 4.3: 0x05, point, length and key handle.
    return response.substr(67, static_cast<uint8_t>(response[66]));
  }
  static std::string CredentialIn(const std::string& attestation_object) {
    const auto object = fido::ParseAttestationObject(attestation_object);
    EXPECT_OK(object);
    const auto data = fido::ParseAuthenticatorData(object->authenticator_data);
    EXPECT_OK(data);
    return std::string(data->credential->id);
  }
  void Ask(const MeshMessage& message) {
    EXPECT_TRUE(desk_->OnMessage(message));
  }
  ApprovalAnswer AnswerTo(const std::string& id) {
    Ask(questions_.Approval(id, handle_));
    return mesh_.WaitFor(GatewayMessage::kApprovalAnswer).approval_answer();
  }
  // Asks, and blocks until the key blinks.
  void AskUntilWanted(const std::string& id) {
    Tell("auto off");
    {
      MutexLock lock(mutex_);
      wanted_ = false;
      stopped_ = false;
    }
    Ask(questions_.Approval(id, handle_));
    MutexLock lock(mutex_);
    while (!wanted_) changed_.Wait(mutex_);
  }
  // Blocks until it blinks no more without having been touched.
  void WaitUntilStopped() {
    MutexLock lock(mutex_);
    while (!stopped_) changed_.Wait(mutex_);
  }
  std::string NextFailure() {
    return mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
        .approval_answer()
        .failed()
        .reason();
  }
  // A key that nobody can talk to is not there: the question waits for it.
  void ExpectWaits(const std::string& fault) {
    Tell("fault " + fault);
    Ask(questions_.Approval("broken", handle_));
    mesh_.WaitFor(GatewayMessage::kApprovalReceived);
    Tell("fault none");
    EXPECT_TRUE(mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
                    .approval_answer()
                    .has_assertion());
  }

  soft_token::TempFolder folder_;
  Mutex mutex_;
  CondVar changed_;
  bool wanted_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<soft_token::StateFolder> state_;
  std::unique_ptr<soft_token::SoftToken> token_;
  std::unique_ptr<soft_token::SoftTokenServer> server_;
  int stop_ = -1;
  std::thread thread_;

  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{
      identity_, static_cast<uint64_t>(UnixMillis(SystemClock()))};
  SocketTokens tokens_{{folder_.Path("key")}, SystemClock(), SystemRandom()};
  QuietCue cue_;
  FakeMesh mesh_;
  std::unique_ptr<ApprovalDesk> desk_ = std::make_unique<ApprovalDesk>(
      identity_, SystemClock(), tokens_, cue_, mesh_);
  std::string handle_;
};

TEST_P(TokenFaultsTest, AGoodKeyAnswers) {
  EXPECT_EQ(AnswerTo("q1").assertion().token_id(), "token-" + handle_);
}

TEST_P(TokenFaultsTest, ShortFrames) { ExpectWaits("short-frames"); }
TEST_P(TokenFaultsTest, LongFrames) { ExpectWaits("long-frames"); }
TEST_P(TokenFaultsTest, TheWrongChannel) { ExpectWaits("wrong-channel"); }
TEST_P(TokenFaultsTest, AKeyThatNeverAnswers) { ExpectWaits("silent"); }

TEST_P(TokenFaultsTest, AKeyThatFallsSilentDuringTheTouch) {
  AskUntilWanted("q1");
  Tell("fault silent");
  EXPECT_EQ(NextFailure(), "TOKEN_TIMEOUT");
  Tell("fault none");
  Tell("auto on");
  EXPECT_TRUE(AnswerTo("q2").has_assertion());
}

TEST_P(TokenFaultsTest, AKeyThatBreaksTheFramingDuringTheTouch) {
  AskUntilWanted("q1");
  Tell("fault short-frames");
  EXPECT_EQ(NextFailure(), "TOKEN_FRAME");
}

TEST_P(TokenFaultsTest, AKeyThatIsPulledDuringTheTouch) {
  AskUntilWanted("q1");
  Tell("unplug");
  EXPECT_EQ(NextFailure(), "TOKEN_REMOVED");
  Tell("plug");
  Tell("auto on");
  EXPECT_TRUE(AnswerTo("q2").has_assertion());
}

TEST_P(TokenFaultsTest, AKeyWhoseQuestionIsVoidStopsBlinking) {
  AskUntilWanted("q1");
  Ask(FakeQuestions::Cancel("q1"));
  WaitUntilStopped();
  Tell("auto on");
  EXPECT_TRUE(AnswerTo("q2").has_assertion());
}

TEST_P(TokenFaultsTest, AKeyWhoseQuestionIsDeclinedStopsBlinking) {
  AskUntilWanted("q1");
  EXPECT_TRUE(desk_->Decline("q1", "button"));
  WaitUntilStopped();
  EXPECT_TRUE(mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
                  .approval_answer()
                  .has_declined());
}

TEST_P(TokenFaultsTest, TheAnswerIsInTheFormOfTheProtocol) {
  const std::string data = AnswerTo("q1").assertion().client_data();
  EXPECT_EQ(data.substr(0, 9),
            GetParam() == Kind::kU2f ? "{\"typ\":\"n" : "{\"type\":\"");
}

TEST_P(TokenFaultsTest, AnotherKeysHandleIsNotAskedForATouch) {
  std::string other = handle_;
  other[0] = static_cast<char>(other[0] ^ 1);
  Ask(questions_.Approval("q1", other));
  mesh_.WaitFor(GatewayMessage::kApprovalReceived);
  Ask(questions_.Approval("q2", handle_));
  EXPECT_EQ(mesh_.WaitFor(GatewayMessage::kApprovalAnswer)
                .approval_answer()
                .approval_id(),
            "q2");
  EXPECT_EQ(desk_->Waiting().size(), 1u);
}

// It answers, with a signature of a key that is not the handle's: nothing that
// the agent can know. The verifier refuses it (tests of common/proof and the
// end-to-end test).
TEST_P(TokenFaultsTest, AForeignSignatureGoesUpForTheVerifier) {
  const std::string honest = AnswerTo("q1").assertion().signature();
  Ask(FakeQuestions::Outcome("q1"));
  Tell("fault foreign");
  const ApprovalAnswer answer = AnswerTo("q2");
  EXPECT_TRUE(answer.has_assertion());
  EXPECT_NE(answer.assertion().signature(), honest);
}

INSTANTIATE_TEST_SUITE_P(Keys, TokenFaultsTest,
                         testing::Values(Kind::kU2f, Kind::kFido2Only),
                         [](const testing::TestParamInfo<Kind>& info) {
                           return info.param == Kind::kU2f ? "U2f"
                                                           : "Fido2Only";
                         });

}  // namespace
}  // namespace u2fi::gateway_agent
