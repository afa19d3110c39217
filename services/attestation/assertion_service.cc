#include "services/attestation/assertion_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/answer_origin.h"
#include "services/attestation/challenge_spender.h"
#include "services/attestation/token_rows.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/hash.h"
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

// OK if the gateway that holds the key in the client data took this touch.
absl::Status CheckRelay(const std::string& statement,
                        const proof::v1::Answer& answer) {
  ASSIGN_OR_RETURN(const proof::ClientData data,
                   proof::ParseClientData(answer.client_data()));
  // WebAuthn client data of a gateway carry no key: gate, agent and device
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
                                      const absl::optional<uint32_t>& counter) {
  v1::VerifyAssertionResponse response;
  common::v1::Verdict& verdict = *response.mutable_verdict();
  verdict.set_outcome(IsReason(status, reason::kCounterRegression)
                          ? common::v1::OUTCOME_QUARANTINED
                          : common::v1::OUTCOME_REFUSED);
  verdict.set_reason(ReasonOf(status));
  if (counter.has_value()) response.set_counter(*counter);
  return response;
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

  // The token, enrolled or about to be.
  const TokenRow& token() const {
    return view.token.exists() ? view.token.row : view.pending.row.token();
  }
  bool known() const { return view.token.exists() || view.pending.exists(); }
  absl::optional<uint32_t> counter() const {
    return view.counter.exists()
               ? absl::make_optional(view.counter.row.counter())
               : absl::nullopt;
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
  ASSIGN_OR_RETURN(attempt.view,
                   tokens_.ReadForAssertion(request.tenant(), attempt.challenge,
                                            request.answer().token_id()));
  if (attempt.view.verdict.exists() &&
      attempt.view.verdict.row.answer_digest() == attempt.digest) {
    return FromRow(attempt.view.verdict.row);
  }
  const absl::StatusOr<fido::VerifiedAssertion> verified = Check(attempt);
  if (!verified.ok()) {
    if (!IsVerdict(verified.status())) return verified.status();
    const v1::VerifyAssertionResponse refusal =
        RefusalOf(verified.status(), attempt.counter());
    RETURN_IF_ERROR(Record(attempt, refusal, /*counter_moves=*/false));
    return refusal;
  }
  v1::VerifyAssertionResponse response;
  response.mutable_verdict()->set_outcome(common::v1::OUTCOME_ACCEPTED);
  response.set_counter(verified->counter());
  response.set_uv(verified->user_verified());
  response.set_level(attempt.token().level());
  RETURN_IF_ERROR(Record(attempt, response, /*counter_moves=*/true));
  return response;
}

absl::StatusOr<fido::VerifiedAssertion> AssertionService::Check(
    Attempt& attempt) {
  const proof::v1::Answer& answer = attempt.request.answer();
  fido::AssertionInputs inputs;
  ASSIGN_OR_RETURN(
      inputs.expected,
      ExpectationOf(attempt.statement, attempt.request.statement(),
                    attempt.request.channel(), answer.client_data(), rp_id_));
  RETURN_IF_ERROR(CheckRelay(attempt.request.statement(), answer));
  inputs.answer.client_data = answer.client_data();
  inputs.answer.authenticator_data = answer.authenticator_data();
  inputs.answer.signature = answer.signature();
  if (attempt.known()) {
    inputs.answer.credential_id = attempt.token().credential_id();
    ASSIGN_OR_RETURN(inputs.credential,
                     RecordOf(attempt.token(), attempt.counter(),
                              /*pending=*/!attempt.view.token.exists()));
  }
  inputs.ignore_counter_floor =
      attempt.statement.purpose() == proof::v1::PURPOSE_PRESENCE;
  ASSIGN_OR_RETURN(const fido::ScreenedAssertion screened,
                   fido::ScreenAssertion(inputs));
  ASSIGN_OR_RETURN(Spent spent, SpendChallenge(challenge_, attempt.statement,
                                               attempt.challenge,
                                               proof::AnswerDigest(answer)));
  attempt.spent = true;
  const auto floor = spent.floors.find(answer.token_id());
  if (floor != spent.floors.end()) {
    spent.challenge.offers = {{attempt.token().credential_id(), floor->second}};
  }
  return fido::VerifyAssertion(screened, spent.challenge);
}

absl::Status AssertionService::Record(
    const Attempt& attempt, const v1::VerifyAssertionResponse& response,
    bool counter_moves) {
  const bool quarantine =
      response.verdict().outcome() == common::v1::OUTCOME_QUARANTINED;
  audit::Transition transition;
  transition.epoch = attempt.view.epoch;
  // A lost verdict costs a touch, a lost quarantine would help a clone.
  transition.durability =
      quarantine ? Durability::kReplicated : Durability::kVolatile;
  if (attempt.spent) KeepVerdict(attempt, response, transition);
  if (counter_moves) MoveCounter(attempt, response.counter(), transition);
  if (quarantine && attempt.view.token.exists()) {
    Quarantine(attempt, response.verdict().reason(), transition);
  }
  ASSIGN_OR_RETURN(
      audit::PreparedRow row,
      audit::PreparedRow::Make(ContentOf(attempt, response), random_));
  transition.rows.push_back(std::move(row));
  RETURN_IF_ERROR(
      decider_.Decide(attempt.request.tenant(), std::move(transition))
          .status());
  if (quarantine && attempt.view.token.exists()) {
    TokenRow token = attempt.view.token.row;
    token.set_state(v1::TOKEN_STATE_QUARANTINED);
    events_.Publish(attempt.request.tenant(), token);
  }
  return absl::OkStatus();
}

void AssertionService::KeepVerdict(const Attempt& attempt,
                                   const v1::VerifyAssertionResponse& response,
                                   audit::Transition& transition) {
  VerdictRow verdict;
  verdict.set_schema(1);
  verdict.set_answer_digest(attempt.digest);
  *verdict.mutable_verdict() = response.verdict();
  if (response.has_counter()) verdict.set_counter(response.counter());
  verdict.set_uv(response.uv());
  verdict.set_level(response.level());
  const std::string key = VerdictKey(attempt.challenge);
  transition.expect.push_back({key, attempt.view.verdict.version});
  transition.put.push_back(
      {key, verdict.SerializeAsString(),
       absl::FromUnixMillis(
           static_cast<int64_t>(attempt.statement.approve_by_ms()) +
           kVerdictKeptMs)});
}

void AssertionService::MoveCounter(const Attempt& attempt, uint32_t value,
                                   audit::Transition& transition) {
  CounterRow counter;
  counter.set_schema(1);
  counter.set_counter(value);
  const std::string key = CounterKey(attempt.request.answer().token_id());
  transition.expect.push_back({key, attempt.view.counter.version});
  transition.put.push_back({key, counter.SerializeAsString()});
}

void AssertionService::Quarantine(const Attempt& attempt,
                                  const std::string& why,
                                  audit::Transition& transition) {
  TokenRow token = attempt.view.token.row;
  token.set_state(v1::TOKEN_STATE_QUARANTINED);
  token.set_state_reason(why);
  const std::string key = TokenKey(token.token_id());
  transition.expect.push_back({key, attempt.view.token.version});
  transition.put.push_back({key, token.SerializeAsString()});
}

audit::RowContent AssertionService::ContentOf(
    const Attempt& attempt, const v1::VerifyAssertionResponse& response) {
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_ASSERTION;
  content.subjects = {
      absl::StrCat("tokens/", attempt.request.answer().token_id()),
      absl::StrCat("accounts/", attempt.statement.account())};
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
