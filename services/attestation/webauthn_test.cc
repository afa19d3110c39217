// WebAuthn through the service: formats, algorithms, places, and tokens that
// serve both ways. The verifiers' own steps are tested in common/fido.
#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;
using common::v1::OUTCOME_REFUSED;

class WebAuthnTest : public WebAuthnTestCase {
 protected:
  void ExpectRefused(const v1::VerifyRegistrationRequest& request,
                     const Reason& reason) {
    ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response,
                         core_.registrations.Verify(request));
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_REFUSED);
    EXPECT_EQ(response.verdict().reason(), reason.name);
  }
  void ExpectRefused(const v1::VerifyAssertionRequest& request,
                     const Reason& reason) {
    ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse response,
                         core_.assertions.Verify(request));
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_REFUSED);
    EXPECT_EQ(response.verdict().reason(), reason.name);
  }
  void ExpectAccepted(Place place, const std::string& statement,
                      const proof::v1::Answer& answer) {
    ASSERT_OK_AND_ASSIGN(
        const v1::VerifyAssertionResponse response,
        core_.assertions.Verify(AssertionAt(place, statement, answer)));
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_ACCEPTED)
        << response.verdict().reason();
  }
};

class FormatTest : public WebAuthnTest,
                   public testing::WithParamInterface<const char*> {};

TEST_P(FormatTest, EnrolsInThePortalAndApprovesThere) {
  const fido::FakeWebAuthnToken token = Token(GetParam());
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  const std::string statement = AskAt(Place::kPortal);
  ExpectAccepted(Place::kPortal, statement,
                 AnswerAt(Place::kPortal, token, statement, 10));
}

INSTANTIATE_TEST_SUITE_P(Formats, FormatTest,
                         testing::Values("none", "packed", "fido-u2f", "tpm",
                                         "android-key", "apple"));

class AlgorithmTest : public WebAuthnTest,
                      public testing::WithParamInterface<fido::AlgorithmCase> {
};

// Keys that are no points are verified by Apply too.
TEST_P(AlgorithmTest, EnrolsAtTheGatewayAndApprovesThere) {
  const fido::FakeWebAuthnToken token = Token("none", GetParam());
  ASSERT_OK(EnrolAt(Place::kGateway, token));
  EXPECT_EQ(TokenNamed(TokenIdOf(token.credential_id)).algorithm(),
            static_cast<int32_t>(GetParam().algorithm));
  const std::string statement = AskAt(Place::kGateway);
  ExpectAccepted(Place::kGateway, statement,
                 AnswerAt(Place::kGateway, token, statement, 10));
}

TEST_P(AlgorithmTest, AnotherKeysOwnTouchEnrolsNothing) {
  const fido::FakeWebAuthnToken token = Token("none", GetParam());
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      core_.registrations.Verify(RegistrationAt(Place::kGateway, token)));
  v1::ApplyRequest apply = ApplyAt(Place::kGateway, verified, token);
  proof::v1::Approval& approval = *apply.mutable_approvals(0);
  approval.set_signature(
      token.key->Sign(token.kind.signature, "something else"));
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kSignatureInvalid));
}

INSTANTIATE_TEST_SUITE_P(Algorithms, AlgorithmTest,
                         testing::ValuesIn(fido::kAlgorithmCases));

TEST_F(WebAuthnTest, AKeyEnrolledInAPortalApprovesAtAGatewayOverU2f) {
  fido::FakeU2fToken token;
  fido::FakeWebAuthnToken browser = Token("fido-u2f");
  browser.credential_id = token.key_handle;
  ASSERT_OK(EnrolAt(Place::kPortal, browser));
  ASSERT_EQ(TokenNamed(IdOf(token)).protocol(), common::v1::TOKEN_PROTOCOL_U2F);
  // The same key, as the gateway speaks to it.
  const std::string statement = AskAt(Place::kGateway);
  proof::v1::Answer answer = Answer(token, statement, 10);
  answer.set_signature(browser.key->Sign(
      browser.kind.signature,
      answer.authenticator_data() +
          crypto::ToString(crypto::Sha256(answer.client_data()))));
  Relay(Place::kGateway, statement, answer);
  ExpectAccepted(Place::kGateway, statement, answer);
}

TEST_F(WebAuthnTest, AKeyEnrolledAtAGatewayApprovesInThePortal) {
  ASSERT_OK(Enrol(token_));
  const std::string statement = AskAt(Place::kPortal);
  ExpectAccepted(Place::kPortal, statement,
                 AnswerAt(Place::kPortal, token_, statement, 10));
}

// One counter for both ways: a clone is noticed whichever way it is used.
TEST_F(WebAuthnTest, TheCounterOfAPlaceCountsAtTheOther) {
  ASSERT_OK(Enrol(token_));
  ASSERT_EQ(Touch(token_, 20)->verdict().outcome(), OUTCOME_ACCEPTED);
  const std::string statement = AskAt(Place::kPortal);
  ASSERT_OK_AND_ASSIGN(const v1::VerifyAssertionResponse response,
                       core_.assertions.Verify(AssertionAt(
                           Place::kPortal, statement,
                           AnswerAt(Place::kPortal, token_, statement, 20))));
  EXPECT_EQ(response.verdict().outcome(), common::v1::OUTCOME_QUARANTINED);
}

TEST_F(WebAuthnTest, ATokenWithoutACounterStaysUsable) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.counter = 0;
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      core_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  v1::ApplyRequest apply = ApplyAt(Place::kPortal, verified, token);
  ASSERT_OK(core_.applier.Apply(apply));
  for (int i = 0; i < 2; ++i) {
    const std::string statement = AskAt(Place::kPortal);
    ExpectAccepted(Place::kPortal, statement,
                   AnswerAt(Place::kPortal, token, statement, 0));
  }
}

TEST_F(WebAuthnTest, UserVerificationIsSeenAndRemembered) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  const std::string id = TokenIdOf(token.credential_id);
  EXPECT_FALSE(TokenNamed(id).uv_capable());
  const std::string statement = AskAt(Place::kPortal, /*uv=*/true);
  const auto verified = fido::flag::kUserPresent | fido::flag::kUserVerified;
  const auto response = core_.assertions.Verify(
      AssertionAt(Place::kPortal, statement,
                  AnswerAt(Place::kPortal, token, statement, 10, verified)));
  EXPECT_TRUE(response->uv());
  EXPECT_TRUE(TokenNamed(id).uv_capable());
}

TEST_F(WebAuthnTest, WithoutTheVerificationAskedForItIsRefused) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  const std::string statement = AskAt(Place::kPortal, /*uv=*/true);
  ExpectRefused(AssertionAt(Place::kPortal, statement,
                            AnswerAt(Place::kPortal, token, statement, 10)),
                reason::kUserVerification);
}

TEST_F(WebAuthnTest, WhatTheRegistrationToldIsKept) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  const v1::Token view = TokenNamed(TokenIdOf(token.credential_id));
  EXPECT_EQ(view.protocol(), common::v1::TOKEN_PROTOCOL_CTAP2);
  EXPECT_EQ(view.aaguid(), token.aaguid);
  EXPECT_EQ(view.certificate_fingerprints_size(), 1);
  EXPECT_EQ(view.attestation_key_id().size(), 40u);
  EXPECT_EQ(view.algorithm(), -7);
}

// Refusals of registrations.

TEST_F(WebAuthnTest, AnotherPortalIsRefused) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kPortal, Token("none"));
  proof::v1::AuthorizationStatement statement =
      TemplateAt(Place::kPortal, proof::v1::PURPOSE_ENROL);
  const std::string other =
      crypto::ToString(proof::BrowserChannelKey("https://evil.test"));
  statement.set_channel_key(other);
  request.set_statement(Issue(statement, {}));
  request.mutable_channel()->set_channel_key(other);
  ExpectRefused(request, reason::kBrowserNotAllowed);
}

TEST_F(WebAuthnTest, AnotherOriginInTheClientDataIsRefused) {
  const fido::FakeWebAuthnToken token = Token("none");
  v1::VerifyRegistrationRequest request = RegistrationAt(Place::kPortal, token);
  request.mutable_answer()->set_client_data(WebAuthnData(
      proof::kWebauthnRegistration, request.statement(), "https://evil.test"));
  ExpectRefused(request, reason::kOriginMismatch);
}

TEST_F(WebAuthnTest, AnAssertionIsNoRegistration) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kPortal, Token("none"));
  request.mutable_answer()->set_client_data(
      WebAuthnData(proof::kWebauthnAssertion, request.statement(), kPortal));
  ExpectRefused(request, reason::kClientDataType);
}

TEST_F(WebAuthnTest, U2fClientDataDoNotGoWithAWebAuthnMessage) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kGateway, Token("none"));
  request.mutable_answer()->set_client_data(
      ClientData(proof::kU2fRegistration, request.statement()));
  ExpectRefused(request, reason::kClientDataType);
}

TEST_F(WebAuthnTest, WebAuthnClientDataDoNotGoWithAU2fMessage) {
  v1::VerifyRegistrationRequest request = Registration(token_);
  request.mutable_answer()->set_client_data(
      WebAuthnData(proof::kWebauthnRegistration, request.statement(),
                   OriginAt(Place::kGateway)));
  ExpectRefused(request, reason::kClientDataType);
}

TEST_F(WebAuthnTest, ABrowserDoesNotSpeakU2f) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kPortal, Token("none"));
  request.mutable_answer()->set_form(common::v1::REGISTRATION_FORM_U2F);
  EXPECT_THAT(core_.registrations.Verify(request),
              HasReason(reason::kInvalidField));
}

TEST_F(WebAuthnTest, AnotherRawIdIsRefused) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kPortal, Token("none"));
  request.mutable_answer()->set_raw_id("another");
  ExpectRefused(request, reason::kResponseFormat);
}

TEST_F(WebAuthnTest, AnAccountsOwnKeyIsNotRegisteredAgain) {
  const fido::FakeWebAuthnToken token = Token("none");
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  ExpectRefused(RegistrationAt(Place::kPortal, token),
                reason::kCredentialExists);
}

TEST_F(WebAuthnTest, AKeyUnderAnotherCredentialIdIsNotRegisteredAgain) {
  fido::FakeWebAuthnToken token = Token("none");
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  token.credential_id = "another id";
  ExpectRefused(RegistrationAt(Place::kPortal, token),
                reason::kCredentialExists);
}

TEST_F(WebAuthnTest, AKeyThatCanBeCopiedIsRefused) {
  fido::FakeWebAuthnToken token = Token("none");
  token.flags |= fido::flag::kBackupEligible;
  ExpectRefused(RegistrationAt(Place::kPortal, token),
                reason::kBackupNotAllowed);
}

TEST_F(WebAuthnTest, AnotherRelyingPartyIsRefused) {
  fido::FakeWebAuthnToken token = Token("none");
  token.rp_id = "evil.test";
  ExpectRefused(RegistrationAt(Place::kPortal, token),
                reason::kRpIdHashMismatch);
}

TEST_F(WebAuthnTest, AWrongStatementIsRefusedAndItsStepNamed) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.attestation_key = crypto::TestKey::Generate(crypto::KeyType::kP256);
  v1::VerifyRegistrationRequest request = RegistrationAt(Place::kPortal, token);
  ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response,
                       core_.registrations.Verify(request));
  EXPECT_EQ(response.verdict().reason(), reason::kSignatureInvalid.name);
  EXPECT_EQ(response.verdict().step(), "packed_signature");
}

// Refusals of assertions.

TEST_F(WebAuthnTest, TheAppIdOfAnotherDeploymentIsRefused) {
  ASSERT_OK(Enrol(token_));
  const std::string statement = AskAt(Place::kPortal);
  proof::v1::Answer answer = AnswerAt(Place::kPortal, token_, statement, 10);
  answer.set_authenticator_data(
      token_.AuthenticatorData("https://u2fi.test/app-id.json", 1, 10));
  answer.set_signature(
      token_.Sign(answer.authenticator_data(), answer.client_data()));
  ExpectRefused(AssertionAt(Place::kPortal, statement, answer),
                reason::kRpIdHashMismatch);
}

TEST_F(WebAuthnTest, AGatewaysAnswerDoesNotCountInThePortal) {
  ASSERT_OK(Enrol(token_));
  const std::string statement = AskAt(Place::kPortal);
  proof::v1::Answer answer = AnswerAt(Place::kGateway, token_, statement, 10);
  answer.clear_touched_at_ms();
  answer.clear_relay_signature();
  ExpectRefused(AssertionAt(Place::kPortal, statement, answer),
                reason::kOriginMismatch);
}

TEST_F(WebAuthnTest, APortalsAnswerDoesNotCountAtTheGateway) {
  ASSERT_OK(Enrol(token_));
  const std::string statement = AskAt(Place::kGateway);
  ExpectRefused(AssertionAt(Place::kGateway, statement,
                            AnswerAt(Place::kPortal, token_, statement, 10)),
                reason::kOriginMismatch);
}

TEST_F(WebAuthnTest, ABrowserRelaysNothing) {
  ASSERT_OK(Enrol(token_));
  const std::string statement = AskAt(Place::kPortal);
  proof::v1::Answer answer = AnswerAt(Place::kPortal, token_, statement, 10);
  Relay(Place::kGateway, statement, answer);
  ExpectRefused(AssertionAt(Place::kPortal, statement, answer),
                reason::kRelayInvalid);
}

TEST_F(WebAuthnTest, ATouchAtAGatewayThatWasNotRelayedEnrolsNothing) {
  const fido::FakeWebAuthnToken token = Token("none");
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      core_.registrations.Verify(RegistrationAt(Place::kGateway, token)));
  v1::ApplyRequest apply = ApplyAt(Place::kGateway, verified, token);
  apply.mutable_approvals(0)->clear_relay_signature();
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kRelayInvalid));
}

TEST_F(WebAuthnTest, AnEnrolmentInAnotherPortalIsRefused) {
  const fido::FakeWebAuthnToken token = Token("none");
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      core_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  v1::ApplyRequest apply = ApplyAt(Place::kPortal, verified, token);
  proof::v1::AuthorizationStatement statement;
  ASSERT_TRUE(statement.ParseFromString(apply.approvals(0).statement()));
  statement.set_channel_key(
      crypto::ToString(proof::BrowserChannelKey("https://evil.test")));
  const std::string bytes = proof::Encode(statement);
  proof::v1::Answer answer = AnswerAt(Place::kPortal, token, bytes, 2);
  answer.set_client_data(
      WebAuthnData(proof::kWebauthnAssertion, bytes, "https://evil.test"));
  answer.set_signature(token.key->Sign(
      token.kind.signature,
      answer.authenticator_data() +
          crypto::ToString(crypto::Sha256(answer.client_data()))));
  *apply.mutable_approvals(0) = proof::ToApproval(bytes, answer);
  EXPECT_THAT(core_.applier.Apply(apply),
              HasReason(reason::kBrowserNotAllowed));
}

// What nobody goes on with is forgotten as a whole.
TEST_F(WebAuthnTest, ARegistrationThatIsNotEnrolledLeavesNothing) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.counter = 5;
  ASSERT_OK_AND_ASSIGN(
      const auto verified,
      core_.registrations.Verify(RegistrationAt(Place::kPortal, token)));
  const v1::ApplyRequest apply = ApplyAt(Place::kPortal, verified, token);
  const proof::v1::Approval& own = apply.approvals(0);
  proof::v1::Answer answer;
  answer.set_client_data(own.client_data());
  answer.set_authenticator_data(own.authenticator_data());
  answer.set_signature(own.signature());
  answer.set_token_id(own.token_id());
  ASSERT_OK(core_.assertions.Verify(
      AssertionAt(Place::kPortal, own.statement(), answer)));
  clock_.Advance(absl::Hours(1));
  ASSERT_OK(Enrol(token_));
  ASSERT_OK(Touch(token_, 7));
  const auto partition = *store::Partition::Make("attestation", "t1");
  ASSERT_OK_AND_ASSIGN(const auto left,
                       memory_.Get(partition, {CounterKey(own.token_id()),
                                               PendingKey(own.token_id())}));
  EXPECT_FALSE(left.entries[0].exists());
  EXPECT_FALSE(left.entries[1].exists());
}

TEST_F(WebAuthnTest, TheCounterOfAnEnrolledTokenStays) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.counter = 5;
  ASSERT_OK(EnrolAt(Place::kPortal, token));
  clock_.Advance(absl::Hours(1));
  // Each forgets what has expired.
  ASSERT_OK(core_.registrations.Verify(Registration(token_)));
  ASSERT_OK(core_.registrations.Verify(Registration(other_token_)));
  EXPECT_EQ(TokenNamed(TokenIdOf(token.credential_id)).counter(), 5u);
}

}  // namespace
}  // namespace u2fi::attestation
