#ifndef U2FI_SERVICES_COMMON_CRYPTO_BARE_ECDSA_H_
#define U2FI_SERVICES_COMMON_CRYPTO_BARE_ECDSA_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

typedef struct ec_key_st EC_KEY;

namespace u2fi::crypto {

// BoringSSL's ECDSA_verify() with nothing around it: what measurements compare
// with. Not for anything else: it names no reason.
class BareEcdsa {
 public:
  // `point` is a valid uncompressed P-256 point.
  explicit BareEcdsa(absl::string_view point);

  bool Verify(const Digest& digest, absl::string_view signature) const;

 private:
  std::shared_ptr<EC_KEY> key_;
};

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_BARE_ECDSA_H_
