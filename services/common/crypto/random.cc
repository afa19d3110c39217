#include "services/common/crypto/random.h"

#include "openssl/rand.h"

namespace u2fi::crypto {

void RandomBytes(uint8_t* out, size_t size) { RAND_bytes(out, size); }

}  // namespace u2fi::crypto
