#include "services/common/proof/c/kit_crypto.h"

#include <algorithm>

#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"

namespace u2fi::proof {
namespace {

absl::string_view View(const u2fi_bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}
absl::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

void Sha256(void*, const u2fi_bytes* a, const u2fi_bytes* b, uint8_t* digest) {
  const crypto::Digest result = crypto::Sha256({View(*a), View(*b)});
  std::copy(result.begin(), result.end(), digest);
}

int VerifyP256(void*, const uint8_t* point, const uint8_t* digest,
               const u2fi_bytes* signature) {
  const auto key =
      crypto::P256PublicKey::FromPoint(View(point, crypto::kP256PointSize));
  crypto::Digest hash;
  std::copy(digest, digest + hash.size(), hash.begin());
  return key.ok() && key->Verify(hash, View(*signature)).ok();
}

}  // namespace

const u2fi_crypto& KitCrypto() {
  static const u2fi_crypto crypto = {nullptr, Sha256, VerifyP256};
  return crypto;
}

u2fi_bytes KitBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

u2fi_input KitInput(const VerifyInputs& in) {
  u2fi_input input{};
  input.crypto = &KitCrypto();
  input.device = KitBytes(in.device);
  input.gateway = KitBytes(in.gateway);
  input.now_ms = in.now_ms;
  input.skew_ms = in.skew_ms;
  input.lease_ended = in.lease_ended;
  return input;
}

}  // namespace u2fi::proof
