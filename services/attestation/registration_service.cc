#include "services/attestation/registration_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/answer_origin.h"
#include "services/attestation/challenge_spender.h"
#include "services/attestation/token_rows.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::PendingRow;
using records::v1::TokenRow;
using ::u2fi::store::Durability;

crypto::Digest DigestOf(const common::v1::RegistrationAnswer& answer) {
  return crypto::Sha256({proof::domain::kAnswer,
                         crypto::LengthPrefixed(answer.client_data()),
                         crypto::LengthPrefixed(answer.response())});
}

absl::Status CheckRequest(const v1::VerifyRegistrationRequest& request) {
  if (request.label().size() > 256) return FieldError("label", "is too long");
  if (request.recovery() || !request.lease_site().empty()) {
    return Error(reason::kUnimplemented,
                 "recovery tokens and tokens for leases are not there yet");
  }
  switch (request.answer().form()) {
    case common::v1::REGISTRATION_FORM_U2F:
      return absl::OkStatus();
    case common::v1::REGISTRATION_FORM_WEBAUTHN:
      return Error(reason::kUnimplemented,
                   "WebAuthn registrations are not there yet");
    default:
      return FieldError("answer.form", "is unset or unknown");
  }
}

v1::VerifyRegistrationResponse Accepted(const TokenRow& token) {
  v1::VerifyRegistrationResponse response;
  response.mutable_verdict()->set_outcome(common::v1::OUTCOME_ACCEPTED);
  response.set_token_id(token.token_id());
  *response.mutable_registration() = RegistrationOf(token);
  *response.mutable_candidate() = CandidateOf(token, absl::nullopt);
  response.set_trust(token.trust());
  return response;
}

}  // namespace

struct RegistrationService::Attempt {
  const v1::VerifyRegistrationRequest& request;
  proof::v1::AuthorizationStatement statement;
  RegistrationView view;
};

absl::StatusOr<v1::VerifyRegistrationResponse> RegistrationService::Verify(
    const v1::VerifyRegistrationRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  Attempt attempt{request, {}, {}};
  ASSIGN_OR_RETURN(attempt.statement,
                   proof::ParseStatement(request.statement()));
  if (attempt.statement.tenant() != request.tenant()) {
    return FieldError("tenant", "is not the tenant of the statement");
  }
  if (attempt.statement.purpose() != proof::v1::PURPOSE_ENROL ||
      proof::UseOf(attempt.statement) != proof::StatementUse::kNoBatch) {
    return FieldError("statement", "is not that of a registration");
  }
  const absl::StatusOr<TokenRow> token = Check(attempt);
  if (token.ok()) {
    RETURN_IF_ERROR(Keep(attempt, *token));
    return Accepted(*token);
  }
  if (!IsVerdict(token.status())) return token.status();
  RETURN_IF_ERROR(RecordRefusal(attempt, token.status()));
  v1::VerifyRegistrationResponse response;
  response.mutable_verdict()->set_outcome(common::v1::OUTCOME_REFUSED);
  response.mutable_verdict()->set_reason(ReasonOf(token.status()));
  return response;
}

absl::StatusOr<TokenRow> RegistrationService::Check(Attempt& attempt) {
  const v1::VerifyRegistrationRequest& request = attempt.request;
  fido::U2fRegistrationInputs inputs;
  ASSIGN_OR_RETURN(
      inputs.expected,
      ExpectationOf(attempt.statement, request.statement(), request.channel(),
                    request.answer().client_data(), rp_id_));
  inputs.policy = policy_;
  inputs.policy.trust.now = clock_.Now();
  inputs.client_data = request.answer().client_data();
  inputs.response = request.answer().response();
  ASSIGN_OR_RETURN(const fido::ScreenedU2fRegistration screened,
                   fido::ScreenU2fRegistration(inputs));
  ASSIGN_OR_RETURN(
      const Spent spent,
      SpendChallenge(challenge_, attempt.statement, inputs.expected.challenge,
                     DigestOf(request.answer())));
  TokenRow looked_up;
  looked_up.set_account(attempt.statement.account());
  looked_up.set_credential_id(std::string(screened.credential_id()));
  looked_up.set_token_id(TokenIdOf(looked_up.credential_id()));
  looked_up.set_public_key(screened.stored_key());
  ASSIGN_OR_RETURN(attempt.view,
                   tokens_.ReadForRegistration(
                       request.tenant(), inputs.expected.challenge, looked_up));
  fido::RegistrationFacts facts;
  facts.credential_exists = attempt.view.credential_taken;
  facts.public_key_exists = attempt.view.key_taken;
  facts.credentials =
      static_cast<size_t>(attempt.view.account.row.token_ids_size());
  facts.credential_limit = kMaxTokensPerAccount;
  ASSIGN_OR_RETURN(
      const fido::VerifiedRegistration verified,
      fido::VerifyU2fRegistration(screened, spent.challenge, facts));
  TokenRow token = TokenOf(verified.record());
  token.set_account(attempt.statement.account());
  token.set_label(request.label());
  token.set_gateway(attempt.statement.approver_gateway());
  token.set_create_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  return token;
}

absl::Status RegistrationService::Keep(const Attempt& attempt,
                                       const TokenRow& token) {
  PendingRow pending;
  pending.set_schema(1);
  *pending.mutable_token() = token;
  pending.set_execute_by_ms(attempt.statement.execute_by_ms());
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_REGISTRATION;
  content.subjects = {absl::StrCat("tokens/", token.token_id()),
                      absl::StrCat("accounts/", token.account())};
  content.body.set_statement(attempt.request.statement());
  content.body.set_outcome(common::v1::OUTCOME_ACCEPTED);
  audit::Transition transition;
  transition.epoch = attempt.view.epoch;
  transition.durability = Durability::kVolatile;
  const std::string key = PendingKey(token.token_id());
  transition.expect = {{key, attempt.view.pending.version}};
  transition.put = {{key, pending.SerializeAsString(),
                     absl::FromUnixMillis(static_cast<int64_t>(
                         attempt.statement.execute_by_ms()))}};
  ASSIGN_OR_RETURN(audit::PreparedRow row,
                   audit::PreparedRow::Make(std::move(content), random_));
  transition.rows.push_back(std::move(row));
  return decider_.Decide(attempt.request.tenant(), std::move(transition))
      .status();
}

absl::Status RegistrationService::RecordRefusal(const Attempt& attempt,
                                                const absl::Status& why) {
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_REGISTRATION;
  content.subjects = {absl::StrCat("accounts/", attempt.statement.account())};
  content.body.set_statement(attempt.request.statement());
  content.body.set_outcome(common::v1::OUTCOME_REFUSED);
  content.body.set_reason(ReasonOf(why));
  audit::Transition transition;
  ASSIGN_OR_RETURN(const AccountView account,
                   tokens_.ReadAccount(attempt.request.tenant(),
                                       attempt.statement.account()));
  transition.epoch = account.epoch;
  transition.durability = Durability::kVolatile;
  ASSIGN_OR_RETURN(audit::PreparedRow row,
                   audit::PreparedRow::Make(std::move(content), random_));
  transition.rows.push_back(std::move(row));
  return decider_.Decide(attempt.request.tenant(), std::move(transition))
      .status();
}

}  // namespace u2fi::attestation
