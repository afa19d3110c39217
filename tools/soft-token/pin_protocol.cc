#include "tools/soft-token/pin_protocol.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/aes_cbc.h"
#include "services/common/crypto/ecdh.h"
#include "services/common/crypto/hash.h"

namespace u2fi::soft_token {
namespace {

using crypto::kAesBlock;

// Of protocol 1, whose secret is one key for both uses.
constexpr size_t kShortProof = 16;
// Of protocol 2: the secret is the key for proofs, then that for AES.
constexpr size_t kHalf = 32;

std::string ZeroBlock() { return std::string(kAesBlock, '\0'); }

}  // namespace

const crypto::P256PublicKey& PinProtocol::PublicKey() {
  while (!key_.has_value()) {
    auto key = crypto::P256PrivateKey::FromScalar(random_.Bytes(32));
    if (key.ok()) key_ = *std::move(key);
  }
  return key_->public_key();
}

absl::optional<std::string> PinProtocol::Agree(absl::string_view peer) {
  const auto key = crypto::P256PublicKey::FromPoint(peer);
  if (!key.ok()) return absl::nullopt;
  PublicKey();
  const std::string z = crypto::SharedSecret(*key_, *key);
  if (version_ == 1) return crypto::ToString(crypto::Sha256(z));
  const std::string salt(32, '\0');
  return absl::StrCat(crypto::HkdfSha256(z, salt, "CTAP2 HMAC key", kHalf),
                      crypto::HkdfSha256(z, salt, "CTAP2 AES key", kHalf));
}

std::string PinProtocol::Encrypt(absl::string_view secret,
                                 absl::string_view text) {
  if (version_ == 1) return crypto::EncryptAesCbc(secret, ZeroBlock(), text);
  const std::string iv = random_.Bytes(kAesBlock);
  return absl::StrCat(iv,
                      crypto::EncryptAesCbc(secret.substr(kHalf), iv, text));
}

absl::optional<std::string> PinProtocol::Decrypt(
    absl::string_view secret, absl::string_view encrypted) const {
  if (encrypted.size() % kAesBlock != 0) return absl::nullopt;
  if (version_ == 1) {
    return crypto::DecryptAesCbc(secret, ZeroBlock(), encrypted);
  }
  if (encrypted.size() < kAesBlock) return absl::nullopt;
  return crypto::DecryptAesCbc(secret.substr(kHalf),
                               encrypted.substr(0, kAesBlock),
                               encrypted.substr(kAesBlock));
}

std::string PinProtocol::Authenticate(absl::string_view secret,
                                      absl::string_view message) const {
  const std::string whole =
      crypto::ToString(crypto::HmacSha256(secret.substr(0, kHalf), {message}));
  return version_ == 1 ? whole.substr(0, kShortProof) : whole;
}

bool PinProtocol::Verify(absl::string_view secret, absl::string_view message,
                         absl::string_view proof) const {
  return crypto::ConstantTimeEquals(Authenticate(secret, message), proof);
}

}  // namespace u2fi::soft_token
