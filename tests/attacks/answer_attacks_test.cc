// Attacks on the way up, with real services and a real key: whoever sits on the
// gateway changes, repeats, swaps or redirects the answers of the key. Nothing
// of it makes the camera act, or act twice.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/mesh_link.h"
#include "services/gateway-agent/one_gate.h"
#include "tests/attacks/twin.h"
#include "tests/e2e/one_site.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using gateway::v1::GatewayMessage;
using proof::v1::Answer;

int TimesOn(const std::string& journal) {
  int times = 0;
  for (size_t at = journal.find("camera.on"); at != std::string::npos;
       at = journal.find("camera.on", at + 1)) {
    ++times;
  }
  return times;
}

class AnswerAttackTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(site_.Enrol());
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  }
  ~AnswerAttackTest() override { site_.Tap(nullptr); }

  // Every answer of the key goes up as `edit` leaves it.
  void Change(const std::function<void(Answer&)>& edit) {
    site_.Tap([edit](GatewayMessage& message) {
      if (message.approval_answer().has_assertion()) {
        edit(*message.mutable_approval_answer()->mutable_assertion());
      }
      return true;
    });
  }
  // What becomes of a command under the attack: nothing.
  void ExpectNothing() {
    const int before = TimesOn(site_.camera_journal());
    ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Run("camera.on"));
    EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << ended.ShortDebugString();
    EXPECT_EQ(TimesOn(site_.camera_journal()), before);
  }
  // One run without an attack; its answer.
  Answer Recorded() {
    Answer recorded;
    Change([&recorded](Answer& answer) { recorded = answer; });
    const auto done = site_.Run("camera.on");
    EXPECT_OK(done);
    site_.Tap(nullptr);
    return recorded;
  }

  OneSite site_;
};

TEST_F(AnswerAttackTest, ASignatureThatWasChangedApprovesNothing) {
  Change([](Answer& answer) { answer.mutable_signature()->back() ^= 1; });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, APresenceBitThatIsClearApprovesNothing) {
  Change(
      [](Answer& answer) { (*answer.mutable_authenticator_data())[32] = 0; });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, ACounterThatWasChangedApprovesNothing) {
  Change(
      [](Answer& answer) { (*answer.mutable_authenticator_data())[33] ^= 1; });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, ARelaySignatureOfAnotherMomentApprovesNothing) {
  Change([](Answer& answer) {
    answer.set_touched_at_ms(answer.touched_at_ms() - 1);
  });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, AnotherTokensNameApprovesNothing) {
  Change([](Answer& answer) { answer.set_token_id("token-of-mallory"); });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, AnAnswerOfAnEarlierCommandApprovesNothing) {
  const Answer old = Recorded();
  Change([old](Answer& answer) { answer = old; });
  ExpectNothing();
}

TEST_F(AnswerAttackTest, AnAnswerOnAnotherGatewaysStreamApprovesNothing) {
  std::unique_ptr<rpc::TlsIdentity> tls;
  const auto identity = site_.AddGateway("s1", "g2", tls);
  gateway_agent::OneGate gates(site_.ChannelAs(*tls));
  gateway_agent::MeshLink other(gates, site_.clock(), site_.random(),
                                OneSite::Greeting, {},
                                gateway_agent::MeshLink::Options());
  other.Start();
  site_.WaitForGateway("g2");
  site_.Tap([&other](GatewayMessage& message) {
    if (!message.approval_answer().has_assertion()) return true;
    other.Send(message);
    return false;
  });
  ExpectNothing();
  site_.Tap(nullptr);
}

TEST_F(AnswerAttackTest, TheSameAnswerTwiceRunsOnce) {
  site_.Tap([this](GatewayMessage& message) {
    if (message.approval_answer().has_assertion()) site_.SendUp(message);
    return true;
  });
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(done.proof().approvals_size(), 1);
}

TEST_F(AnswerAttackTest, OfTwoValidAnswersOneCounts) {
  // The twin is valid by itself: an answer more to the same question.
  site_.Tap([this](GatewayMessage& message) {
    if (!message.approval_answer().has_assertion()) return true;
    GatewayMessage twin = message;
    Answer& answer = *twin.mutable_approval_answer()->mutable_assertion();
    answer = attacks::TwinOf(answer, site_.gateway_key());
    site_.SendUp(twin);
    return true;
  });
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Run("camera.on"));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(done.proof().approvals_size(), 1);
}

}  // namespace
}  // namespace u2fi::e2e
