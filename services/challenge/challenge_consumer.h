#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_CONSUMER_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_CONSUMER_H_

#include "absl/status/statusor.h"
#include "services/challenge/challenge_store.h"
#include "services/common/time/clock.h"
#include "u2fi/challenge/v1/challenge.pb.h"

namespace u2fi::challenge {

// Spends each challenge at most once. The first well-formed answer spends it,
// right or wrong; the same answer again is told so. Thread-safe.
//
// The first step that fails is the answer:
//   known    issued by us, to this tenant, in this incarnation of the store
//   unspent  not spent by another answer
//   in time  not after approve_by
//   scope    purpose, account and gateway are those of the challenge; a
//            challenge that is answered out of scope is spent all the same
class ChallengeConsumer {
 public:
  // The references must outlive this object.
  ChallengeConsumer(const Clock& clock, ChallengeStore& store)
      : clock_(clock), store_(store) {}

  // Errors as in challenge.proto, and the store's. When the store's outcome is
  // unknown the challenge counts as spent or not by what is read later; it is
  // never an OK here.
  absl::StatusOr<v1::ConsumeResponse> Consume(
      const v1::ConsumeRequest& request);

 private:
  absl::StatusOr<v1::ConsumeResponse> ConsumeOnce(
      const v1::ConsumeRequest& request);

  const Clock& clock_;
  ChallengeStore& store_;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_CONSUMER_H_
