#ifndef U2FI_SERVICES_GATEWAY_AGENT_QUESTION_H_
#define U2FI_SERVICES_GATEWAY_AGENT_QUESTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/crypto/hash.h"
#include "services/gateway-agent/identity.h"
#include "u2fi/gateway/v1/approval.pb.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::gateway_agent {

// A question of the mesh that may be put to a key: to hold one is to have
// recomputed everything from the bytes that the key will cover. Only the two
// functions below make one.
class CheckedQuestion {
 public:
  const proof::v1::AuthorizationStatement& statement() const {
    return statement_;
  }
  // Exact bytes of the statement.
  const std::string& statement_bytes() const { return statement_bytes_; }
  // What the key is asked to sign over, inside the client data.
  const crypto::Digest& challenge() const { return challenge_; }
  // The commands that one touch approves; none for a registration.
  const std::vector<proof::v1::Command>& commands() const { return commands_; }
  // The four comparison words; empty for a registration, whose command is made
  // later.
  const std::string& words() const { return words_; }

 private:
  friend class QuestionCheck;
  CheckedQuestion() = default;

  proof::v1::AuthorizationStatement statement_;
  std::string statement_bytes_;
  crypto::Digest challenge_{};
  std::vector<proof::v1::Command> commands_;
  std::string words_;
};

// Checks a request for a touch. The first step that fails is the answer:
//   statement   strict bytes, every rule · STATEMENT_FORMAT
//   place       this tenant and gateway, and its key · TENANT_MISMATCH,
//               GATEWAY_MISMATCH, CHANNEL_KEY_MISMATCH
//   deadlines   within bounds and not passed · DEADLINE_BOUNDS,
//               APPROVE_BY_PASSED
//   commands    strict bytes, in order, for this purpose, for the statement's
//               account if they are acts on one · COMMAND_FORMAT,
//               PURPOSE_NOT_ALLOWED, ACCOUNT_MISMATCH
//   root        the statement covers exactly these commands · COMMAND_MISMATCH
absl::StatusOr<CheckedQuestion> CheckApproval(
    const AgentIdentity& identity, uint64_t now_ms,
    const gateway::v1::ApprovalRequest& request);

// The same for a registration: purpose ENROL, and no batch.
absl::StatusOr<CheckedQuestion> CheckEnrolment(
    const AgentIdentity& identity, uint64_t now_ms,
    const gateway::v1::EnrolmentRequest& request);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_QUESTION_H_
