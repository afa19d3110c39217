#ifndef U2FI_SERVICES_COMMON_CRYPTO_HASH_H_
#define U2FI_SERVICES_COMMON_CRYPTO_HASH_H_

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::crypto {

// A SHA-256 or HMAC-SHA-256 value.
using Digest = std::array<uint8_t, 32>;

inline absl::string_view View(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
inline std::string ToString(const Digest& digest) {
  return std::string(View(digest));
}

// SHA-256 (FIPS 180-4) of the concatenation of `parts`.
Digest Sha256(std::initializer_list<absl::string_view> parts);
inline Digest Sha256(absl::string_view data) { return Sha256({data}); }

// HMAC-SHA-256 (RFC 2104) of the concatenation of `parts`.
Digest HmacSha256(absl::string_view key,
                  std::initializer_list<absl::string_view> parts);

// HKDF-SHA-256 (RFC 5869). `size` is at most 255 * 32.
std::string HkdfSha256(absl::string_view secret, absl::string_view salt,
                       absl::string_view info, size_t size);

// Compares in a time that depends on the lengths only. Use it wherever one
// side is secret.
bool ConstantTimeEquals(absl::string_view a, absl::string_view b);

// lp(x) of wire.md: the length of `x` as 4 big-endian bytes, then `x`.
std::string LengthPrefixed(absl::string_view x);

// `value` as 4 big-endian bytes.
std::string BigEndian32(uint32_t value);

// `value` as 8 big-endian bytes.
std::string BigEndian64(uint64_t value);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_HASH_H_
