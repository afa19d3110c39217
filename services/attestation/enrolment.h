#ifndef U2FI_SERVICES_ATTESTATION_ENROLMENT_H_
#define U2FI_SERVICES_ATTESTATION_ENROLMENT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/account_proofs.h"
#include "services/attestation/verifier_parts.h"

namespace u2fi::attestation {

// Carries out `u2fi.enrol` after verifying its proof: the new key signed over
// its own registration, and so did an enrolled one if the account has any and
// no recovery is open. One commit makes the token, takes its credential id and
// key for good, and notes the command as applied. Thread-safe.
class Enrolment {
 public:
  explicit Enrolment(const VerifierParts& parts) : parts_(parts) {}

  // The new token's name. Errors: those of the proof verifier,
  // REGISTRATION_UNKNOWN, ENROLMENT_INVALID, NO_CREDENTIALS,
  // CREDENTIAL_EXISTS, ATTESTATION_REVOKED, CREDENTIAL_LIMIT; STORE_ABORTED:
  // read again.
  absl::StatusOr<std::string> Apply(const Act& act);

 private:
  struct State;
  absl::Status Read(const Act& act, State& state);
  absl::Status CheckRoom(const Act& act, const State& state);
  absl::StatusOr<proof::VerifiedAccountCommand> Verify(const Act& act,
                                                       const State& state);
  absl::Status Commit(const Act& act, const State& state,
                      const proof::VerifiedAccountCommand& verified);

  const VerifierParts parts_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ENROLMENT_H_
