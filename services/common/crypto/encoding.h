#ifndef U2FI_SERVICES_COMMON_CRYPTO_ENCODING_H_
#define U2FI_SERVICES_COMMON_CRYPTO_ENCODING_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::crypto {

// Base64url without padding (RFC 4648, 5), as in client data and JWTs.
std::string Base64Url(absl::string_view bytes);

// The bytes of strict base64url: no padding, no other alphabet, no white
// space, no stray bits at the end. INVALID_ARGUMENT otherwise.
absl::StatusOr<std::string> FromBase64Url(absl::string_view text);

// Lower-case base32 (RFC 4648, 6) without padding, as in command ids.
std::string Base32(absl::string_view bytes);

// Lower-case hex.
std::string Hex(absl::string_view bytes);

// The bytes of an even number of hex digits of either case. INVALID_ARGUMENT
// otherwise.
absl::StatusOr<std::string> FromHex(absl::string_view text);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_ENCODING_H_
