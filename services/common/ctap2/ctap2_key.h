#ifndef U2FI_SERVICES_COMMON_CTAP2_CTAP2_KEY_H_
#define U2FI_SERVICES_COMMON_CTAP2_CTAP2_KEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/ctap2/pin.h"
#include "services/common/u2fhid/cancel_flag.h"

namespace u2fi::ctap2 {

// What a key is to sign (CTAP 2.1, 6.2).
struct AssertionRequest {
  std::string rp_id;
  // SHA-256 of the client data, 32 bytes.
  std::string client_data_hash;
  std::string credential_id;
  // The key has to verify its user: by `pin` if there is one, else by itself (a
  // finger).
  bool user_verification = false;
  // Outlives the request. A wrong one costs the key's owner a try.
  const Pin* pin = nullptr;
};

// What it signed: authenticator data ‖ client data hash.
struct Assertion {
  std::string authenticator_data;
  std::string signature;
};

// A credential that a key is to make: ES256, not resident (CTAP 2.1, 6.1).
struct CredentialRequest {
  std::string rp_id;
  std::string client_data_hash;
  // 1 to 64 bytes that say nothing about a person.
  std::string user_id;
  // As in AssertionRequest.
  bool user_verification = false;
  const Pin* pin = nullptr;
};

// How a key can verify its user.
struct Verification {
  // It recognises its user, who has taught it how.
  bool by_itself = false;
  // It has a PIN.
  bool by_pin = false;
};

// A key that speaks CTAP2. One request at a time; Cancel() of the limit may
// come from any thread. Besides the errors of u2fhid::HidHost and INVALID_FIELD
// for a wrong argument:
//   TOUCH_TIMEOUT  the deadline passed and nobody touched
//   PIN_REQUIRED      it wants its PIN for this
//   PIN_INVALID       that was not its PIN
//   PIN_AUTH_BLOCKED  too many wrong ones in a row: it must be pulled out
//   PIN_BLOCKED       too many wrong ones in all: it must be reset
//   PIN_NOT_SET       it has none
//   DEVICE_STATUS  the key refused; metadata "status" is its CTAP2 status
//                  (CTAP 2.1, 8.2) in hex
// TOKEN_BUSY is returned only if the key is still busy at the deadline.
class Ctap2Key {
 public:
  virtual ~Ctap2Key() = default;

  virtual absl::StatusOr<Verification> CanVerify(
      const u2fhid::WaitLimit& limit) = 0;

  // How many wrong PINs it still takes, in all. It may want to be pulled out
  // before that.
  virtual absl::StatusOr<int> PinRetries(const u2fhid::WaitLimit& limit) = 0;

  // Whether the credential is this key's, without a touch.
  virtual absl::StatusOr<bool> Has(absl::string_view rp_id,
                                   absl::string_view credential_id,
                                   const u2fhid::WaitLimit& limit) = 0;

  // A signature, with a touch.
  virtual absl::StatusOr<Assertion> Sign(const AssertionRequest& request,
                                         const u2fhid::WaitLimit& limit) = 0;

  // A new credential, with a touch: the attestation object (WebAuthn L3, 6.5.4)
  // in canonical CBOR.
  virtual absl::StatusOr<std::string> Make(const CredentialRequest& request,
                                           const u2fhid::WaitLimit& limit) = 0;
};

}  // namespace u2fi::ctap2

#endif  // U2FI_SERVICES_COMMON_CTAP2_CTAP2_KEY_H_
