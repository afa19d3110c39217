#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_

#include <string>
#include <vector>

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
// Acts of a batch come one after the other: each is verified against what those
// before it left, and all are one commit. Thread-safe.
class TokenOperations {
 public:
  explicit TokenOperations(const VerifierParts& parts) : parts_(parts) {}

  // Whether `operation` is one of them.
  static bool Knows(absl::string_view operation);

  // The names of what was changed or made. All acts are on one account; a
  // recover is alone. Errors, at which nothing happened: those of the proof
  // verifier, NO_CREDENTIALS, RESOURCE_UNKNOWN, TOKEN_STATE, RECOVERY_EXISTS;
  // STORE_ABORTED: read again.
  absl::StatusOr<std::vector<std::string>> Apply(const std::vector<Act>& acts);

 private:
  struct State;
  // One act: into the state and its change, not yet into the store.
  absl::StatusOr<std::string> Carry(const Act& act, State& state);
  absl::StatusOr<std::string> Move(const Act& act, records::v1::TokenRow& token,
                                   State& state);
  absl::Status CheckModel(const records::v1::TokenRow& token);
  absl::StatusOr<std::string> Recover(
      const Act& act, const proof::VerifiedAccountCommand& verified,
      const records::v1::TokenRow& token, State& state);
  absl::Status Commit(const std::vector<Act>& acts,
                      const std::vector<std::string>& names, State state);

  const VerifierParts parts_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_OPERATIONS_H_
