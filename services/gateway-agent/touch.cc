#include "services/gateway-agent/touch.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using common::v1::Candidate;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using u2fhid::WaitLimit;

// Presence byte and counter (raw message formats, 5.4), then the signature.
constexpr size_t kPresenceAndCounter = 5;
// Authenticator data without extensions (WebAuthn L3, 6.1).
constexpr size_t kPlainAuthenticatorData = 37;

bool NeedsVerification(const TouchRequest& request) {
  return request.checked.statement().required().uv();
}

bool Speaks(Token& token, bool ctap2) {
  return ctap2 ? token.ctap2() != nullptr : token.speaks_u2f();
}

// What a CTAP2 key knows the account by: nothing that tells who it is.
std::string UserId(const proof::v1::AuthorizationStatement& statement) {
  return crypto::ToString(crypto::Sha256(
      {"u2fi/user/v1", crypto::LengthPrefixed(statement.tenant()),
       crypto::LengthPrefixed(statement.account())}));
}

}  // namespace

absl::StatusOr<TouchRequest> CheckRequest(const AgentIdentity& identity,
                                          uint64_t now_ms,
                                          const MeshMessage& message) {
  if (message.has_enrolment_request()) {
    const gateway::v1::EnrolmentRequest& in = message.enrolment_request();
    ASSIGN_OR_RETURN(CheckedQuestion checked,
                     CheckEnrolment(identity, now_ms, in));
    return TouchRequest{in.enrolment_id(),
                        true,
                        std::move(checked),
                        {in.exclude().begin(), in.exclude().end()}};
  }
  const gateway::v1::ApprovalRequest& in = message.approval_request();
  ASSIGN_OR_RETURN(CheckedQuestion checked,
                   CheckApproval(identity, now_ms, in));
  TouchRequest request{in.approval_id(), false, std::move(checked), {}};
  for (const gateway::v1::ApprovalCandidate& offered : in.candidates()) {
    request.candidates.push_back(offered.candidate());
  }
  return request;
}

GatewayMessage FailedAnswer(const std::string& id, bool registers,
                            const std::string& reason) {
  GatewayMessage answer;
  if (registers) {
    answer.mutable_enrolment_answer()->set_enrolment_id(id);
    answer.mutable_enrolment_answer()->mutable_failed()->set_reason(reason);
  } else {
    answer.mutable_approval_answer()->set_approval_id(id);
    answer.mutable_approval_answer()->mutable_failed()->set_reason(reason);
  }
  return answer;
}

GatewayMessage DeclinedAnswer(const std::string& id, bool registers,
                              const std::string& source) {
  GatewayMessage answer;
  if (registers) {
    answer.mutable_enrolment_answer()->set_enrolment_id(id);
    answer.mutable_enrolment_answer()->mutable_declined()->set_source(source);
  } else {
    answer.mutable_approval_answer()->set_approval_id(id);
    answer.mutable_approval_answer()->mutable_declined()->set_source(source);
  }
  return answer;
}

Toucher::Toucher(const AgentIdentity& identity, const Clock& clock,
                 PinSource& pins)
    : identity_(identity),
      clock_(clock),
      pins_(pins),
      application_(crypto::ToString(crypto::Sha256(identity.rp_id))) {}

absl::StatusOr<bool> Toucher::Owns(const TouchPlan& plan, Token& token,
                                   const WaitLimit& limit) const {
  const std::string& id = plan.candidate.credential_id();
  return plan.over_ctap2 ? token.ctap2()->Has(identity_.rp_id, id, limit)
                         : token.Owns(application_, id, limit);
}

absl::StatusOr<absl::optional<TouchPlan>> Toucher::Find(
    const TouchRequest& request, const Candidate& candidate, Token& token,
    const WaitLimit& limit) const {
  const bool made = candidate.protocol() == common::v1::TOKEN_PROTOCOL_CTAP2;
  const bool only_ctap2 = NeedsVerification(request) && !request.registers;
  absl::optional<absl::Status> first;
  for (const bool ctap2 : {made, !made}) {
    if (!Speaks(token, ctap2) || (only_ctap2 && !ctap2)) continue;
    const TouchPlan plan{candidate, ctap2};
    const absl::StatusOr<bool> owns = Owns(plan, token, limit);
    if (owns.ok() && *owns) return plan;
    if (!first.has_value()) first = owns.status();
  }
  if (first.has_value()) RETURN_IF_ERROR(*first);
  return absl::optional<TouchPlan>();
}

absl::optional<TouchPlan> Toucher::Fits(const TouchRequest& request,
                                        Token& token,
                                        const WaitLimit& limit) const {
  for (const Candidate& candidate : request.candidates) {
    const auto plan = Find(request, candidate, token, limit);
    if (request.registers) {
      if (!plan.ok() || plan->has_value()) return absl::nullopt;
    } else if (plan.ok() && plan->has_value()) {
      return *plan;
    }
  }
  if (!request.registers) return absl::nullopt;
  const bool ctap2 = NeedsVerification(request) || !token.speaks_u2f();
  if (!Speaks(token, ctap2)) return absl::nullopt;
  return TouchPlan{Candidate(), ctap2};
}

absl::StatusOr<GatewayMessage> Toucher::Ask(const TouchRequest& request,
                                            const TouchPlan& plan, Token& token,
                                            const WaitLimit& limit) const {
  if (request.registers) return Register(request, plan, token, limit);
  return Sign(request, plan, token, limit);
}

absl::StatusOr<GatewayMessage> Toucher::Sign(const TouchRequest& request,
                                             const TouchPlan& plan,
                                             Token& token,
                                             const WaitLimit& limit) const {
  ASSIGN_OR_RETURN(proof::v1::Answer touched,
                   plan.over_ctap2
                       ? SignCtap2(request, plan, *token.ctap2(), limit)
                       : SignU2f(request, plan, token, limit));
  touched.set_token_id(plan.candidate.token_id());
  proof::SignRelay(identity_.key, request.checked.challenge(),
                   static_cast<uint64_t>(UnixMillis(clock_)), touched);
  GatewayMessage answer;
  answer.mutable_approval_answer()->set_approval_id(request.id);
  *answer.mutable_approval_answer()->mutable_assertion() = std::move(touched);
  return answer;
}

absl::StatusOr<proof::v1::Answer> Toucher::SignU2f(
    const TouchRequest& request, const TouchPlan& plan, Token& token,
    const WaitLimit& limit) const {
  proof::v1::Answer touched;
  touched.set_client_data(
      U2fClientData(proof::kU2fAssertion, request.checked.challenge()));
  ASSIGN_OR_RETURN(
      const std::string response,
      token.Sign(crypto::View(crypto::Sha256(touched.client_data())),
                 application_, plan.candidate.credential_id(), limit));
  if (response.size() <= kPresenceAndCounter) {
    return Error(reason::kTokenFrame, "the token's answer is too short");
  }
  touched.set_authenticator_data(application_ +
                                 response.substr(0, kPresenceAndCounter));
  touched.set_signature(response.substr(kPresenceAndCounter));
  return touched;
}

absl::StatusOr<proof::v1::Answer> Toucher::SignCtap2(
    const TouchRequest& request, const TouchPlan& plan, ctap2::Ctap2Key& key,
    const WaitLimit& limit) const {
  proof::v1::Answer touched;
  touched.set_client_data(proof::WebauthnClientData(
      proof::kWebauthnAssertion, request.checked.challenge(), Origin().Text()));
  ctap2::AssertionRequest question{
      identity_.rp_id, crypto::ToString(crypto::Sha256(touched.client_data())),
      plan.candidate.credential_id(), NeedsVerification(request)};
  ctap2::Assertion assertion;
  RETURN_IF_ERROR(
      Verified(request, key, limit, [&](const ctap2::Pin* pin) -> absl::Status {
        question.pin = pin;
        ASSIGN_OR_RETURN(assertion, key.Sign(question, limit));
        return absl::OkStatus();
      }));
  if (assertion.authenticator_data.size() < kPlainAuthenticatorData ||
      assertion.authenticator_data.size() > proof::kMaxAuthenticatorData ||
      assertion.signature.size() > proof::kMaxSignature) {
    return Error(reason::kTokenFrame, "the token's answer is out of bounds");
  }
  touched.set_authenticator_data(std::move(assertion.authenticator_data));
  touched.set_signature(std::move(assertion.signature));
  return touched;
}

absl::StatusOr<GatewayMessage> Toucher::Register(const TouchRequest& request,
                                                 const TouchPlan& plan,
                                                 Token& token,
                                                 const WaitLimit& limit) const {
  ASSIGN_OR_RETURN(common::v1::RegistrationAnswer registration,
                   plan.over_ctap2
                       ? RegisterCtap2(request, *token.ctap2(), limit)
                       : RegisterU2f(request, token, limit));
  registration.set_touched_at_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  GatewayMessage answer;
  answer.mutable_enrolment_answer()->set_enrolment_id(request.id);
  *answer.mutable_enrolment_answer()->mutable_registration() =
      std::move(registration);
  return answer;
}

absl::StatusOr<common::v1::RegistrationAnswer> Toucher::RegisterU2f(
    const TouchRequest& request, Token& token, const WaitLimit& limit) const {
  common::v1::RegistrationAnswer registration;
  registration.set_form(common::v1::REGISTRATION_FORM_U2F);
  registration.set_client_data(
      U2fClientData(proof::kU2fRegistration, request.checked.challenge()));
  ASSIGN_OR_RETURN(
      *registration.mutable_response(),
      token.Register(crypto::View(crypto::Sha256(registration.client_data())),
                     application_, limit));
  return registration;
}

absl::StatusOr<common::v1::RegistrationAnswer> Toucher::RegisterCtap2(
    const TouchRequest& request, ctap2::Ctap2Key& key,
    const WaitLimit& limit) const {
  common::v1::RegistrationAnswer registration;
  registration.set_form(common::v1::REGISTRATION_FORM_WEBAUTHN);
  registration.set_client_data(
      proof::WebauthnClientData(proof::kWebauthnRegistration,
                                request.checked.challenge(), Origin().Text()));
  ctap2::CredentialRequest question{
      identity_.rp_id,
      crypto::ToString(crypto::Sha256(registration.client_data())),
      UserId(request.checked.statement()), NeedsVerification(request)};
  RETURN_IF_ERROR(
      Verified(request, key, limit, [&](const ctap2::Pin* pin) -> absl::Status {
        question.pin = pin;
        ASSIGN_OR_RETURN(*registration.mutable_response(),
                         key.Make(question, limit));
        return absl::OkStatus();
      }));
  return registration;
}

absl::Status Toucher::Verified(const TouchRequest& request,
                               ctap2::Ctap2Key& key, const WaitLimit& limit,
                               const KeyUse& use) const {
  return WithUserVerified(NeedsVerification(request),
                          CueOf(request.id, request.checked), key, pins_, limit,
                          use);
}

std::string Toucher::U2fClientData(absl::string_view typ,
                                   const crypto::Digest& challenge) const {
  return proof::U2fClientData(typ, challenge, Origin(),
                              identity_.key.public_key().point());
}

}  // namespace u2fi::gateway_agent
