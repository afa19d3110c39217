#include "services/challenge/challenge_consumer.h"

#include <string>

#include "google/protobuf/util/time_util.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::challenge {
namespace {

using ::google::protobuf::util::TimeUtil;
using records::v1::ChallengeRecord;

constexpr size_t kHashSize = 32;

absl::Status CheckRequest(const v1::ConsumeRequest& request) {
  if (!proof::IsId(request.tenant())) {
    return FieldError("tenant", "is not an id");
  }
  if (request.challenge().size() != kHashSize) {
    return FieldError("challenge", "has not 32 bytes");
  }
  if (request.answer_digest().size() != kHashSize) {
    return FieldError("answer_digest", "has not 32 bytes");
  }
  if (!proof::IsId(request.account())) {
    return FieldError("account", "is not an id");
  }
  if (!request.gateway().empty() && !proof::IsId(request.gateway())) {
    return FieldError("gateway", "is not an id");
  }
  return absl::OkStatus();
}

struct Inputs {
  const v1::ConsumeRequest& request;
  const StoredChallenge& stored;
  int64_t now_ms;
};

absl::Status CheckKnown(const Inputs& in) {
  if (in.stored.exists() && in.stored.record.store_epoch() == in.stored.epoch) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeUnknown, "no such challenge");
}

absl::Status CheckUnspent(const Inputs& in) {
  const std::string& spent_by = in.stored.record.answer_digest();
  if (spent_by.empty() || spent_by == in.request.answer_digest()) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeReused,
               "the challenge was spent by another answer");
}

absl::Status CheckInTime(const Inputs& in) {
  // An answer that was in time stays so when it is asked about again.
  if (!in.stored.record.answer_digest().empty() ||
      in.now_ms <= static_cast<int64_t>(in.stored.record.approve_by_ms())) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeExpired, "the challenge has expired");
}

absl::Status CheckScope(const Inputs& in) {
  const ChallengeRecord& record = in.stored.record;
  if (record.purpose() == in.request.purpose() &&
      record.account() == in.request.account() &&
      record.gateway() == in.request.gateway()) {
    return absl::OkStatus();
  }
  return Error(reason::kChallengeScope,
               "the challenge is for another purpose, account or gateway");
}

constexpr absl::Status (*kStepsBeforeSpending[])(const Inputs&) = {
    CheckKnown, CheckUnspent, CheckInTime};

v1::ConsumeResponse ResponseOf(const ChallengeRecord& record, bool repeated) {
  v1::ConsumeResponse response;
  response.set_repeated_answer(repeated);
  *response.mutable_candidates() = record.candidates();
  *response.mutable_consume_time() = TimeUtil::MillisecondsToTimestamp(
      static_cast<int64_t>(record.consume_ms()));
  return response;
}

}  // namespace

absl::StatusOr<v1::ConsumeResponse> ChallengeConsumer::Consume(
    const v1::ConsumeRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  absl::StatusOr<v1::ConsumeResponse> response = ConsumeOnce(request);
  // Somebody spent it between the read and the write: read what they did.
  if (!IsReason(response.status(), reason::kStoreAborted)) return response;
  return ConsumeOnce(request);
}

absl::StatusOr<v1::ConsumeResponse> ChallengeConsumer::ConsumeOnce(
    const v1::ConsumeRequest& request) {
  ASSIGN_OR_RETURN(const StoredChallenge stored,
                   store_.Read(request.tenant(), request.challenge()));
  const Inputs inputs{request, stored, UnixMillis(clock_)};
  for (const auto step : kStepsBeforeSpending) RETURN_IF_ERROR(step(inputs));
  ChallengeRecord record = stored.record;
  const bool repeated = !record.answer_digest().empty();
  if (!repeated) {
    record.set_answer_digest(request.answer_digest());
    record.set_consume_ms(inputs.now_ms);
    RETURN_IF_ERROR(
        store_.Replace(request.tenant(), request.challenge(), stored, record));
  }
  RETURN_IF_ERROR(CheckScope(inputs));
  return ResponseOf(record, repeated);
}

}  // namespace u2fi::challenge
