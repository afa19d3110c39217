#ifndef U2FI_SERVICES_COMMON_FIDO_WEBAUTHN_REGISTRATION_VERIFIER_H_
#define U2FI_SERVICES_COMMON_FIDO_WEBAUTHN_REGISTRATION_VERIFIER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/fido/attestation_object.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/ceremony.h"
#include "services/common/fido/client_data.h"
#include "services/common/fido/cose_key.h"
#include "services/common/fido/registration.h"

// Verifies a WebAuthn registration (L3, 7.1). In two halves, as
// assertion_verifier.h explains.
//
// ScreenWebAuthnRegistration(), before the challenge is spent; the first
// failure is the answer:
//   response            id and type fit rawId · RESPONSE_FORMAT
//   client_data         one JSON object within the limits · CLIENT_DATA_FORMAT
//   type                of a creation · CLIENT_DATA_TYPE
//   challenge           the text that was issued · CHALLENGE_MISMATCH
//   origin              an allowed one · ORIGIN_MISMATCH
//   cross_origin        only if allowed · CROSS_ORIGIN_NOT_ALLOWED
//   top_origin          only a listed one · TOP_ORIGIN_MISMATCH
//   attestation_object  CBOR · CBOR_INVALID
//   credential_data     is announced and there · NO_ATTESTED_CREDENTIAL_DATA
//   authenticator_data  the layout, from 37 bytes on · AUTHDATA_MALFORMED
//   rp_id_hash          the relying party's · RP_ID_HASH_MISMATCH
//   user_presence       touched · USER_PRESENCE
//   user_verification   if required · USER_VERIFICATION
//   backup              flags agree · BACKUP_FLAGS_INVALID
//   backup_policy       may be copied only if allowed · BACKUP_NOT_ALLOWED
//   algorithm           offered and supported · ALG_NOT_ALLOWED,
//                       INSECURE_ALGORITHM
//   public_key          valid and as the algorithm wants · PUBLIC_KEY_INVALID
//   format              known and let in · FORMAT_UNSUPPORTED
//   credential_id       at most 1,023 bytes · CREDENTIAL_ID_TOO_LONG; the one
//                       of the response · RESPONSE_FORMAT
//
// VerifyWebAuthnRegistration(), after it:
//   challenge_known     issued by us · CHALLENGE_UNKNOWN
//   challenge_scope     for this · CHALLENGE_SCOPE
//   challenge_expiry    in time · CHALLENGE_EXPIRED
//   challenge_use       for the first time · CHALLENGE_REUSED
//   statement           the steps of its format (statement_compound.h,
//                       formats.h)
//   trust               leads to an anchor, not bad · ATTESTATION_UNTRUSTED,
//                       ATTESTATION_REVOKED, METADATA_MISMATCH
//   model               let in · MODEL_NOT_ALLOWED
//   credential_new      nobody has it · CREDENTIAL_EXISTS
//   credential_limit    one more is allowed · CREDENTIAL_LIMIT
//   extensions          as the policy says · EXTENSION_UNEXPECTED
namespace u2fi::fido {

struct WebAuthnRegistrationInputs {
  Expectation expected;
  RegistrationPolicy policy;
  std::string client_data;
  std::string attestation_object;
  // The browser's PublicKeyCredential; each is checked if it is there.
  absl::optional<std::string> raw_id;
  absl::optional<std::string> id;
  absl::optional<std::string> type;
  // AuthenticatorAttestationResponse.getTransports(). Kept, not trusted.
  absl::optional<std::vector<std::string>> transports;
};

// A registration that passed the first half. Only ScreenWebAuthnRegistration()
// makes one.
class ScreenedWebAuthnRegistration {
 public:
  // To look up RegistrationFacts.
  absl::string_view credential_id() const { return data().credential->id; }
  std::string stored_key() const { return parsed_->key->Stored(); }

 private:
  friend class WebAuthnRegistrationCheck;

  // What was read. On the heap, so that views into it stay when this moves.
  struct Parsed {
    ClientData client_data;
    AttestationObject object;
    AuthenticatorData data;
    absl::optional<CredentialKey> key;
  };
  explicit ScreenedWebAuthnRegistration(const WebAuthnRegistrationInputs& in)
      : inputs_(&in), parsed_(std::make_shared<Parsed>()) {}

  const AuthenticatorData& data() const { return parsed_->data; }

  const WebAuthnRegistrationInputs* inputs_;
  std::shared_ptr<Parsed> parsed_;
};

// The first half. `inputs` must outlive the result and stay as they are.
absl::StatusOr<ScreenedWebAuthnRegistration> ScreenWebAuthnRegistration(
    const WebAuthnRegistrationInputs& inputs);

// The second half.
absl::StatusOr<VerifiedRegistration> VerifyWebAuthnRegistration(
    ScreenedWebAuthnRegistration screened, const SpentChallenge& challenge,
    const RegistrationFacts& facts);

// The steps of both halves in order, for metrics and tests; those of the
// formats are named in their headers.
std::vector<std::string> WebAuthnRegistrationStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_WEBAUTHN_REGISTRATION_VERIFIER_H_
