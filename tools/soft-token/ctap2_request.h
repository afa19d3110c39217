#ifndef U2FI_TOOLS_SOFT_TOKEN_CTAP2_REQUEST_H_
#define U2FI_TOOLS_SOFT_TOKEN_CTAP2_REQUEST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace u2fi::soft_token {

// Command bytes (CTAP 2.1, 6).
enum class Ctap2Command : uint8_t {
  kMakeCredential = 0x01,
  kGetAssertion = 0x02,
  kGetInfo = 0x04,
  kClientPin = 0x06,
};

// Status bytes (CTAP 2.1, 8.2), as far as this token gives them.
enum class Ctap2Status : uint8_t {
  kOk = 0x00,
  kInvalidCommand = 0x01,
  kInvalidParameter = 0x02,
  kUnexpectedType = 0x11,
  kInvalidCbor = 0x12,
  kMissingParameter = 0x14,
  kCredentialExcluded = 0x19,
  kUnsupportedAlgorithm = 0x26,
  kUnsupportedOption = 0x2b,
  kInvalidOption = 0x2c,
  kNoCredentials = 0x2e,
  kUserActionTimeout = 0x2f,
  kPinInvalid = 0x31,
  kPinBlocked = 0x32,
  kPinAuthInvalid = 0x33,
  kPinAuthBlocked = 0x34,
  kPinNotSet = 0x35,
  kPinRequired = 0x36,
  kPinPolicyViolation = 0x37,
  kRequestTooLarge = 0x39,
  kInvalidSubcommand = 0x3e,
  kUnauthorizedPermission = 0x40,
  kOther = 0x7f,
};

// The longest request that is read; authenticatorGetInfo says it.
inline constexpr size_t kMaxCtap2Message = 2048;

// What both requests have. The options that are absent have their default:
// touch, no verification, not resident.
struct Ctap2Options {
  bool touch = true;
  bool user_verification = false;
  bool resident = false;
  // The proof that somebody gave the PIN (pinUvAuthParam), and how it was made.
  absl::optional<std::string> pin_auth;
  absl::optional<int64_t> pin_protocol;
};

// authenticatorMakeCredential (6.1).
struct MakeCredentialRequest {
  std::string client_data_hash;  // 32 bytes.
  std::string rp_id;
  // COSE numbers of the type "public-key", in order of preference.
  std::vector<int64_t> algorithms;
  std::vector<std::string> exclude;
  Ctap2Options options;
};

// authenticatorGetAssertion (6.2).
struct GetAssertionRequest {
  std::string rp_id;
  std::string client_data_hash;  // 32 bytes.
  std::vector<std::string> allow;
  Ctap2Options options;
};

// What authenticatorClientPIN can be asked for (6.5.5).
enum class PinCommand : int64_t {
  kGetRetries = 0x01,
  kGetKeyAgreement = 0x02,
  kSetPin = 0x03,
  kChangePin = 0x04,
  kGetToken = 0x05,
  kGetTokenWithPermissions = 0x09,
};

// authenticatorClientPIN (6.5). Which parameters must be there depends on the
// command: that is for ClientPin.
struct ClientPinRequest {
  PinCommand command = PinCommand::kGetRetries;
  absl::optional<int64_t> protocol;
  // The platform's key, an uncompressed point of 65 bytes (not yet checked to
  // be on the curve).
  absl::optional<std::string> peer;
  // pinUvAuthParam, newPinEnc, pinHashEnc.
  absl::optional<std::string> proof;
  absl::optional<std::string> new_pin;
  absl::optional<std::string> pin_hash;
  absl::optional<int64_t> permissions;
  absl::optional<std::string> rp_id;
};

// Reads the CBOR behind the command byte. The first rule that is broken is the
// answer, and `out` is then of no use:
//   kRequestTooLarge   more than kMaxCtap2Message bytes with the command
//   kInvalidCbor       not one CBOR map within the limits of fido::ParseCbor
//   kMissingParameter  a parameter that the standard requires is not there
//   kUnexpectedType    a parameter of another kind, or a hash that is not 32
//                      bytes
//   kInvalidParameter  a platform's key that is not one of ECDH on P-256
Ctap2Status ReadRequest(absl::string_view cbor, MakeCredentialRequest& out);
Ctap2Status ReadRequest(absl::string_view cbor, GetAssertionRequest& out);
Ctap2Status ReadRequest(absl::string_view cbor, ClientPinRequest& out);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CTAP2_REQUEST_H_
