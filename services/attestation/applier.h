#ifndef U2FI_SERVICES_ATTESTATION_APPLIER_H_
#define U2FI_SERVICES_ATTESTATION_APPLIER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "services/attestation/enrolment.h"
#include "services/attestation/token_operations.h"
#include "services/attestation/verifier_parts.h"
#include "u2fi/attestation/v1/apply.pb.h"

namespace u2fi::attestation {

// Carries out commands on accounts, each once: the same command again changes
// nothing and says so. The items of a batch, all of it or some, happen together
// or not at all. Thread-safe.
class Applier {
 public:
  explicit Applier(const VerifierParts& parts)
      : parts_(parts), enrolment_(parts), operations_(parts) {}

  // Errors: those of Enrolment and TokenOperations; OPERATION_UNKNOWN for what
  // is not carried out here. Of several items: INVALID_FIELD if one is there
  // twice, or is an enrolment or a recovery, which go alone (each brings what
  // only it is approved with); ACCOUNT_MISMATCH if they are on several
  // accounts.
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request);

 private:
  absl::StatusOr<v1::ApplyResponse> ApplyOnce(const std::vector<Act>& acts);
  absl::StatusOr<std::vector<std::string>> CarryOut(
      const std::vector<Act>& acts);

  const VerifierParts parts_;
  Enrolment enrolment_;
  TokenOperations operations_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_APPLIER_H_
