#ifndef U2FI_SERVICES_COMMON_CRYPTO_RANDOM_H_
#define U2FI_SERVICES_COMMON_CRYPTO_RANDOM_H_

#include <cstddef>
#include <cstdint>

namespace u2fi::crypto {

// Fills `size` bytes at `out` from BoringSSL's generator. Never fails: without
// entropy BoringSSL ends the process. Thread-safe. Code takes a RandomSource
// (services/common/random) instead of calling this.
void RandomBytes(uint8_t* out, size_t size);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_RANDOM_H_
