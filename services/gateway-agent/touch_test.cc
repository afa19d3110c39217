#include "services/gateway-agent/touch.h"

#include <memory>
#include <string>

#include "services/common/proof/client_data.h"
#include "services/common/proof/statement.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "services/gateway-agent/fake_questions.h"
#include "services/gateway-agent/fake_tokens.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

class TouchTest : public testing::Test {
 protected:
  uint64_t Now() const { return static_cast<uint64_t>(UnixMillis(clock_)); }
  TouchRequest Request(const MeshMessage& message) const {
    return *CheckRequest(identity_, Now(), message);
  }
  absl::optional<common::v1::Candidate> Fits(const MeshMessage& message,
                                             const std::string& handle) {
    tokens_.Plug("p", handle);
    return toucher_.Fits(Request(message), *tokens_.Find({})[0], Limit());
  }
  absl::StatusOr<GatewayMessage> Ask(const MeshMessage& message) {
    tokens_.Plug("p", "k1");
    tokens_.Touch("p");
    const TouchRequest request = Request(message);
    common::v1::Candidate candidate;
    candidate.set_token_id("t");
    return toucher_.Ask(request, candidate, *tokens_.Find({})[0], Limit());
  }
  u2fhid::WaitLimit Limit() { return {absl::InfiniteDuration(), cancel_}; }

  FakeClock clock_;
  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{identity_, Now()};
  const Toucher toucher_{identity_, clock_};
  FakeTokens tokens_;
  u2fhid::CancelFlag cancel_;
};

TEST_F(TouchTest, AnApprovalHasItsCandidates) {
  const TouchRequest request = Request(questions_.Approval("q1", "k1"));
  EXPECT_EQ(request.id, "q1");
  EXPECT_FALSE(request.registers);
  ASSERT_EQ(request.candidates.size(), 1u);
  EXPECT_EQ(request.candidates[0].credential_id(), "k1");
}

TEST_F(TouchTest, ARegistrationHasWhatItExcludes) {
  const TouchRequest request = Request(questions_.Enrolment("e1", "k1"));
  EXPECT_EQ(request.id, "e1");
  EXPECT_TRUE(request.registers);
  ASSERT_EQ(request.candidates.size(), 1u);
}

TEST_F(TouchTest, WhatDoesNotAgreeIsNoRequest) {
  EXPECT_THAT(
      CheckRequest(identity_, Now() + 60'000, questions_.Approval("q1", "k1")),
      HasReason(reason::kApproveByPassed));
}

TEST_F(TouchTest, AnApprovalFitsTheKeyThatHasTheHandle) {
  EXPECT_TRUE(Fits(questions_.Approval("q1", "k1"), "k1").has_value());
  EXPECT_FALSE(Fits(questions_.Approval("q1", "k1"), "k2").has_value());
}

TEST_F(TouchTest, ARegistrationFitsEveryOtherKey) {
  EXPECT_FALSE(Fits(questions_.Enrolment("e1", "k1"), "k1").has_value());
  EXPECT_TRUE(Fits(questions_.Enrolment("e1", "k1"), "k2").has_value());
}

TEST_F(TouchTest, AKeyThatDoesNotSayFitsNothing) {
  tokens_.Plug("p", "k1");
  const auto opened = tokens_.Find({});
  tokens_.Unplug("p");
  EXPECT_FALSE(
      toucher_
          .Fits(Request(questions_.Approval("q1", "k1")), *opened[0], Limit())
          .has_value());
  EXPECT_FALSE(
      toucher_
          .Fits(Request(questions_.Enrolment("e1", "k1")), *opened[0], Limit())
          .has_value());
}

TEST_F(TouchTest, ClientDataNamesChallengePlaceAndChannelKey) {
  const MeshMessage message = questions_.Approval("q1", "k1");
  ASSERT_OK_AND_ASSIGN(const GatewayMessage answer, Ask(message));
  EXPECT_EQ(answer.approval_answer().assertion().client_data(),
            proof::U2fClientData(
                proof::kU2fAssertion,
                proof::ChallengeOf(message.approval_request().statement()),
                {"t1", "s1", "g1"}, identity_.key.public_key().point()));
}

TEST_F(TouchTest, ARegistrationHasItsOwnClientData) {
  const MeshMessage message = questions_.Enrolment("e1", "other");
  ASSERT_OK_AND_ASSIGN(const GatewayMessage answer, Ask(message));
  const auto& registration = answer.enrolment_answer().registration();
  EXPECT_EQ(registration.client_data(),
            proof::U2fClientData(
                proof::kU2fRegistration,
                proof::ChallengeOf(message.enrolment_request().statement()),
                {"t1", "s1", "g1"}, identity_.key.public_key().point()));
  EXPECT_EQ(registration.touched_at_ms(), Now());
  EXPECT_EQ(registration.form(), common::v1::REGISTRATION_FORM_U2F);
}

TEST_F(TouchTest, TheErrorIsTheKeys) {
  tokens_.Plug("p", "k1");
  tokens_.Break("p", Error(reason::kTokenBusy, "busy"));
  EXPECT_THAT(Ask(questions_.Approval("q1", "k1")).status(),
              HasReason(reason::kTokenBusy));
}

TEST_F(TouchTest, RefusalsNameTheirQuestion) {
  EXPECT_EQ(FailedAnswer("q", false, "X").approval_answer().approval_id(), "q");
  EXPECT_EQ(FailedAnswer("q", false, "X").approval_answer().failed().reason(),
            "X");
  EXPECT_EQ(FailedAnswer("e", true, "X").enrolment_answer().failed().reason(),
            "X");
  EXPECT_EQ(
      DeclinedAnswer("q", false, "me").approval_answer().declined().source(),
      "me");
  EXPECT_EQ(
      DeclinedAnswer("e", true, "me").enrolment_answer().declined().source(),
      "me");
}

}  // namespace
}  // namespace u2fi::gateway_agent
