#ifndef U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_
#define U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/verifier_parts.h"
#include "services/common/fido/registration.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Says whether a registration, U2F or WebAuthn, is valid, and keeps it until
// `u2fi.enrol` is applied. A refusal is a verdict, not an error; the same
// answer again gets the same verdict. Thread-safe.
class RegistrationService {
 public:
  explicit RegistrationService(const VerifierParts& parts) : parts_(parts) {}

  absl::StatusOr<v1::VerifyRegistrationResponse> Verify(
      const v1::VerifyRegistrationRequest& request);

 private:
  struct Attempt;
  absl::Status Prepare(Attempt& attempt);
  absl::StatusOr<fido::VerifiedRegistration> Check(Attempt& attempt);
  absl::StatusOr<fido::VerifiedRegistration> CheckU2f(Attempt& attempt);
  absl::StatusOr<fido::VerifiedRegistration> CheckWebAuthn(Attempt& attempt);
  absl::StatusOr<fido::SpentChallenge> Spend(const Attempt& attempt);
  absl::StatusOr<fido::RegistrationFacts> FactsOf(
      Attempt& attempt, absl::string_view credential_id,
      const std::string& public_key);
  records::v1::TokenRow TokenFor(const Attempt& attempt,
                                 const fido::RegistrationRecord& record);
  absl::Status Keep(const Attempt& attempt, const records::v1::TokenRow& token,
                    const fido::RegistrationRecord& record);
  absl::StatusOr<v1::VerifyRegistrationResponse> Refuse(
      const Attempt& attempt, const absl::Status& why);

  const VerifierParts parts_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_REGISTRATION_SERVICE_H_
