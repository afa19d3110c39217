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
};

// Status bytes (CTAP 2.1, 8.2), as far as this token gives them.
enum class Ctap2Status : uint8_t {
  kOk = 0x00,
  kInvalidCommand = 0x01,
  kUnexpectedType = 0x11,
  kInvalidCbor = 0x12,
  kMissingParameter = 0x14,
  kCredentialExcluded = 0x19,
  kUnsupportedAlgorithm = 0x26,
  kUnsupportedOption = 0x2b,
  kInvalidOption = 0x2c,
  kNoCredentials = 0x2e,
  kUserActionTimeout = 0x2f,
  kPinNotSet = 0x35,
  kRequestTooLarge = 0x39,
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
  // A PIN's proof came along; this token has none.
  bool has_pin_auth = false;
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

// Reads the CBOR behind the command byte. The first rule that is broken is the
// answer, and `out` is then of no use:
//   kRequestTooLarge   more than kMaxCtap2Message bytes with the command
//   kInvalidCbor       not one CBOR map within the limits of fido::ParseCbor
//   kMissingParameter  a parameter that the standard requires is not there
//   kUnexpectedType    a parameter of another kind, or a hash that is not 32
//                      bytes
Ctap2Status ReadRequest(absl::string_view cbor, MakeCredentialRequest& out);
Ctap2Status ReadRequest(absl::string_view cbor, GetAssertionRequest& out);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_CTAP2_REQUEST_H_
