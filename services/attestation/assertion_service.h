#ifndef U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_
#define U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/attestation/token_events.h"
#include "services/attestation/token_store.h"
#include "services/challenge/challenge_client.h"
#include "services/common/audit/decider.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/random/random_source.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Says whether an assertion is valid: text checks, then the challenge is
// spent, then the signature, then the counter by compare-and-set. A refusal is
// a verdict, not an error. The verdict is written in the commit of the counter,
// with its audit row; the same answer again gets the same verdict. A counter
// at or below the floor puts the token into quarantine. Thread-safe.
class AssertionService {
 public:
  // The references must outlive this object. `rp_id` is the deployment's.
  AssertionService(RandomSource& random, TokenStore& tokens,
                   audit::Decider& decider,
                   challenge::ChallengeClient& challenge, TokenEvents& events,
                   std::string rp_id)
      : random_(random),
        tokens_(tokens),
        decider_(decider),
        challenge_(challenge),
        events_(events),
        rp_id_(std::move(rp_id)) {}

  absl::StatusOr<v1::VerifyAssertionResponse> Verify(
      const v1::VerifyAssertionRequest& request);

 private:
  struct Attempt;
  absl::StatusOr<v1::VerifyAssertionResponse> VerifyOnce(
      const v1::VerifyAssertionRequest& request);
  absl::StatusOr<fido::VerifiedAssertion> Check(Attempt& attempt);
  absl::Status Record(const Attempt& attempt,
                      const v1::VerifyAssertionResponse& response,
                      bool counter_moves);
  static void KeepVerdict(const Attempt& attempt,
                          const v1::VerifyAssertionResponse& response,
                          audit::Transition& transition);
  static void MoveCounter(const Attempt& attempt, uint32_t value,
                          audit::Transition& transition);
  static void Quarantine(const Attempt& attempt, const std::string& why,
                         audit::Transition& transition);
  static audit::RowContent ContentOf(
      const Attempt& attempt, const v1::VerifyAssertionResponse& response);

  RandomSource& random_;
  TokenStore& tokens_;
  audit::Decider& decider_;
  challenge::ChallengeClient& challenge_;
  TokenEvents& events_;
  const std::string rp_id_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_
