#ifndef U2FI_SERVICES_COMMON_CRYPTO_AES_CBC_H_
#define U2FI_SERVICES_COMMON_CRYPTO_AES_CBC_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::crypto {

inline constexpr size_t kAesBlock = 16;
inline constexpr size_t kAes256Key = 32;

// AES-256-CBC (NIST SP 800-38A, 6.2) without padding, as CTAP2's PIN protocols
// use it; it authenticates nothing. `key` has kAes256Key bytes, `iv` kAesBlock,
// and the text a multiple of kAesBlock; anything else ends the process.
std::string EncryptAesCbc(absl::string_view key, absl::string_view iv,
                          absl::string_view text);
std::string DecryptAesCbc(absl::string_view key, absl::string_view iv,
                          absl::string_view text);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_AES_CBC_H_
