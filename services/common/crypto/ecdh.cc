#include "services/common/crypto/ecdh.h"

#include <cstdint>
#include <cstdlib>

#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdh.h"

namespace u2fi::crypto {

std::string SharedSecret(const P256PrivateKey& own, const P256PublicKey& peer) {
  const EC_GROUP* curve = EC_KEY_get0_group(own.get());
  bssl::UniquePtr<EC_POINT> point(EC_POINT_new(curve));
  const std::string& bytes = peer.point();
  std::string secret(32, '\0');
  const bool done =
      EC_POINT_oct2point(curve, point.get(),
                         reinterpret_cast<const uint8_t*>(bytes.data()),
                         bytes.size(), nullptr) == 1 &&
      ECDH_compute_key(secret.data(), secret.size(), point.get(), own.get(),
                       nullptr) == static_cast<int>(secret.size());
  if (!done) std::abort();  // Only without memory.
  return secret;
}

}  // namespace u2fi::crypto
