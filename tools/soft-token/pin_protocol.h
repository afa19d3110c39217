#ifndef U2FI_TOOLS_SOFT_TOKEN_PIN_PROTOCOL_H_
#define U2FI_TOOLS_SOFT_TOKEN_PIN_PROTOCOL_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/random_source.h"

namespace u2fi::soft_token {

// One of the two PIN/UV auth protocols (CTAP 2.1, 6.5.6 and 6.5.7): how key and
// platform get a secret that they share, and what they do with it. Both sides
// are here, so that tests can play the platform. Not thread-safe.
class PinProtocol {
 public:
  // True for 1 and 2.
  static bool IsKnown(int64_t version) { return version == 1 || version == 2; }

  // `version` is known. `random` must outlive this object.
  PinProtocol(int version, RandomSource& random)
      : version_(version), random_(random) {}

  int version() const { return version_; }

  // The key agreement key of this side; made when it is first asked for.
  const crypto::P256PublicKey& PublicKey();
  // Forgets it: what was agreed on is worth nothing any more.
  void Regenerate() { key_.reset(); }

  // The secret shared with who has the key of the uncompressed point `peer`;
  // nothing if that is no point.
  absl::optional<std::string> Agree(absl::string_view peer);

  // `text` has a multiple of 16 bytes.
  std::string Encrypt(absl::string_view secret, absl::string_view text);
  // Nothing for what no Encrypt() can have made.
  absl::optional<std::string> Decrypt(absl::string_view secret,
                                      absl::string_view encrypted) const;

  // The proof that who has `secret` said `message`, and whether it is one.
  // A token's secret is used in the same way.
  std::string Authenticate(absl::string_view secret,
                           absl::string_view message) const;
  bool Verify(absl::string_view secret, absl::string_view message,
              absl::string_view proof) const;

  // A fresh pinUvAuthToken.
  std::string MakeToken() { return random_.Bytes(32); }

 private:
  const int version_;
  RandomSource& random_;
  absl::optional<crypto::P256PrivateKey> key_;
};

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_PIN_PROTOCOL_H_
