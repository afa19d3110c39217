#include "services/attestation/challenge_spender.h"

#include "google/protobuf/util/time_util.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {

absl::StatusOr<Spent> SpendChallenge(
    challenge::ChallengeClient& client,
    const proof::v1::AuthorizationStatement& statement,
    const std::string& challenge, const crypto::Digest& answer_digest) {
  challenge::v1::ConsumeRequest request;
  request.set_tenant(statement.tenant());
  request.set_challenge(challenge);
  request.set_answer_digest(crypto::ToString(answer_digest));
  request.set_purpose(statement.purpose());
  request.set_account(statement.account());
  request.set_gateway(statement.approver_gateway());
  ASSIGN_OR_RETURN(const challenge::v1::ConsumeResponse response,
                   client.Consume(request));
  Spent spent;
  spent.challenge.known = true;
  spent.challenge.scope = {proof::v1::Purpose_Name(statement.purpose()),
                           statement.tenant(), statement.account(),
                           statement.approver_gateway()};
  // The instant itself is still in time; the verifier refuses from it on.
  spent.challenge.expires_at =
      absl::FromUnixMillis(static_cast<int64_t>(statement.approve_by_ms()) + 1);
  spent.challenge.spent_at = absl::FromUnixMillis(
      google::protobuf::util::TimeUtil::TimestampToMilliseconds(
          response.consume_time()));
  // A repeated answer is the one that had spent it: the same verdict again.
  spent.challenge.first_use = true;
  for (const challenge::v1::CandidateFloor& candidate : response.candidates()) {
    spent.floors[candidate.token_id()] =
        candidate.has_counter_floor()
            ? absl::make_optional(candidate.counter_floor())
            : absl::nullopt;
  }
  return spent;
}

bool IsVerdict(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kCancelled:
      return false;
    default:
      return !ReasonOf(status).empty() &&
             !IsReason(status, reason::kCallerNotAllowed);
  }
}

}  // namespace u2fi::attestation
