#include "services/common/crypto/bare_ecdsa.h"

#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/nid.h"

namespace u2fi::crypto {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

BareEcdsa::BareEcdsa(absl::string_view point)
    : key_(EC_KEY_new_by_curve_name(NID_X9_62_prime256v1), EC_KEY_free) {
  const EC_GROUP* group = EC_KEY_get0_group(key_.get());
  const bssl::UniquePtr<EC_POINT> parsed(EC_POINT_new(group));
  EC_POINT_oct2point(group, parsed.get(), Bytes(point), point.size(), nullptr);
  EC_KEY_set_public_key(key_.get(), parsed.get());
}

bool BareEcdsa::Verify(const Digest& digest,
                       absl::string_view signature) const {
  return ECDSA_verify(0, digest.data(), digest.size(), Bytes(signature),
                      signature.size(), key_.get()) == 1;
}

}  // namespace u2fi::crypto
