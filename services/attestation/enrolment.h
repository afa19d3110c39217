#ifndef U2FI_SERVICES_ATTESTATION_ENROLMENT_H_
#define U2FI_SERVICES_ATTESTATION_ENROLMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/attestation/token_events.h"
#include "services/attestation/token_store.h"
#include "services/common/audit/decider.h"
#include "services/common/proof/account_proof.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/attestation/v1/apply.pb.h"

namespace u2fi::attestation {

// Carries out `u2fi.enrol` after verifying its proof: the new key signed over
// its own registration, and so did an enrolled one if the account has any. One
// commit makes the token, takes its credential id and key for good, and notes
// the command as applied; the same command again changes nothing. Thread-safe.
class Enrolment {
 public:
  // The references must outlive this object. `rp_id` is the deployment's.
  Enrolment(const Clock& clock, RandomSource& random, TokenStore& tokens,
            audit::Decider& decider, TokenEvents& events, std::string rp_id)
      : clock_(clock),
        random_(random),
        tokens_(tokens),
        decider_(decider),
        events_(events),
        rp_id_(std::move(rp_id)) {}

  // Exactly one item so far. Errors: those of the proof verifier,
  // OPERATION_UNKNOWN, REGISTRATION_UNKNOWN, CREDENTIAL_EXISTS,
  // CREDENTIAL_LIMIT, and UNIMPLEMENTED for `u2fi.token.*`.
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request);

 private:
  struct Act;
  absl::StatusOr<v1::ApplyResponse> ApplyOnce(const Act& act);
  absl::StatusOr<proof::VerifiedAccountCommand> Verify(
      const Act& act, const AccountView& account,
      const records::v1::TokenRow& pending);
  absl::Status Commit(const Act& act, const AccountView& account,
                      const RegistrationView& view);

  const Clock& clock_;
  RandomSource& random_;
  TokenStore& tokens_;
  audit::Decider& decider_;
  TokenEvents& events_;
  const std::string rp_id_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ENROLMENT_H_
