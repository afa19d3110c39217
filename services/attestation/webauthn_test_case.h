#ifndef U2FI_SERVICES_ATTESTATION_WEBAUTHN_TEST_CASE_H_
#define U2FI_SERVICES_ATTESTATION_WEBAUTHN_TEST_CASE_H_

#include <string>

#include "services/attestation/attestation_test_case.h"
#include "services/common/fido/fake_webauthn_token.h"

namespace u2fi::attestation {

// Tokens that speak WebAuthn, in the portal and at the gateway.
class WebAuthnTestCase : public AttestationTestCase {
 protected:
  enum class Place { kPortal, kGateway };

  // A token of a format that registers for this deployment.
  static fido::FakeWebAuthnToken Token(
      absl::string_view format,
      const fido::AlgorithmCase& kind = fido::kAlgorithmCases[0]) {
    fido::FakeWebAuthnToken token(format, kind);
    token.rp_id = kRpId;
    return token;
  }

  proof::v1::AuthorizationStatement TemplateAt(Place place,
                                               proof::v1::Purpose purpose) {
    proof::v1::AuthorizationStatement statement = Template(purpose);
    if (place == Place::kPortal) {
      statement.clear_approver_gateway();
      statement.set_channel_key(
          crypto::ToString(proof::BrowserChannelKey(kPortal)));
    }
    return statement;
  }
  common::v1::AnswerChannel ChannelAt(Place place) {
    if (place == Place::kGateway) return Channel();
    common::v1::AnswerChannel channel;
    channel.set_channel_key(
        crypto::ToString(proof::BrowserChannelKey(kPortal)));
    return channel;
  }
  static std::string OriginAt(Place place) {
    return place == Place::kPortal ? kPortal : "u2fi:t1/s1/g1";
  }
  static std::string WebAuthnData(absl::string_view type,
                                  const std::string& statement,
                                  absl::string_view origin) {
    return proof::WebauthnClientData(type, proof::ChallengeOf(statement),
                                     origin);
  }

  // A right registration.
  v1::VerifyRegistrationRequest RegistrationAt(
      Place place, const fido::FakeWebAuthnToken& token) {
    v1::VerifyRegistrationRequest request;
    request.set_tenant("t1");
    request.set_statement(
        Issue(TemplateAt(place, proof::v1::PURPOSE_ENROL), {}));
    common::v1::RegistrationAnswer& answer = *request.mutable_answer();
    answer.set_form(common::v1::REGISTRATION_FORM_WEBAUTHN);
    answer.set_client_data(WebAuthnData(proof::kWebauthnRegistration,
                                        request.statement(), OriginAt(place)));
    answer.set_response(token.AttestationObject(answer.client_data()));
    if (place == Place::kPortal) answer.set_raw_id(token.credential_id);
    *request.mutable_channel() = ChannelAt(place);
    return request;
  }

  // A right answer of a WebAuthn token.
  proof::v1::Answer AnswerAt(Place place, const fido::FakeWebAuthnToken& token,
                             const std::string& statement, uint32_t counter,
                             uint8_t flags = fido::flag::kUserPresent) {
    proof::v1::Answer answer;
    answer.set_client_data(
        WebAuthnData(proof::kWebauthnAssertion, statement, OriginAt(place)));
    answer.set_authenticator_data(
        absl::StrCat(crypto::ToString(crypto::Sha256(token.rp_id)),
                     std::string(1, static_cast<char>(flags)),
                     crypto::BigEndian32(counter)));
    answer.set_signature(token.key->Sign(
        token.kind.signature,
        answer.authenticator_data() +
            crypto::ToString(crypto::Sha256(answer.client_data()))));
    answer.set_token_id(TokenIdOf(token.credential_id));
    Relay(place, statement, answer);
    return answer;
  }
  // A right answer of a U2F token in WebAuthn's form.
  proof::v1::Answer AnswerAt(Place place, const fido::FakeU2fToken& token,
                             const std::string& statement, uint32_t counter) {
    proof::v1::Answer answer;
    answer.set_client_data(
        WebAuthnData(proof::kWebauthnAssertion, statement, OriginAt(place)));
    answer.set_authenticator_data(token.AuthenticatorData(kRpId, 1, counter));
    answer.set_signature(
        token.Sign(answer.authenticator_data(), answer.client_data()));
    answer.set_token_id(TokenIdOf(token.key_handle));
    Relay(place, statement, answer);
    return answer;
  }
  void Relay(Place place, const std::string& statement,
             proof::v1::Answer& answer) {
    if (place == Place::kPortal) return;
    proof::SignRelay(gateway_key_, proof::ChallengeOf(statement),
                     static_cast<uint64_t>(UnixMillis(clock_)), answer);
  }

  v1::VerifyAssertionRequest AssertionAt(Place place,
                                         const std::string& statement,
                                         const proof::v1::Answer& answer) {
    v1::VerifyAssertionRequest request = Assertion(statement, answer);
    *request.mutable_channel() = ChannelAt(place);
    return request;
  }

  // A question about a device operation, asked of ann's tokens at `place`.
  std::string AskAt(Place place, bool uv = false) {
    proof::v1::AuthorizationStatement statement =
        TemplateAt(place, proof::v1::PURPOSE_COMMAND);
    statement.set_site("s1");
    statement.set_pins_revision(1);
    statement.set_batch_root(std::string(32, 'r'));
    statement.set_batch_size(1);
    if (uv) statement.mutable_required()->set_uv(true);
    v1::ListCandidatesRequest list;
    list.set_tenant("t1");
    list.set_account("ann");
    list.set_purpose(proof::v1::PURPOSE_COMMAND);
    const auto candidates = core_.directory.ListCandidates(list);
    EXPECT_OK(candidates);
    return Issue(statement, {candidates->candidates().begin(),
                             candidates->candidates().end()});
  }

  // Everything that `u2fi.enrol` needs for a registration that was verified.
  v1::ApplyRequest ApplyAt(Place place,
                           const v1::VerifyRegistrationResponse& verified,
                           const fido::FakeWebAuthnToken& token,
                           char request = 'a') {
    v1::ApplyRequest apply;
    apply.set_tenant("t1");
    apply.add_items()->set_command(EnrolCommand(verified, request));
    proof::v1::AuthorizationStatement statement =
        TemplateAt(place, proof::v1::PURPOSE_ENROL);
    statement.set_batch_root(
        crypto::ToString(proof::Leaf(apply.items(0).command())));
    statement.set_batch_size(1);
    const std::string bytes = Issue(statement, {verified.candidate()});
    const uint32_t counter = token.counter == 0 ? 0 : token.counter + 1;
    *apply.add_approvals() =
        proof::ToApproval(bytes, AnswerAt(place, token, bytes, counter));
    *apply.mutable_evidence()->mutable_registration() = verified.registration();
    return apply;
  }

  // Enrols ann's first token, all right.
  absl::StatusOr<v1::ApplyResponse> EnrolAt(
      Place place, const fido::FakeWebAuthnToken& token) {
    const auto verified =
        core_.registrations.Verify(RegistrationAt(place, token));
    if (!verified.ok()) return verified.status();
    EXPECT_EQ(verified->verdict().reason(), "");
    return core_.applier.Apply(ApplyAt(place, *verified, token));
  }
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_WEBAUTHN_TEST_CASE_H_
