#include "services/challenge/challenge_issuer.h"

#include <string>
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::challenge {
namespace {

using ::u2fi::proof::v1::AuthorizationStatement;

constexpr size_t kNonceSize = 32;

absl::Status CheckCandidates(const v1::IssueRequest& request) {
  const bool registration =
      request.template_().batch_root().empty() &&
      request.template_().purpose() == proof::v1::PURPOSE_ENROL;
  if (request.candidates().empty() && !registration) {
    return Error(reason::kNoCredentials, "no token may answer this challenge");
  }
  if (!request.candidates().empty() && registration) {
    return FieldError("candidates", "a registration has none");
  }
  if (request.candidates_size() > kMaxCandidates) {
    return Error(reason::kTooManyCandidates, "more than 16 tokens may answer");
  }
  for (const v1::CandidateFloor& candidate : request.candidates()) {
    if (!proof::IsId(candidate.token_id())) {
      return FieldError("candidates.token_id", "is not an id");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const v1::IssueRequest& request) {
  if (!request.has_template_()) return FieldError("template", "is required");
  const AuthorizationStatement& statement = request.template_();
  if (!proof::IsId(request.tenant())) {
    return FieldError("tenant", "is not an id");
  }
  if (statement.tenant() != request.tenant()) {
    return FieldError("template.tenant", "is not the tenant of the request");
  }
  if (!statement.store_epoch().empty()) {
    return FieldError("template.store_epoch", "is set by this service");
  }
  if (!statement.nonce().empty()) {
    return FieldError("template.nonce", "is set by this service");
  }
  return CheckCandidates(request);
}

records::v1::ChallengeRecord RecordOf(const AuthorizationStatement& statement,
                                      const v1::IssueRequest& request) {
  records::v1::ChallengeRecord record;
  record.set_schema(1);
  record.set_store_epoch(statement.store_epoch());
  record.set_purpose(statement.purpose());
  record.set_account(statement.account());
  record.set_gateway(statement.approver_gateway());
  record.set_approve_by_ms(statement.approve_by_ms());
  *record.mutable_candidates() = request.candidates();
  return record;
}

}  // namespace

absl::StatusOr<v1::IssueResponse> ChallengeIssuer::Issue(
    const v1::IssueRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(store::Epoch epoch, store_.PresentEpoch(request.tenant()));
  absl::StatusOr<v1::IssueResponse> issued = IssueIn(epoch, request);
  if (!IsReason(issued.status(), reason::kStoreEpochChanged)) return issued;
  // The remembered epoch was an old one: nothing was stored, so start again.
  store_.Forget(request.tenant());
  ASSIGN_OR_RETURN(epoch, store_.PresentEpoch(request.tenant()));
  return IssueIn(epoch, request);
}

absl::StatusOr<v1::IssueResponse> ChallengeIssuer::IssueIn(
    const store::Epoch& epoch, const v1::IssueRequest& request) {
  AuthorizationStatement statement = request.template_();
  statement.set_store_epoch(epoch);
  statement.set_nonce(random_.Bytes(kNonceSize));
  ASSIGN_OR_RETURN(std::string bytes, proof::EncodeStatement(statement));
  RETURN_IF_ERROR(proof::CheckApprovable(
      statement, static_cast<uint64_t>(UnixMillis(clock_)), /*skew_ms=*/0));
  v1::IssueResponse response;
  response.set_statement(std::move(bytes));
  response.set_challenge(
      crypto::ToString(proof::ChallengeOf(response.statement())));
  RETURN_IF_ERROR(store_.Create(request.tenant(), response.challenge(),
                                RecordOf(statement, request)));
  return response;
}

}  // namespace u2fi::challenge
