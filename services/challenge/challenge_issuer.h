#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_ISSUER_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_ISSUER_H_

#include "absl/status/statusor.h"
#include "services/challenge/challenge_store.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/challenge/v1/challenge.pb.h"

namespace u2fi::challenge {

// Most tokens that may answer one challenge (wire.md, sizes).
inline constexpr int kMaxCandidates = 16;

// Issues authorization statements: sets epoch and nonce, serialises the only
// copy and remembers its challenge. Thread-safe.
class ChallengeIssuer {
 public:
  // The references must outlive this object.
  ChallengeIssuer(const Clock& clock, RandomSource& random,
                  ChallengeStore& store)
      : clock_(clock), random_(random), store_(store) {}

  // Errors as in challenge.proto, and the store's. Nothing is stored unless
  // the answer is OK.
  absl::StatusOr<v1::IssueResponse> Issue(const v1::IssueRequest& request);

 private:
  absl::StatusOr<v1::IssueResponse> IssueIn(const store::Epoch& epoch,
                                            const v1::IssueRequest& request);

  const Clock& clock_;
  RandomSource& random_;
  ChallengeStore& store_;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_ISSUER_H_
