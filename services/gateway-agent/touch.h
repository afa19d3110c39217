#ifndef U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/proof/client_data.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/pin_desk.h"
#include "services/gateway-agent/question.h"
#include "services/gateway-agent/token.h"
#include "services/gateway-agent/verify_user.h"
#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::gateway_agent {

// What a key is to be asked.
struct TouchRequest {
  // Id of the question.
  std::string id;
  // Register a new key; otherwise approve.
  bool registers = false;
  CheckedQuestion checked;
  // To approve: the key must have one of these. To register: none of them.
  std::vector<common::v1::Candidate> candidates;
};

// The question of `message`, checked as CheckApproval() and CheckEnrolment()
// say; `message` is one of the two.
absl::StatusOr<TouchRequest> CheckRequest(
    const AgentIdentity& identity, uint64_t now_ms,
    const gateway::v1::MeshMessage& message);

// The answers that need no key.
gateway::v1::GatewayMessage FailedAnswer(const std::string& id, bool registers,
                                         const std::string& reason);
gateway::v1::GatewayMessage DeclinedAnswer(const std::string& id,
                                           bool registers,
                                           const std::string& source);

// How a key is asked.
struct TouchPlan {
  // To approve: the credential. Empty to register.
  common::v1::Candidate candidate;
  // Over CTAP2, with WebAuthn client data; otherwise over U2F.
  bool over_ctap2 = false;
};

// Puts questions to keys. A credential is asked for the way it was made, U2F or
// CTAP2; if the key does not know it so, and speaks the other, that way too:
// either answer counts (decisions A11). User verification is asked for over
// CTAP2 only, with a PIN if the key wants one (verify_user.h). A key registers
// over U2F if it can. Stateless; thread-safe.
class Toucher {
 public:
  // All must outlive this object.
  Toucher(const AgentIdentity& identity, const Clock& clock, PinSource& pins);

  // How `token` can answer. Nothing if the question is not for this token, or
  // it does not say.
  absl::optional<TouchPlan> Fits(const TouchRequest& request, Token& token,
                                 const u2fhid::WaitLimit& limit) const;

  // Waits for the touch and makes the answer. Errors are the token's;
  // TOKEN_FRAME for an answer that is none.
  absl::StatusOr<gateway::v1::GatewayMessage> Ask(
      const TouchRequest& request, const TouchPlan& plan, Token& token,
      const u2fhid::WaitLimit& limit) const;

 private:
  // Whether the candidate is the token's, asked one way.
  absl::StatusOr<bool> Owns(const TouchPlan& plan, Token& token,
                            const u2fhid::WaitLimit& limit) const;
  // The way that finds the candidate; nothing if none does. The error is that
  // of the way that was tried first.
  absl::StatusOr<absl::optional<TouchPlan>> Find(
      const TouchRequest& request, const common::v1::Candidate& candidate,
      Token& token, const u2fhid::WaitLimit& limit) const;

  absl::StatusOr<proof::v1::Answer> SignU2f(
      const TouchRequest& request, const TouchPlan& plan, Token& token,
      const u2fhid::WaitLimit& limit) const;
  absl::StatusOr<proof::v1::Answer> SignCtap2(
      const TouchRequest& request, const TouchPlan& plan, ctap2::Ctap2Key& key,
      const u2fhid::WaitLimit& limit) const;
  absl::StatusOr<gateway::v1::GatewayMessage> Sign(
      const TouchRequest& request, const TouchPlan& plan, Token& token,
      const u2fhid::WaitLimit& limit) const;

  absl::StatusOr<common::v1::RegistrationAnswer> RegisterU2f(
      const TouchRequest& request, Token& token,
      const u2fhid::WaitLimit& limit) const;
  absl::StatusOr<common::v1::RegistrationAnswer> RegisterCtap2(
      const TouchRequest& request, ctap2::Ctap2Key& key,
      const u2fhid::WaitLimit& limit) const;
  absl::StatusOr<gateway::v1::GatewayMessage> Register(
      const TouchRequest& request, const TouchPlan& plan, Token& token,
      const u2fhid::WaitLimit& limit) const;

  proof::GatewayOrigin Origin() const {
    return {identity_.tenant, identity_.site, identity_.gateway};
  }
  // Has the key do it, with its user verified if the statement wants that.
  absl::Status Verified(const TouchRequest& request, ctap2::Ctap2Key& key,
                        const u2fhid::WaitLimit& limit,
                        const KeyUse& use) const;
  std::string U2fClientData(absl::string_view typ,
                            const crypto::Digest& challenge) const;

  const AgentIdentity& identity_;
  const Clock& clock_;
  PinSource& pins_;
  const std::string application_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_
