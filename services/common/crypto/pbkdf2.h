#ifndef U2FI_SERVICES_COMMON_CRYPTO_PBKDF2_H_
#define U2FI_SERVICES_COMMON_CRYPTO_PBKDF2_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::crypto {

// PBKDF2 (RFC 8018, 5.2) with HMAC-SHA-512: `size` bytes. At least one
// iteration.
std::string Pbkdf2HmacSha512(absl::string_view password, absl::string_view salt,
                             uint32_t iterations, size_t size);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_PBKDF2_H_
