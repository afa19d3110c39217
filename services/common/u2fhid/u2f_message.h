#ifndef U2FI_SERVICES_COMMON_U2FHID_U2F_MESSAGE_H_
#define U2FI_SERVICES_COMMON_U2FHID_U2F_MESSAGE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/u2fhid/apdu.h"

namespace u2fi::u2fhid {

// The requests and responses of FIDO U2F Raw Message Formats 1.2, for both
// ends of the wire. Pure functions; what a response proves is the business of
// services/common/fido.

// Challenge and application parameters are SHA-256 hashes.
inline constexpr size_t kParameterSize = 32;
// A key handle has 1 to 255 bytes: its length is one byte.
inline constexpr size_t kMaxKeyHandle = 255;
// Uncompressed P-256 point.
inline constexpr size_t kPublicKeySize = 65;

// Instructions (section 3.1.1). All have class 0.
enum class Instruction : uint8_t {
  kRegister = 0x01,
  kAuthenticate = 0x02,
  kVersion = 0x03,
};

// P1 of an authentication request (section 5.1).
enum class Control : uint8_t {
  // Sign after a touch.
  kEnforceTouch = 0x03,
  // Say whether the key handle is yours: 0x6985 for yes, 0x6a80 for no.
  kCheckOnly = 0x07,
  // Sign without a touch; the presence byte then is 0.
  kDontEnforceTouch = 0x08,
};

// Section 4.1.
struct RegisterRequest {
  std::string challenge;
  std::string application;
};

// Section 5.1.
struct AuthenticateRequest {
  Control control = Control::kEnforceTouch;
  std::string challenge;
  std::string application;
  std::string key_handle;
};

// The command for a request. INVALID_FIELD if a parameter or the key handle
// has the wrong size.
absl::StatusOr<CommandApdu> ToCommand(const RegisterRequest& request);
absl::StatusOr<CommandApdu> ToCommand(const AuthenticateRequest& request);
CommandApdu VersionCommand();

// The request in a command whose instruction says that it is one. TOKEN_FRAME
// if the data have the wrong size, or for an unknown control byte. P1 of a
// registration is not looked at: hosts put various values there.
absl::StatusOr<RegisterRequest> ToRegisterRequest(const CommandApdu& command);
absl::StatusOr<AuthenticateRequest> ToAuthenticateRequest(
    const CommandApdu& command);

// What a token puts in its answer to a registration (section 4.3).
struct RegisterResponse {
  std::string public_key;   // kPublicKeySize bytes.
  std::string key_handle;   // 1 to kMaxKeyHandle bytes.
  std::string certificate;  // X.509 in DER.
  std::string signature;    // ECDSA in DER.
};
std::string EncodeRegisterResponse(const RegisterResponse& response);

// What a token puts in its answer to an authentication (section 5.4).
struct AuthenticateResponse {
  uint8_t presence = 0;  // 1 if the user touched, else 0.
  uint32_t counter = 0;
  std::string signature;  // ECDSA in DER.
};
std::string EncodeAuthenticateResponse(const AuthenticateResponse& response);

// The bytes under the attestation signature (section 4.3): of `response` only
// key handle and public key are looked at.
std::string RegistrationSignedBytes(const RegisterRequest& request,
                                    const RegisterResponse& response);

// The bytes under an assertion's signature (section 5.4): of `response` only
// presence and counter are looked at.
std::string AuthenticationSignedBytes(const AuthenticateRequest& request,
                                      const AuthenticateResponse& response);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_U2F_MESSAGE_H_
