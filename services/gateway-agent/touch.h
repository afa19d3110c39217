#ifndef U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/question.h"
#include "services/gateway-agent/token.h"
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

// Puts questions to keys. Stateless; thread-safe.
class Toucher {
 public:
  // Both must outlive this object.
  Toucher(const AgentIdentity& identity, const Clock& clock);

  // The candidate with which `token` can answer; an empty one if it can
  // register. Nothing if the question is not for this token, or it does not
  // say.
  absl::optional<common::v1::Candidate> Fits(
      const TouchRequest& request, Token& token,
      const u2fhid::WaitLimit& limit) const;

  // Waits for the touch and makes the answer. Errors are the token's;
  // TOKEN_FRAME for an answer that is none.
  absl::StatusOr<gateway::v1::GatewayMessage> Ask(
      const TouchRequest& request, const common::v1::Candidate& candidate,
      Token& token, const u2fhid::WaitLimit& limit) const;

 private:
  absl::StatusOr<gateway::v1::GatewayMessage> Sign(
      const TouchRequest& request, const common::v1::Candidate& candidate,
      Token& token, const u2fhid::WaitLimit& limit) const;
  absl::StatusOr<gateway::v1::GatewayMessage> Register(
      const TouchRequest& request, Token& token,
      const u2fhid::WaitLimit& limit) const;
  std::string ClientData(absl::string_view typ,
                         const crypto::Digest& challenge) const;

  const AgentIdentity& identity_;
  const Clock& clock_;
  const std::string application_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TOUCH_H_
