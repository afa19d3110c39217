#include "services/gateway-agent/touch.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
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

Toucher::Toucher(const AgentIdentity& identity, const Clock& clock)
    : identity_(identity),
      clock_(clock),
      application_(crypto::ToString(crypto::Sha256(identity.rp_id))) {}

absl::optional<Candidate> Toucher::Fits(const TouchRequest& request,
                                        Token& token,
                                        const WaitLimit& limit) const {
  for (const Candidate& candidate : request.candidates) {
    const absl::StatusOr<bool> owns =
        token.Owns(application_, candidate.credential_id(), limit);
    if (request.registers) {
      if (!owns.ok() || *owns) return absl::nullopt;
    } else if (owns.ok() && *owns) {
      return candidate;
    }
  }
  if (request.registers) return Candidate();
  return absl::nullopt;
}

absl::StatusOr<GatewayMessage> Toucher::Ask(const TouchRequest& request,
                                            const Candidate& candidate,
                                            Token& token,
                                            const WaitLimit& limit) const {
  if (request.registers) return Register(request, token, limit);
  return Sign(request, candidate, token, limit);
}

absl::StatusOr<GatewayMessage> Toucher::Sign(const TouchRequest& request,
                                             const Candidate& candidate,
                                             Token& token,
                                             const WaitLimit& limit) const {
  const crypto::Digest& challenge = request.checked.challenge();
  const std::string client_data = ClientData(proof::kU2fAssertion, challenge);
  ASSIGN_OR_RETURN(const std::string response,
                   token.Sign(crypto::View(crypto::Sha256(client_data)),
                              application_, candidate.credential_id(), limit));
  if (response.size() <= kPresenceAndCounter) {
    return Error(reason::kTokenFrame, "the token's answer is too short");
  }
  GatewayMessage answer;
  answer.mutable_approval_answer()->set_approval_id(request.id);
  proof::v1::Answer& touched =
      *answer.mutable_approval_answer()->mutable_assertion();
  touched.set_client_data(client_data);
  touched.set_authenticator_data(application_ +
                                 response.substr(0, kPresenceAndCounter));
  touched.set_signature(response.substr(kPresenceAndCounter));
  touched.set_token_id(candidate.token_id());
  proof::SignRelay(identity_.key, challenge,
                   static_cast<uint64_t>(UnixMillis(clock_)), touched);
  return answer;
}

absl::StatusOr<GatewayMessage> Toucher::Register(const TouchRequest& request,
                                                 Token& token,
                                                 const WaitLimit& limit) const {
  const std::string client_data =
      ClientData(proof::kU2fRegistration, request.checked.challenge());
  ASSIGN_OR_RETURN(const std::string response,
                   token.Register(crypto::View(crypto::Sha256(client_data)),
                                  application_, limit));
  GatewayMessage answer;
  answer.mutable_enrolment_answer()->set_enrolment_id(request.id);
  common::v1::RegistrationAnswer& registration =
      *answer.mutable_enrolment_answer()->mutable_registration();
  registration.set_form(common::v1::REGISTRATION_FORM_U2F);
  registration.set_client_data(client_data);
  registration.set_response(response);
  registration.set_touched_at_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  return answer;
}

std::string Toucher::ClientData(absl::string_view typ,
                                const crypto::Digest& challenge) const {
  return proof::U2fClientData(
      typ, challenge, {identity_.tenant, identity_.site, identity_.gateway},
      identity_.key.public_key().point());
}

}  // namespace u2fi::gateway_agent
