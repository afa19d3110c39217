#ifndef U2FI_SERVICES_ATTESTATION_APPLIER_H_
#define U2FI_SERVICES_ATTESTATION_APPLIER_H_

#include "absl/status/statusor.h"
#include "services/attestation/enrolment.h"
#include "services/attestation/token_operations.h"
#include "services/attestation/verifier_parts.h"
#include "u2fi/attestation/v1/apply.pb.h"

namespace u2fi::attestation {

// Carries out commands on accounts, each once: the same command again changes
// nothing and says so. Thread-safe.
class Applier {
 public:
  explicit Applier(const VerifierParts& parts)
      : parts_(parts), enrolment_(parts), operations_(parts) {}

  // Exactly one item so far. Errors: those of Enrolment and TokenOperations;
  // OPERATION_UNKNOWN for what is not carried out here; UNIMPLEMENTED for a
  // batch.
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request);

 private:
  absl::StatusOr<v1::ApplyResponse> ApplyOnce(const Act& act);

  const VerifierParts parts_;
  Enrolment enrolment_;
  TokenOperations operations_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_APPLIER_H_
