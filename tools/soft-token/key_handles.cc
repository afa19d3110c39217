#include "tools/soft-token/key_handles.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"

namespace u2fi::soft_token {
namespace {

constexpr char kHandleDomain[] = "u2fi/soft-token/handle/v1";
constexpr char kKeyDomain[] = "u2fi/soft-token/key/v1";

}  // namespace

std::string KeyHandles::Make(absl::string_view application,
                             absl::string_view nonce) const {
  return absl::StrCat(nonce,
                      crypto::ToString(crypto::HmacSha256(
                          secret_, {kHandleDomain, application, nonce})));
}

absl::StatusOr<crypto::P256PrivateKey> KeyHandles::Open(
    absl::string_view application, absl::string_view key_handle) const {
  const absl::string_view nonce = key_handle.substr(0, kNonceSize);
  if (key_handle.size() != kSize ||
      !crypto::ConstantTimeEquals(key_handle, Make(application, nonce))) {
    return absl::NotFoundError("not a key handle of this token");
  }
  return KeyFor(application, nonce);
}

crypto::P256PrivateKey KeyHandles::KeyFor(absl::string_view application,
                                          absl::string_view nonce) const {
  // One try in 2^32 is no scalar: the loop ends.
  for (char i = 0;; ++i) {
    const crypto::Digest scalar = crypto::HmacSha256(
        secret_, {kKeyDomain, application, nonce, absl::string_view(&i, 1)});
    absl::StatusOr<crypto::P256PrivateKey> key =
        crypto::P256PrivateKey::FromScalar(crypto::View(scalar));
    if (key.ok()) return *std::move(key);
  }
}

}  // namespace u2fi::soft_token
