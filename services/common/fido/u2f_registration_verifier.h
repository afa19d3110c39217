#ifndef U2FI_SERVICES_COMMON_FIDO_U2F_REGISTRATION_VERIFIER_H_
#define U2FI_SERVICES_COMMON_FIDO_U2F_REGISTRATION_VERIFIER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate.h"
#include "services/common/fido/ceremony.h"
#include "services/common/fido/client_data.h"
#include "services/common/fido/registration.h"
#include "services/common/fido/u2f_messages.h"

// Verifies a raw U2F registration (raw message formats v1.2, 4.3). In two
// halves, as assertion_verifier.h explains.
//
// ScreenU2fRegistration(), before the challenge is spent; the first failure is
// the answer:
//   client_data       one JSON object within the limits · CLIENT_DATA_FORMAT
//   type              of an enrolment · CLIENT_DATA_TYPE
//   challenge         the text that was issued · CHALLENGE_MISMATCH
//   origin            a facet of the AppID · ORIGIN_MISMATCH
//   channel_id        the channel's key, if bound · CHANNEL_ID_MISMATCH
//   device_status     9000, if the transport leaves it on · DEVICE_STATUS
//   reserved_byte     05 · FORMAT
//   public_key        65 bytes, on P-256 · FORMAT, PUBLIC_KEY_INVALID
//   key_handle        1 to 255 bytes · FORMAT
//   certificate       one DER certificate · FORMAT
//   signature_format  one DER signature and no more · FORMAT
//
// VerifyU2fRegistration(), after it:
//   challenge_known   issued by us · CHALLENGE_UNKNOWN
//   challenge_scope   for this · CHALLENGE_SCOPE
//   challenge_expiry  in time · CHALLENGE_EXPIRED
//   challenge_use     for the first time · CHALLENGE_REUSED
//   certificate_key   P-256 · ATTESTATION_CERT_INVALID
//   signature         by that key over the message · SIGNATURE_INVALID
//   trust             leads to an anchor, not bad · ATTESTATION_UNTRUSTED,
//                     ATTESTATION_REVOKED, METADATA_MISMATCH
//   model             let in · MODEL_NOT_ALLOWED
//   credential_new    nobody has it · CREDENTIAL_EXISTS
//   credential_limit  one more is allowed · CREDENTIAL_LIMIT
namespace u2fi::fido {

struct U2fRegistrationInputs {
  Expectation expected;
  RegistrationPolicy policy;
  std::string client_data;
  // The response, with or without its status word.
  std::string response;
  bool has_status_word = false;
};

// A registration that passed the first half. Only ScreenU2fRegistration()
// makes one.
class ScreenedU2fRegistration {
 public:
  // To look up RegistrationFacts.
  absl::string_view credential_id() const { return message_.key_handle; }
  std::string stored_key() const { return std::string(message_.public_key); }

 private:
  friend class U2fRegistrationCheck;
  explicit ScreenedU2fRegistration(const U2fRegistrationInputs& inputs)
      : inputs_(&inputs) {}

  const U2fRegistrationInputs* inputs_;
  ClientData client_data_;
  U2fRegistration message_;
  absl::optional<crypto::P256PublicKey> key_;
  absl::optional<crypto::Certificate> certificate_;
};

// The first half. `inputs` must outlive the result and stay as they are.
absl::StatusOr<ScreenedU2fRegistration> ScreenU2fRegistration(
    const U2fRegistrationInputs& inputs);

// The second half.
absl::StatusOr<VerifiedRegistration> VerifyU2fRegistration(
    ScreenedU2fRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts);

// The steps of both halves in order, for metrics and tests.
std::vector<std::string> U2fRegistrationStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_U2F_REGISTRATION_VERIFIER_H_
