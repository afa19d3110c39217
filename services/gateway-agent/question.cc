#include "services/gateway-agent/question.h"

#include <utility>

#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/words.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {

using gateway::v1::ApprovalRequest;

class QuestionCheck {
 public:
  QuestionCheck(const AgentIdentity& identity, uint64_t now_ms)
      : identity_(identity), now_ms_(now_ms) {}

  absl::Status Statement(const std::string& bytes) {
    question_.statement_bytes_ = bytes;
    ASSIGN_OR_RETURN(question_.statement_, proof::ParseStatement(bytes));
    question_.challenge_ = proof::ChallengeOf(bytes);
    RETURN_IF_ERROR(Place());
    return proof::CheckApprovable(question_.statement_, now_ms_,
                                  proof::kSkewMs);
  }

  absl::Status Commands(const ApprovalRequest& request) {
    std::vector<crypto::Digest> leaves;
    std::vector<proof::WordsItem> items;
    for (const std::string& bytes : request.commands()) {
      ASSIGN_OR_RETURN(proof::v1::Command command, proof::ParseCommand(bytes));
      RETURN_IF_ERROR(Command(command));
      leaves.push_back(proof::Leaf(bytes));
      items.push_back(
          {command.device(), command.operation(), command.arguments()});
      question_.commands_.push_back(std::move(command));
    }
    question_.words_ =
        proof::ComparisonWords(question_.statement_.request_id(), items);
    return Root(std::move(leaves));
  }

  absl::Status IsRegistration() const {
    if (question_.statement_.purpose() == proof::v1::PURPOSE_ENROL &&
        proof::UseOf(question_.statement_) == proof::StatementUse::kNoBatch) {
      return absl::OkStatus();
    }
    return Error(reason::kPurposeNotAllowed, "this is no registration");
  }

  CheckedQuestion Take() { return std::move(question_); }

 private:
  absl::Status Place() const {
    const proof::v1::AuthorizationStatement& statement = question_.statement_;
    if (statement.tenant() != identity_.tenant) {
      return Error(reason::kTenantMismatch, "another tenant's question");
    }
    if (statement.approver_gateway() != identity_.gateway) {
      return Error(reason::kGatewayMismatch, "another gateway's question");
    }
    if (statement.channel_key() !=
        crypto::View(identity_.key.public_key().SpkiHash())) {
      return Error(reason::kChannelKeyMismatch,
                   "the question is for another key of this gateway");
    }
    return absl::OkStatus();
  }

  absl::Status Command(const proof::v1::Command& command) const {
    if (command.index() != question_.commands_.size()) {
      return Error(reason::kCommandFormat, "the commands are not in order");
    }
    RETURN_IF_ERROR(proof::CheckPurpose(command.operation(),
                                        question_.statement_.purpose()));
    const auto account = proof::AccountOfTarget(command.device());
    if (account.has_value() && *account != question_.statement_.account()) {
      return Error(reason::kAccountMismatch,
                   "an act on another account than the approver's");
    }
    return absl::OkStatus();
  }

  absl::Status Root(std::vector<crypto::Digest> leaves) const {
    const proof::v1::AuthorizationStatement& statement = question_.statement_;
    if (leaves.empty() || leaves.size() != statement.batch_size()) {
      return Error(reason::kCommandMismatch,
                   "the statement is for another number of commands");
    }
    ASSIGN_OR_RETURN(const proof::MerkleTree tree,
                     proof::MerkleTree::Of(std::move(leaves)));
    if (crypto::View(tree.root()) == statement.batch_root()) {
      return absl::OkStatus();
    }
    return Error(reason::kCommandMismatch,
                 "the statement is for other commands than were sent");
  }

  const AgentIdentity& identity_;
  const uint64_t now_ms_;
  CheckedQuestion question_;
};

absl::StatusOr<CheckedQuestion> CheckApproval(const AgentIdentity& identity,
                                              uint64_t now_ms,
                                              const ApprovalRequest& request) {
  QuestionCheck check(identity, now_ms);
  RETURN_IF_ERROR(check.Statement(request.statement()));
  RETURN_IF_ERROR(check.Commands(request));
  return check.Take();
}

absl::StatusOr<CheckedQuestion> CheckEnrolment(
    const AgentIdentity& identity, uint64_t now_ms,
    const gateway::v1::EnrolmentRequest& request) {
  QuestionCheck check(identity, now_ms);
  RETURN_IF_ERROR(check.Statement(request.statement()));
  RETURN_IF_ERROR(check.IsRegistration());
  return check.Take();
}

}  // namespace u2fi::gateway_agent
