#ifndef U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_
#define U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/attestation/token_store.h"
#include "services/challenge/challenge_client.h"
#include "services/common/audit/decider.h"
#include "services/common/fido/registration.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Says whether a U2F registration is valid and keeps it until `u2fi.enrol` is
// applied. A refusal is a verdict, not an error; the same answer again gets
// the same verdict. WebAuthn registrations are UNIMPLEMENTED so far.
// Thread-safe.
class RegistrationService {
 public:
  // The references must outlive this object. `rp_id` is the deployment's,
  // `policy` what it lets in (its time is set for each registration).
  RegistrationService(const Clock& clock, RandomSource& random,
                      TokenStore& tokens, audit::Decider& decider,
                      challenge::ChallengeClient& challenge, std::string rp_id,
                      fido::RegistrationPolicy policy)
      : clock_(clock),
        random_(random),
        tokens_(tokens),
        decider_(decider),
        challenge_(challenge),
        rp_id_(std::move(rp_id)),
        policy_(std::move(policy)) {}

  absl::StatusOr<v1::VerifyRegistrationResponse> Verify(
      const v1::VerifyRegistrationRequest& request);

 private:
  struct Attempt;
  absl::StatusOr<records::v1::TokenRow> Check(Attempt& attempt);
  absl::Status Keep(const Attempt& attempt, const records::v1::TokenRow& token);
  absl::Status RecordRefusal(const Attempt& attempt, const absl::Status& why);

  const Clock& clock_;
  RandomSource& random_;
  TokenStore& tokens_;
  audit::Decider& decider_;
  challenge::ChallengeClient& challenge_;
  const std::string rp_id_;
  const fido::RegistrationPolicy policy_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_
