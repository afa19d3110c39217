#include "services/common/crypto/pbkdf2.h"

#include <cstdlib>

#include "openssl/digest.h"
#include "openssl/evp.h"

namespace u2fi::crypto {

std::string Pbkdf2HmacSha512(absl::string_view password, absl::string_view salt,
                             uint32_t iterations, size_t size) {
  std::string key(size, '\0');
  const int made = PKCS5_PBKDF2_HMAC(
      password.data(), password.size(),
      reinterpret_cast<const uint8_t*>(salt.data()), salt.size(), iterations,
      EVP_sha512(), key.size(), reinterpret_cast<uint8_t*>(key.data()));
  if (made != 1) std::abort();  // Only without memory or iterations.
  return key;
}

}  // namespace u2fi::crypto
