#ifndef U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_
#define U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/verifier_parts.h"
#include "services/common/audit/row.h"
#include "services/common/fido/assertion_verifier.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::attestation {

// Says whether an assertion, U2F or WebAuthn, at a gateway or in a browser, is
// valid: text checks, then the challenge is
// spent, then the signature, then the counter by compare-and-set. A refusal is
// a verdict, not an error. The verdict is written in the commit of the counter,
// with its audit row; the same answer again gets the same verdict. A counter
// at or below the floor puts the token into quarantine. Thread-safe.
class AssertionService {
 public:
  explicit AssertionService(const VerifierParts& parts) : parts_(parts) {}

  absl::StatusOr<v1::VerifyAssertionResponse> Verify(
      const v1::VerifyAssertionRequest& request);

 private:
  struct Attempt;
  absl::StatusOr<v1::VerifyAssertionResponse> VerifyOnce(
      const v1::VerifyAssertionRequest& request);
  absl::Status Prepare(Attempt& attempt);
  absl::StatusOr<fido::AssertionInputs> InputsOf(const Attempt& attempt);
  absl::StatusOr<fido::VerifiedAssertion> Check(Attempt& attempt);
  absl::StatusOr<v1::VerifyAssertionResponse> Accept(
      const Attempt& attempt, const fido::VerifiedAssertion& verified);
  absl::StatusOr<v1::VerifyAssertionResponse> Refuse(const Attempt& attempt,
                                                     const absl::Status& why);
  absl::Status Write(const Attempt& attempt,
                     const v1::VerifyAssertionResponse& response,
                     Change change);
  static void KeepVerdict(const Attempt& attempt,
                          const v1::VerifyAssertionResponse& response,
                          Change& change);
  static audit::RowContent ContentOf(
      const Attempt& attempt, const v1::VerifyAssertionResponse& response);

  const VerifierParts parts_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ASSERTION_SERVICE_H_
