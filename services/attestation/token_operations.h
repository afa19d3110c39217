#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/account_proofs.h"
#include "services/attestation/verifier_parts.h"

namespace u2fi::attestation {

// Carries out `u2fi.token.*` after verifying its proof:
//   suspend   ACTIVE, QUARANTINED → SUSPENDED; any active token approves
//   resume    SUSPENDED, QUARANTINED → ACTIVE; another token approves
//   revoke    → REVOKED for good; another token approves
//   recover   begins the recovery of the account; a recovery token approves
// Thread-safe.
class TokenOperations {
 public:
  explicit TokenOperations(const VerifierParts& parts) : parts_(parts) {}

  // Whether `operation` is one of them.
  static bool Knows(absl::string_view operation);

  // The name of what was changed or made. Errors: those of the proof verifier,
  // NO_CREDENTIALS, RESOURCE_UNKNOWN, TOKEN_STATE, RECOVERY_EXISTS;
  // STORE_ABORTED: read again.
  absl::StatusOr<std::string> Apply(const Act& act);

 private:
  struct State;
  absl::StatusOr<std::string> Move(const Act& act, const State& state,
                                   v1::TokenState to);
  absl::Status CheckModel(const records::v1::TokenRow& token);
  absl::StatusOr<std::string> Recover(const Act& act, const State& state);

  const VerifierParts parts_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_
