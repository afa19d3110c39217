#include "services/attestation/registration_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/attestation/challenge_spender.h"
#include "services/attestation/requests.h"
#include "services/attestation/token_rows.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/steps.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "services/common/fido/webauthn_registration_verifier.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/statement.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::CounterRow;
using records::v1::PendingRow;
using records::v1::TokenRow;
using ::u2fi::store::Durability;

constexpr size_t kMaxLabel = 64;
constexpr int kMaxTransports = 8;
constexpr size_t kMaxTransport = 32;

crypto::Digest DigestOf(const common::v1::RegistrationAnswer& answer) {
  return crypto::Sha256({proof::domain::kAnswer,
                         crypto::LengthPrefixed(answer.client_data()),
                         crypto::LengthPrefixed(answer.response())});
}

absl::Status CheckAnswer(const v1::VerifyRegistrationRequest& request) {
  const common::v1::RegistrationAnswer& answer = request.answer();
  const bool in_browser = request.channel().gateway().empty();
  switch (answer.form()) {
    case common::v1::REGISTRATION_FORM_U2F:
      if (!in_browser) break;
      return FieldError("answer.form", "a browser registers by WebAuthn");
    case common::v1::REGISTRATION_FORM_WEBAUTHN:
      break;
    default:
      return FieldError("answer.form", "is unset or unknown");
  }
  if (!in_browser && (!answer.raw_id().empty() || answer.transports_size())) {
    return FieldError("answer.raw_id", "only a browser gives it");
  }
  if (in_browser && answer.touched_at_ms() != 0) {
    return FieldError("answer.touched_at_ms", "a browser gives none");
  }
  if (answer.transports_size() > kMaxTransports) {
    return FieldError("answer.transports", "has over 8");
  }
  for (const std::string& transport : answer.transports()) {
    RETURN_IF_ERROR(CheckText("answer.transports", transport, kMaxTransport));
  }
  return absl::OkStatus();
}

absl::Status CheckRequest(const v1::VerifyRegistrationRequest& request) {
  RETURN_IF_ERROR(CheckText("label", request.label(), kMaxLabel));
  if (!request.lease_site().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("lease_site", request.lease_site()));
  }
  if (request.recovery() && !request.lease_site().empty()) {
    return FieldError("recovery", "a token for leases recovers nothing");
  }
  return CheckAnswer(request);
}

}  // namespace

struct RegistrationService::Attempt {
  const v1::VerifyRegistrationRequest& request;
  proof::v1::AuthorizationStatement statement;
  EnrolmentRules rules;
  fido::Expectation expected;
  RegistrationView view;

  bool is_u2f() const {
    return request.answer().form() == common::v1::REGISTRATION_FORM_U2F;
  }
};

absl::StatusOr<v1::VerifyRegistrationResponse> RegistrationService::Verify(
    const v1::VerifyRegistrationRequest& request) {
  Attempt attempt{request, {}, {}, {}, {}};
  RETURN_IF_ERROR(Prepare(attempt));
  const absl::StatusOr<fido::VerifiedRegistration> verified = Check(attempt);
  if (!verified.ok()) return Refuse(attempt, verified.status());
  const TokenRow token = TokenFor(attempt, verified->record());
  RETURN_IF_ERROR(Keep(attempt, token, verified->record()));
  v1::VerifyRegistrationResponse response;
  response.mutable_verdict()->set_outcome(common::v1::OUTCOME_ACCEPTED);
  response.set_token_id(token.token_id());
  *response.mutable_registration() = RegistrationOf(token);
  *response.mutable_candidate() = CandidateOf(token, Stored<CounterRow>());
  if (verified->record().counter.has_value()) {
    response.mutable_candidate()->set_counter_floor(
        *verified->record().counter);
  }
  response.set_trust(token.trust());
  parts_.metrics.Count(CeremonyKind::kRegistration, response.verdict());
  return response;
}

absl::Status RegistrationService::Prepare(Attempt& attempt) {
  const v1::VerifyRegistrationRequest& request = attempt.request;
  RETURN_IF_ERROR(CheckRequest(request));
  ASSIGN_OR_RETURN(attempt.statement,
                   proof::ParseStatement(request.statement()));
  if (attempt.statement.tenant() != request.tenant()) {
    return FieldError("tenant", "is not the tenant of the statement");
  }
  if (attempt.statement.purpose() != proof::v1::PURPOSE_ENROL ||
      proof::UseOf(attempt.statement) != proof::StatementUse::kNoBatch) {
    return FieldError("statement", "is not that of a registration");
  }
  ASSIGN_OR_RETURN(attempt.rules, parts_.policy.RulesOf(request.tenant()));
  return absl::OkStatus();
}

absl::StatusOr<fido::VerifiedRegistration> RegistrationService::Check(
    Attempt& attempt) {
  const v1::VerifyRegistrationRequest& request = attempt.request;
  ASSIGN_OR_RETURN(
      attempt.expected,
      ExpectationOf(attempt.statement, request.statement(), request.channel(),
                    request.answer().client_data(), parts_.party));
  // The form of the message says which client data belong to it.
  attempt.expected.protocol =
      attempt.is_u2f() ? fido::Protocol::kU2f : fido::Protocol::kWebAuthn;
  return attempt.is_u2f() ? CheckU2f(attempt) : CheckWebAuthn(attempt);
}

absl::StatusOr<fido::VerifiedRegistration> RegistrationService::CheckU2f(
    Attempt& attempt) {
  constexpr int64_t kEs256 = -7;
  const std::vector<int64_t>& offered = attempt.rules.registration.algorithms;
  if (std::count(offered.begin(), offered.end(), kEs256) == 0) {
    return Error(reason::kAlgNotAllowed, "U2F keys are ES256");
  }
  fido::U2fRegistrationInputs inputs;
  inputs.expected = attempt.expected;
  inputs.policy = attempt.rules.registration;
  inputs.client_data = attempt.request.answer().client_data();
  inputs.response = attempt.request.answer().response();
  ASSIGN_OR_RETURN(fido::ScreenedU2fRegistration screened,
                   fido::ScreenU2fRegistration(inputs));
  ASSIGN_OR_RETURN(const fido::SpentChallenge spent, Spend(attempt));
  ASSIGN_OR_RETURN(
      const fido::RegistrationFacts facts,
      FactsOf(attempt, screened.credential_id(), screened.stored_key()));
  return fido::VerifyU2fRegistration(std::move(screened), spent, facts);
}

absl::StatusOr<fido::VerifiedRegistration> RegistrationService::CheckWebAuthn(
    Attempt& attempt) {
  const common::v1::RegistrationAnswer& answer = attempt.request.answer();
  fido::WebAuthnRegistrationInputs inputs;
  inputs.expected = attempt.expected;
  inputs.policy = attempt.rules.registration;
  inputs.client_data = answer.client_data();
  inputs.attestation_object = answer.response();
  if (!answer.raw_id().empty()) inputs.raw_id = answer.raw_id();
  if (answer.transports_size() > 0) {
    inputs.transports.emplace(answer.transports().begin(),
                              answer.transports().end());
  }
  ASSIGN_OR_RETURN(fido::ScreenedWebAuthnRegistration screened,
                   fido::ScreenWebAuthnRegistration(inputs));
  ASSIGN_OR_RETURN(const fido::SpentChallenge spent, Spend(attempt));
  ASSIGN_OR_RETURN(
      const fido::RegistrationFacts facts,
      FactsOf(attempt, screened.credential_id(), screened.stored_key()));
  return fido::VerifyWebAuthnRegistration(std::move(screened), spent, facts);
}

absl::StatusOr<fido::SpentChallenge> RegistrationService::Spend(
    const Attempt& attempt) {
  ASSIGN_OR_RETURN(Spent spent,
                   SpendChallenge(parts_.challenge, attempt.statement,
                                  attempt.expected.challenge,
                                  DigestOf(attempt.request.answer())));
  return std::move(spent.challenge);
}

absl::StatusOr<fido::RegistrationFacts> RegistrationService::FactsOf(
    Attempt& attempt, absl::string_view credential_id,
    const std::string& public_key) {
  const std::string& tenant = attempt.request.tenant();
  TokenRow looked_up;
  looked_up.set_account(attempt.statement.account());
  looked_up.set_credential_id(std::string(credential_id));
  looked_up.set_token_id(TokenIdOf(credential_id));
  looked_up.set_public_key(public_key);
  ASSIGN_OR_RETURN(attempt.view,
                   parts_.tokens.ReadForRegistration(
                       tenant, attempt.expected.challenge, looked_up));
  ASSIGN_OR_RETURN(const AccountView account,
                   parts_.tokens.ReadAccount(tenant, looked_up.account()));
  fido::RegistrationFacts facts;
  facts.credential_exists = attempt.view.credential_taken;
  facts.public_key_exists = attempt.view.key_taken;
  facts.credentials = static_cast<size_t>(account.Live());
  facts.credential_limit = account.tokens.size() < kMaxTokensEver
                               ? attempt.rules.tokens_per_account
                               : 0;
  return facts;
}

TokenRow RegistrationService::TokenFor(const Attempt& attempt,
                                       const fido::RegistrationRecord& record) {
  TokenRow token = TokenOf(record);
  token.set_account(attempt.statement.account());
  token.set_label(attempt.request.label());
  token.set_recovery(attempt.request.recovery());
  token.set_lease_site(attempt.request.lease_site());
  token.set_gateway(attempt.statement.approver_gateway());
  token.set_create_ms(static_cast<uint64_t>(UnixMillis(parts_.clock)));
  return token;
}

absl::Status RegistrationService::Keep(const Attempt& attempt,
                                       const TokenRow& token,
                                       const fido::RegistrationRecord& record) {
  const absl::Time until = absl::FromUnixMillis(
      static_cast<int64_t>(attempt.statement.execute_by_ms()));
  PendingRow pending;
  pending.set_schema(1);
  *pending.mutable_token() = token;
  pending.set_execute_by_ms(attempt.statement.execute_by_ms());
  Change change;
  change.transition.epoch = attempt.view.epoch;
  change.transition.durability = Durability::kVolatile;
  change.Put(PendingKey(token.token_id()), attempt.view.pending, pending);
  change.transition.put.back().expire_hint = until;
  if (record.counter.has_value()) {
    CounterRow counter;
    counter.set_schema(1);
    counter.set_counter(*record.counter);
    change.Put(CounterKey(token.token_id()), attempt.view.counter, counter);
    change.transition.put.back().expire_hint = until;
  }
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_REGISTRATION, "",
               {absl::StrCat("tokens/", token.token_id()),
                absl::StrCat("accounts/", token.account())});
  content.body.set_statement(attempt.request.statement());
  change.rows.push_back(std::move(content));
  return parts_.writer.Write(attempt.request.tenant(), std::move(change));
}

absl::StatusOr<v1::VerifyRegistrationResponse> RegistrationService::Refuse(
    const Attempt& attempt, const absl::Status& why) {
  if (!IsVerdict(why)) return why;
  ASSIGN_OR_RETURN(const AccountView account,
                   parts_.tokens.ReadAccount(attempt.request.tenant(),
                                             attempt.statement.account()));
  v1::VerifyRegistrationResponse response;
  common::v1::Verdict& verdict = *response.mutable_verdict();
  verdict.set_outcome(common::v1::OUTCOME_REFUSED);
  verdict.set_reason(ReasonOf(why));
  verdict.set_step(fido::StepOf(why));
  Change change;
  change.transition.epoch = account.epoch;
  change.transition.durability = Durability::kVolatile;
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_REGISTRATION, "",
               {absl::StrCat("accounts/", attempt.statement.account())});
  content.body.set_statement(attempt.request.statement());
  content.body.set_outcome(verdict.outcome());
  content.body.set_reason(verdict.reason());
  AddDetail(content, "step", verdict.step());
  change.rows.push_back(std::move(content));
  RETURN_IF_ERROR(
      parts_.writer.Write(attempt.request.tenant(), std::move(change)));
  parts_.metrics.Count(CeremonyKind::kRegistration, verdict);
  return response;
}

}  // namespace u2fi::attestation
