#ifndef U2FI_SERVICES_ATTESTATION_CHALLENGE_SPENDER_H_
#define U2FI_SERVICES_ATTESTATION_CHALLENGE_SPENDER_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/challenge/challenge_client.h"
#include "services/common/crypto/hash.h"
#include "services/common/fido/ceremony.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::attestation {

// A challenge that this answer has spent, and the counters of the tokens that
// may answer it as they were when it was issued, by token id.
struct Spent {
  fido::SpentChallenge challenge;
  std::map<std::string, absl::optional<uint32_t>> floors;
};

// Spends the challenge of `statement` for the answer with `answer_digest`. A
// refusal of the challenge service (CHALLENGE_*) comes back as it is; so do
// errors that say nothing about the answer (STORE_UNAVAILABLE, …).
absl::StatusOr<Spent> SpendChallenge(
    challenge::ChallengeClient& client,
    const proof::v1::AuthorizationStatement& statement,
    const std::string& challenge, const crypto::Digest& answer_digest);

// True if `status` is about the answer: a verdict, not an error of the mesh.
bool IsVerdict(const absl::Status& status);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_CHALLENGE_SPENDER_H_
