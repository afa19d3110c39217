#ifndef U2FI_SERVICES_COMMON_U2FHID_APDU_H_
#define U2FI_SERVICES_COMMON_U2FHID_APDU_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::u2fhid {

// Command and response APDUs of ISO/IEC 7816-4, section 5.1, in the short and
// the extended encoding, as FIDO U2F Raw Message Formats 1.2, section 3, uses
// them. Pure functions.

// Status words (ISO 7816-4; the meanings of U2F in section 3.3).
enum class StatusWord : uint16_t {
  kOk = 0x9000,
  kWrongLength = 0x6700,
  kTouchNeeded = 0x6985,  // SW_CONDITIONS_NOT_SATISFIED
  kWrongData = 0x6a80,    // For U2F: the key handle is not this token's.
  kBadClass = 0x6e00,
  kBadInstruction = 0x6d00,
  kUnspecified = 0x6f00,  // The token itself failed.
};

enum class ApduEncoding {
  kShort,     // At most 255 bytes of data and 256 of response.
  kExtended,  // At most 65,535 and 65,536. What U2F over USB uses.
};

// A request to the token.
struct CommandApdu {
  uint8_t cla = 0;
  uint8_t ins = 0;
  uint8_t p1 = 0;
  uint8_t p2 = 0;
  std::string data;
  // The longest response wanted (Le), 0 to 65,536. 0: no Le is encoded.
  uint32_t max_response = 0;
};

// The token's answer. `status` may hold a value that has no name.
struct ResponseApdu {
  std::string data;
  StatusWord status = StatusWord::kOk;
};

// TOKEN_FRAME if data or max_response do not fit the encoding.
absl::StatusOr<std::string> EncodeCommand(const CommandApdu& command,
                                          ApduEncoding encoding);

// Takes the four cases of both encodings, nothing behind them, and one thing
// more: an extended Lc of zero followed by Le, which libfido2 sends for a
// command without data. TOKEN_FRAME for anything else.
absl::StatusOr<CommandApdu> ParseCommand(absl::string_view bytes);

// Data, then the status word.
std::string EncodeResponse(const ResponseApdu& response);

// A response that is a status word alone.
std::string EncodeStatus(StatusWord status);

// TOKEN_FRAME if there is no room for a status word.
absl::StatusOr<ResponseApdu> ParseResponse(absl::string_view bytes);

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_APDU_H_
