#include "services/gateway-agent/touch.h"

#include <memory>
#include <string>

#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/statement.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "services/gateway-agent/fake_pins.h"
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
  // How a key with this handle is asked.
  absl::optional<TouchPlan> Fits(const MeshMessage& message,
                                 const std::string& handle, bool u2f = true,
                                 bool ctap2 = false) {
    tokens_.Plug("p", handle, u2f, ctap2);
    return toucher_.Fits(Request(message), *tokens_.Find({})[0], Limit());
  }
  absl::StatusOr<GatewayMessage> Ask(const MeshMessage& message,
                                     bool over_ctap2 = false) {
    tokens_.Plug("p", "k1", !over_ctap2, over_ctap2);
    tokens_.Touch("p");
    const TouchRequest request = Request(message);
    TouchPlan plan;
    plan.candidate.set_token_id("t");
    plan.candidate.set_credential_id("k1");
    plan.over_ctap2 = over_ctap2;
    return toucher_.Ask(request, plan, *tokens_.Find({})[0], Limit());
  }
  // An approval by a credential that was made over CTAP2.
  MeshMessage Ctap2Approval(bool verified = false) const {
    MeshMessage message = verified ? questions_.VerifiedApproval("q1", "k1")
                                   : questions_.Approval("q1", "k1");
    message.mutable_approval_request()
        ->mutable_candidates(0)
        ->mutable_candidate()
        ->set_protocol(common::v1::TOKEN_PROTOCOL_CTAP2);
    return message;
  }
  MeshMessage VerifiedEnrolment() const {
    MeshMessage message = questions_.Enrolment("e1", "k1");
    std::string& bytes =
        *message.mutable_enrolment_request()->mutable_statement();
    proof::v1::AuthorizationStatement statement;
    statement.ParseFromString(bytes);
    statement.mutable_required()->set_uv(true);
    bytes = statement.SerializeAsString();
    return message;
  }
  u2fhid::WaitLimit Limit() { return {absl::InfiniteDuration(), cancel_}; }

  FakeClock clock_;
  const AgentIdentity identity_{"t1", "s1", "g1",
                                crypto::P256PrivateKey::Generate(), "rp"};
  const FakeQuestions questions_{identity_, Now()};
  FakePins pins_;
  const Toucher toucher_{identity_, clock_, pins_};
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

TEST_F(TouchTest, ACredentialIsAskedForTheWayItWasMade) {
  EXPECT_FALSE(
      Fits(questions_.Approval("q1", "k1"), "k1", true, true)->over_ctap2);
  EXPECT_TRUE(Fits(Ctap2Approval(), "k1", true, true)->over_ctap2);
}

TEST_F(TouchTest, AKeyWithoutU2fIsAskedOverCtap2) {
  EXPECT_TRUE(
      Fits(questions_.Approval("q1", "k1"), "k1", false, true)->over_ctap2);
}

TEST_F(TouchTest, AKeyWithoutCtap2IsAskedOverU2f) {
  EXPECT_FALSE(Fits(Ctap2Approval(), "k1", true, false)->over_ctap2);
}

TEST_F(TouchTest, WhatIsNotFoundOneWayIsAskedForTheOther) {
  tokens_.SayOwns("p", false, false);
  EXPECT_TRUE(
      Fits(questions_.Approval("q1", "k1"), "k1", true, true)->over_ctap2);
  EXPECT_FALSE(
      Fits(questions_.Approval("q1", "k1"), "k1", true, false).has_value());
}

TEST_F(TouchTest, WhatOneWayDoesNotSayTheOtherMay) {
  tokens_.SayOwns("p", true, Error(reason::kDeviceStatus, "refused"));
  EXPECT_FALSE(Fits(Ctap2Approval(), "k1", true, true)->over_ctap2);
}

TEST_F(TouchTest, UserVerificationIsAskedForOverCtap2Only) {
  EXPECT_TRUE(Fits(questions_.VerifiedApproval("q1", "k1"), "k1", true, true)
                  ->over_ctap2);
  EXPECT_FALSE(Fits(Ctap2Approval(true), "k1", true, false).has_value());
}

TEST_F(TouchTest, AKeyRegistersOverU2fIfItCan) {
  const MeshMessage message = questions_.Enrolment("e1", "k1");
  EXPECT_FALSE(Fits(message, "k2", true, true)->over_ctap2);
  EXPECT_TRUE(Fits(message, "k2", false, true)->over_ctap2);
  EXPECT_FALSE(Fits(message, "k2", false, false).has_value());
}

TEST_F(TouchTest, ARegistrationOfAVerifiedUserGoesOverCtap2) {
  const MeshMessage message = VerifiedEnrolment();
  EXPECT_TRUE(Fits(message, "k2", true, true)->over_ctap2);
  EXPECT_FALSE(Fits(message, "k2", true, false).has_value());
  // It may have the credential the other way all the same.
  tokens_.SayOwns("p", true, false);
  EXPECT_FALSE(Fits(message, "k1", true, true).has_value());
}

TEST_F(TouchTest, ARegistrationOfAVerifiedUserTakesThePin) {
  tokens_.SetPin("p", "tulip-7", 8);
  pins_.Type("tulip-7");
  EXPECT_OK(Ask(VerifiedEnrolment(), true));
  EXPECT_TRUE(tokens_.last_credential("p").user_verification);
}

TEST_F(TouchTest, AKeyThatHasTheCredentialOverCtap2DoesNotRegister) {
  tokens_.SayOwns("p", false, false);
  EXPECT_FALSE(
      Fits(questions_.Enrolment("e1", "k1"), "k1", true, true).has_value());
}

TEST_F(TouchTest, ARegistrationNeedsTheFirstAnswer) {
  tokens_.SayOwns("p", false, Error(reason::kTokenBusy, "busy"));
  EXPECT_FALSE(
      Fits(questions_.Enrolment("e1", "k1"), "k2", true, true).has_value());
}

TEST_F(TouchTest, OverCtap2TheClientDataAreWebAuthnWithTheSameOrigin) {
  const MeshMessage message = Ctap2Approval();
  ASSERT_OK_AND_ASSIGN(const GatewayMessage answer, Ask(message, true));
  const auto& touched = answer.approval_answer().assertion();
  const crypto::Digest challenge =
      proof::ChallengeOf(message.approval_request().statement());
  EXPECT_EQ(
      touched.client_data(),
      proof::WebauthnClientData("webauthn.get", challenge, "u2fi:t1/s1/g1"));
  const ctap2::Assertion signed_by = FakeTokens::Ctap2Signed();
  EXPECT_EQ(touched.authenticator_data(), signed_by.authenticator_data);
  EXPECT_EQ(touched.signature(), signed_by.signature);
  EXPECT_EQ(touched.token_id(), "t");
  proof::v1::Approval approval;
  approval.set_authenticator_data(touched.authenticator_data());
  approval.set_signature(touched.signature());
  approval.set_touched_at_ms(touched.touched_at_ms());
  approval.set_relay_signature(touched.relay_signature());
  EXPECT_OK(
      proof::VerifyRelay(identity_.key.public_key(), challenge, approval));
}

TEST_F(TouchTest, OverCtap2TheKeySignsTheClientDataForTheRelyingParty) {
  ASSERT_OK_AND_ASSIGN(const GatewayMessage answer, Ask(Ctap2Approval(), true));
  const ctap2::AssertionRequest asked = tokens_.last_assertion("p");
  EXPECT_EQ(asked.rp_id, "rp");
  EXPECT_EQ(asked.credential_id, "k1");
  EXPECT_EQ(asked.client_data_hash,
            crypto::ToString(crypto::Sha256(
                answer.approval_answer().assertion().client_data())));
  EXPECT_FALSE(asked.user_verification);
  ASSERT_OK(Ask(Ctap2Approval(true), true));
  EXPECT_TRUE(tokens_.last_assertion("p").user_verification);
}

TEST_F(TouchTest, UserVerificationByAPinIsAskedForWithTheTextOfTheCue) {
  tokens_.SetPin("p", "tulip-7", 8);
  pins_.Type("wrong");
  pins_.Type("tulip-7");
  EXPECT_OK(Ask(Ctap2Approval(true), true));
  ASSERT_EQ(pins_.prompts().size(), 2u);
  EXPECT_THAT(pins_.prompts()[0].text.lines[0],
              testing::HasSubstr("camera.on on cam-1"));
  EXPECT_OK(Ask(Ctap2Approval(), true));
  EXPECT_EQ(pins_.prompts().size(), 2u);
}

TEST_F(TouchTest, AnAssertionOutOfBoundsIsRefused) {
  const ctap2::Assertion good = FakeTokens::Ctap2Signed();
  for (const auto& bad :
       {ctap2::Assertion{std::string(36, 'd'), "s"},
        ctap2::Assertion{std::string(513, 'd'), "s"},
        ctap2::Assertion{good.authenticator_data, std::string(513, 's')}}) {
    tokens_.AnswerWith("p", bad);
    EXPECT_THAT(Ask(Ctap2Approval(), true).status(),
                HasReason(reason::kTokenFrame));
  }
}

TEST_F(TouchTest, OverCtap2ARegistrationIsAnAttestationObject) {
  const MeshMessage message = questions_.Enrolment("e1", "other");
  ASSERT_OK_AND_ASSIGN(const GatewayMessage answer, Ask(message, true));
  const auto& registration = answer.enrolment_answer().registration();
  EXPECT_EQ(registration.form(), common::v1::REGISTRATION_FORM_WEBAUTHN);
  EXPECT_EQ(registration.response(), FakeTokens::Made());
  EXPECT_EQ(registration.touched_at_ms(), Now());
  EXPECT_EQ(registration.client_data(),
            proof::WebauthnClientData(
                "webauthn.create",
                proof::ChallengeOf(message.enrolment_request().statement()),
                "u2fi:t1/s1/g1"));
  const ctap2::CredentialRequest asked = tokens_.last_credential("p");
  EXPECT_EQ(asked.rp_id, "rp");
  EXPECT_EQ(asked.user_id.size(), 32u);
  EXPECT_EQ(asked.client_data_hash,
            crypto::ToString(crypto::Sha256(registration.client_data())));
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
