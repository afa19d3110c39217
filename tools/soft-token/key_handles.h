#ifndef U2FI_TOOLS_SOFT_TOKEN_KEY_HANDLES_H_
#define U2FI_TOOLS_SOFT_TOKEN_KEY_HANDLES_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"

namespace u2fi::soft_token {

// Keys that need no storage. A key handle is 64 bytes:
//
//   nonce 32 || HMAC-SHA256(secret, "u2fi/soft-token/handle/v1" ||
//                                   application 32 || nonce)
//
// and its private key is the first of HMAC-SHA256(secret,
// "u2fi/soft-token/key/v1" || application || nonce || i), i = 0, 1, ... in one
// byte, that is a scalar of P-256. Both are bound to the application, so a
// handle is worth nothing elsewhere. Immutable and thread-safe.
class KeyHandles {
 public:
  static constexpr size_t kNonceSize = 32;
  static constexpr size_t kSize = 64;

  // `secret`: 32 bytes of the token.
  explicit KeyHandles(std::string secret) : secret_(std::move(secret)) {}

  // The key handle for a nonce of kNonceSize fresh random bytes.
  std::string Make(absl::string_view application,
                   absl::string_view nonce) const;

  // The private key behind `key_handle`. NOT_FOUND if this token did not make
  // it, or for another application; compared in constant time.
  absl::StatusOr<crypto::P256PrivateKey> Open(
      absl::string_view application, absl::string_view key_handle) const;

 private:
  crypto::P256PrivateKey KeyFor(absl::string_view application,
                                absl::string_view nonce) const;

  const std::string secret_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_KEY_HANDLES_H_
