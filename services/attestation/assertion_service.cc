#include "services/attestation/assertion_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/challenge_spender.h"
#include "services/attestation/requests.h"
#include "services/attestation/token_rows.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/steps.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::CounterRow;
using records::v1::TokenRow;
using records::v1::VerdictRow;
using ::u2fi::store::Durability;

constexpr int kTries = 4;
// A verdict answers repeated rpcs for this long after the deadline.
constexpr int64_t kVerdictKeptMs = 30'000;

absl::Status CheckBrowserRelaysNothing(
    const proof::v1::AuthorizationStatement& asked,
    const proof::v1::Answer& answer) {
  if (!asked.approver_gateway().empty() ||
      (answer.touched_at_ms() == 0 && answer.relay_signature().empty())) {
    return absl::OkStatus();
  }
  return Error(reason::kRelayInvalid, "a browser relays nothing");
}

// OK if the gateway that holds the key in the client data took this touch. A
// second signature to verify: last of all.
absl::Status CheckRelay(const proof::v1::AuthorizationStatement& asked,
                        const std::string& statement,
                        const proof::v1::Answer& answer) {
  if (asked.approver_gateway().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const proof::ClientData data,
                   proof::ParseClientData(answer.client_data()));
  // WebAuthn client data of a gateway carry no key: registry, agent and device
  // know it and check.
  if (!data.is_u2f) return absl::OkStatus();
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromPoint(data.gateway_point));
  return proof::VerifyRelay(key, proof::ChallengeOf(statement),
                            proof::ToApproval(statement, answer));
}

v1::VerifyAssertionResponse FromRow(const VerdictRow& row) {
  v1::VerifyAssertionResponse response;
  *response.mutable_verdict() = row.verdict();
  if (row.has_counter()) response.set_counter(row.counter());
  response.set_uv(row.uv());
  response.set_level(row.level());
  return response;
}

v1::VerifyAssertionResponse RefusalOf(const absl::Status& status,
                                      const Stored<CounterRow>& counter) {
  v1::VerifyAssertionResponse response;
  common::v1::Verdict& verdict = *response.mutable_verdict();
  verdict.set_outcome(IsReason(status, reason::kCounterRegression)
                          ? common::v1::OUTCOME_QUARANTINED
                          : common::v1::OUTCOME_REFUSED);
  verdict.set_reason(ReasonOf(status));
  verdict.set_step(fido::StepOf(status));
  if (counter.exists()) response.set_counter(counter.row.counter());
  return response;
}

uint64_t WholeMinute(int64_t now_ms) {
  constexpr int64_t kMinute = 60'000;
  return static_cast<uint64_t>(now_ms - now_ms % kMinute);
}

}  // namespace

struct AssertionService::Attempt {
  const v1::VerifyAssertionRequest& request;
  proof::v1::AuthorizationStatement statement;
  std::string challenge;
  std::string digest;
  AssertionView view;
  // This answer spent the challenge: its verdict is the one that is kept.
  bool spent = false;

  // The token, enrolled or about to be; that one answers for itself only.
  const TokenRow& token() const {
    return view.token.exists() ? view.token.row : view.pending.row.token();
  }
  bool known() const {
    return view.token.exists() ||
           (view.pending.exists() &&
            statement.purpose() == proof::v1::PURPOSE_ENROL);
  }
};

absl::StatusOr<v1::VerifyAssertionResponse> AssertionService::Verify(
    const v1::VerifyAssertionRequest& request) {
  for (int i = 1; i < kTries; ++i) {
    absl::StatusOr<v1::VerifyAssertionResponse> response = VerifyOnce(request);
    // Another answer of the same token was faster: look at its counter again.
    if (!IsReason(response.status(), reason::kStoreAborted)) return response;
  }
  return VerifyOnce(request);
}

absl::StatusOr<v1::VerifyAssertionResponse> AssertionService::VerifyOnce(
    const v1::VerifyAssertionRequest& request) {
  Attempt attempt{request, {}, {}, {}, {}};
  RETURN_IF_ERROR(Prepare(attempt));
  if (attempt.view.verdict.exists() &&
      attempt.view.verdict.row.answer_digest() == attempt.digest) {
    return FromRow(attempt.view.verdict.row);
  }
  const absl::StatusOr<fido::VerifiedAssertion> verified = Check(attempt);
  return verified.ok() ? Accept(attempt, *verified)
                       : Refuse(attempt, verified.status());
}

absl::Status AssertionService::Prepare(Attempt& attempt) {
  const v1::VerifyAssertionRequest& request = attempt.request;
  ASSIGN_OR_RETURN(attempt.statement,
                   proof::ParseStatement(request.statement()));
  if (attempt.statement.tenant() != request.tenant()) {
    return FieldError("tenant", "is not the tenant of the statement");
  }
  if (!proof::IsId(request.answer().token_id())) {
    return FieldError("answer.token_id", "is not an id");
  }
  attempt.challenge = crypto::ToString(proof::ChallengeOf(request.statement()));
  attempt.digest = crypto::ToString(proof::AnswerDigest(request.answer()));
  ASSIGN_OR_RETURN(attempt.view, parts_.tokens.ReadForAssertion(
                                     request.tenant(), attempt.challenge,
                                     request.answer().token_id()));
  return absl::OkStatus();
}

absl::StatusOr<fido::AssertionInputs> AssertionService::InputsOf(
    const Attempt& attempt) {
  const proof::v1::Answer& answer = attempt.request.answer();
  fido::AssertionInputs inputs;
  ASSIGN_OR_RETURN(inputs.expected,
                   ExpectationOf(attempt.statement, attempt.request.statement(),
                                 attempt.request.channel(),
                                 answer.client_data(), parts_.party));
  RETURN_IF_ERROR(CheckBrowserRelaysNothing(attempt.statement, answer));
  inputs.answer.client_data = answer.client_data();
  inputs.answer.authenticator_data = answer.authenticator_data();
  inputs.answer.signature = answer.signature();
  if (attempt.known()) {
    inputs.answer.credential_id = attempt.token().credential_id();
    ASSIGN_OR_RETURN(fido::CredentialKey key,
                     parts_.keys.Get(attempt.token().public_key()));
    inputs.credential =
        RecordOf(attempt.token(), std::move(key), attempt.view.counter,
                 /*pending=*/!attempt.view.token.exists());
  }
  inputs.ignore_counter_floor =
      attempt.statement.purpose() == proof::v1::PURPOSE_PRESENCE;
  return inputs;
}

absl::StatusOr<fido::VerifiedAssertion> AssertionService::Check(
    Attempt& attempt) {
  const proof::v1::Answer& answer = attempt.request.answer();
  ASSIGN_OR_RETURN(const fido::AssertionInputs inputs, InputsOf(attempt));
  ASSIGN_OR_RETURN(const fido::ScreenedAssertion screened,
                   fido::ScreenAssertion(inputs));
  ASSIGN_OR_RETURN(
      Spent spent,
      SpendChallenge(parts_.challenge, attempt.statement, attempt.challenge,
                     proof::AnswerDigest(answer)));
  attempt.spent = true;
  const auto floor = spent.floors.find(answer.token_id());
  if (floor != spent.floors.end()) {
    spent.challenge.offers = {{attempt.token().credential_id(), floor->second}};
  } else if (!spent.floors.empty()) {
    // Others were offered: no credential has an empty id.
    spent.challenge.offers = {{"", absl::nullopt}};
  }
  ASSIGN_OR_RETURN(fido::VerifiedAssertion verified,
                   fido::VerifyAssertion(screened, spent.challenge));
  RETURN_IF_ERROR(
      CheckRelay(attempt.statement, attempt.request.statement(), answer));
  return verified;
}

absl::StatusOr<v1::VerifyAssertionResponse> AssertionService::Accept(
    const Attempt& attempt, const fido::VerifiedAssertion& verified) {
  v1::VerifyAssertionResponse response;
  response.mutable_verdict()->set_outcome(common::v1::OUTCOME_ACCEPTED);
  response.set_counter(verified.counter());
  response.set_uv(verified.user_verified());
  response.set_level(attempt.token().level());
  CounterRow counter = attempt.view.counter.row;
  counter.set_schema(1);
  counter.set_counter(verified.counter());
  counter.set_last_use_ms(WholeMinute(UnixMillis(parts_.clock)));
  counter.set_gateway(attempt.statement.approver_gateway());
  counter.set_user_verified(counter.user_verified() ||
                            verified.user_verified());
  Change change;
  change.transition.durability = Durability::kVolatile;
  change.Put(CounterKey(attempt.request.answer().token_id()),
             attempt.view.counter, counter);
  // Of a token that is never enrolled nothing is kept.
  if (!attempt.view.token.exists()) {
    change.transition.put.back().expire_hint = absl::FromUnixMillis(
        static_cast<int64_t>(attempt.view.pending.row.execute_by_ms()));
  }
  RETURN_IF_ERROR(Write(attempt, response, std::move(change)));
  return response;
}

absl::StatusOr<v1::VerifyAssertionResponse> AssertionService::Refuse(
    const Attempt& attempt, const absl::Status& why) {
  if (!IsVerdict(why)) return why;
  const v1::VerifyAssertionResponse response =
      RefusalOf(why, attempt.view.counter);
  const bool quarantine =
      response.verdict().outcome() == common::v1::OUTCOME_QUARANTINED;
  Change change;
  // A lost verdict costs a touch, a lost quarantine would help a clone.
  change.transition.durability =
      quarantine ? Durability::kReplicated : Durability::kVolatile;
  if (quarantine && attempt.view.token.exists()) {
    TokenRow token = attempt.view.token.row;
    token.set_state(v1::TOKEN_STATE_QUARANTINED);
    token.set_state_reason(response.verdict().reason());
    change.PutToken(attempt.view.token, std::move(token));
  }
  RETURN_IF_ERROR(Write(attempt, response, std::move(change)));
  if (quarantine) parts_.metrics.CountQuarantine("counter");
  return response;
}

absl::Status AssertionService::Write(
    const Attempt& attempt, const v1::VerifyAssertionResponse& response,
    Change change) {
  change.transition.epoch = attempt.view.epoch;
  if (attempt.spent) KeepVerdict(attempt, response, change);
  const bool quarantine = !change.tokens.empty();
  change.rows.push_back(ContentOf(attempt, response));
  if (quarantine) {
    audit::RowContent alarm = change.rows[0];
    alarm.kind = audit::v1::ROW_KIND_ALARM;
    alarm.body.clear_approval_refs();
    change.rows[0].body.set_state_before("ACTIVE");
    change.rows[0].body.set_state_after("QUARANTINED");
    change.rows.push_back(std::move(alarm));
  }
  RETURN_IF_ERROR(
      parts_.writer.Write(attempt.request.tenant(), std::move(change)));
  parts_.metrics.Count(CeremonyKind::kAssertion, response.verdict());
  return absl::OkStatus();
}

void AssertionService::KeepVerdict(const Attempt& attempt,
                                   const v1::VerifyAssertionResponse& response,
                                   Change& change) {
  VerdictRow verdict;
  verdict.set_schema(1);
  verdict.set_answer_digest(attempt.digest);
  *verdict.mutable_verdict() = response.verdict();
  if (response.has_counter()) verdict.set_counter(response.counter());
  verdict.set_uv(response.uv());
  verdict.set_level(response.level());
  change.Put(VerdictKey(attempt.challenge), attempt.view.verdict, verdict);
  change.transition.put.back().expire_hint = absl::FromUnixMillis(
      static_cast<int64_t>(attempt.statement.approve_by_ms()) + kVerdictKeptMs);
}

audit::RowContent AssertionService::ContentOf(
    const Attempt& attempt, const v1::VerifyAssertionResponse& response) {
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_ASSERTION, "",
               {absl::StrCat("tokens/", attempt.request.answer().token_id()),
                absl::StrCat("accounts/", attempt.statement.account())});
  // The gate's row holds the touch.
  content.body.set_statement(attempt.request.statement());
  content.body.add_approval_refs(
      crypto::ToString(audit::ApprovalDigest(proof::ToApproval(
          attempt.request.statement(), attempt.request.answer()))));
  content.body.set_outcome(response.verdict().outcome());
  content.body.set_reason(response.verdict().reason());
  return content;
}

}  // namespace u2fi::attestation
