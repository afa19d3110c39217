#ifndef U2FI_SERVICES_GATEWAY_AGENT_FAKE_QUESTIONS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_FAKE_QUESTIONS_H_

#include <string>

#include "services/common/crypto/hash.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/strict.h"
#include "services/gateway-agent/identity.h"
#include "u2fi/gateway/v1/link.pb.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::gateway_agent {

// Makes the questions that a mesh would put to this agent, all of them good.
class FakeQuestions {
 public:
  // `identity` must outlive this object.
  FakeQuestions(const AgentIdentity& identity, uint64_t now_ms)
      : identity_(identity), now_ms_(now_ms) {}

  // One touch for `operation` on cam-1, by a key that has `key_handle`; open
  // for a minute.
  gateway::v1::MeshMessage Approval(
      const std::string& id, const std::string& key_handle,
      const std::string& operation = "camera.on") const {
    proof::v1::Command command;
    command.set_format(1);
    command.set_command_id(std::string(26, 'a'));
    command.set_device("cam-1");
    command.set_gateway(identity_.gateway);
    command.set_sequence(1);
    command.set_operation(operation);
    command.set_arguments("{\"zoom\":2}");
    const std::string bytes = proof::Encode(command);
    proof::v1::AuthorizationStatement statement = Statement();
    statement.set_purpose(proof::v1::PURPOSE_COMMAND);
    statement.set_site(identity_.site);
    statement.set_batch_root(crypto::ToString(proof::Leaf(bytes)));
    statement.set_batch_size(1);
    statement.set_pins_revision(1);
    gateway::v1::MeshMessage message;
    gateway::v1::ApprovalRequest& request = *message.mutable_approval_request();
    request.set_approval_id(id);
    request.set_statement(proof::Encode(statement));
    request.add_commands(bytes);
    AddCandidate(key_handle, request);
    return message;
  }

  // The same, asked by another requester of the account.
  gateway::v1::MeshMessage ApprovalOf(const std::string& requester,
                                      const std::string& id,
                                      const std::string& key_handle) const {
    gateway::v1::MeshMessage message = Approval(id, key_handle);
    std::string& bytes =
        *message.mutable_approval_request()->mutable_statement();
    proof::v1::AuthorizationStatement statement;
    statement.ParseFromString(bytes);
    statement.set_requester(requester);
    bytes = proof::Encode(statement);
    return message;
  }

  // The same with user verification.
  gateway::v1::MeshMessage VerifiedApproval(
      const std::string& id, const std::string& key_handle) const {
    gateway::v1::MeshMessage message = Approval(id, key_handle);
    std::string& bytes =
        *message.mutable_approval_request()->mutable_statement();
    proof::v1::AuthorizationStatement statement;
    statement.ParseFromString(bytes);
    statement.mutable_required()->set_uv(true);
    bytes = proof::Encode(statement);
    return message;
  }

  static void AddCandidate(const std::string& key_handle,
                           gateway::v1::ApprovalRequest& request) {
    common::v1::Candidate& candidate =
        *request.add_candidates()->mutable_candidate();
    candidate.set_token_id("token-" + key_handle);
    candidate.set_credential_id(key_handle);
  }

  // A registration by a key that does not have `known`.
  gateway::v1::MeshMessage Enrolment(const std::string& id,
                                     const std::string& known) const {
    proof::v1::AuthorizationStatement statement = Statement();
    statement.set_purpose(proof::v1::PURPOSE_ENROL);
    gateway::v1::MeshMessage message;
    gateway::v1::EnrolmentRequest& request =
        *message.mutable_enrolment_request();
    request.set_enrolment_id(id);
    request.set_statement(proof::Encode(statement));
    request.add_exclude()->set_credential_id(known);
    return message;
  }

  static gateway::v1::MeshMessage Outcome(const std::string& id) {
    gateway::v1::MeshMessage message;
    message.mutable_approval_outcome()->set_approval_id(id);
    return message;
  }
  static gateway::v1::MeshMessage Cancel(const std::string& id) {
    gateway::v1::MeshMessage message;
    message.mutable_cancel_approval()->set_approval_id(id);
    return message;
  }

 private:
  proof::v1::AuthorizationStatement Statement() const {
    proof::v1::AuthorizationStatement statement;
    statement.set_format(1);
    statement.set_tenant(identity_.tenant);
    statement.set_account("ann");
    statement.set_approver_gateway(identity_.gateway);
    statement.set_channel_key(
        crypto::ToString(identity_.key.public_key().SpkiHash()));
    statement.set_store_epoch("0");
    statement.set_nonce(std::string(32, 'n'));
    statement.set_requester("spiffe://test/client/t1/app ann");
    statement.set_request_id(std::string(32, 'a'));
    statement.set_approve_by_ms(now_ms_ + 60'000);
    statement.set_execute_by_ms(now_ms_ + 120'000);
    return statement;
  }

  const AgentIdentity& identity_;
  const uint64_t now_ms_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_FAKE_QUESTIONS_H_
