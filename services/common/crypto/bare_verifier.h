#ifndef U2FI_SERVICES_COMMON_CRYPTO_BARE_VERIFIER_H_
#define U2FI_SERVICES_COMMON_CRYPTO_BARE_VERIFIER_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/crypto/public_key.h"

namespace u2fi::crypto {

// BoringSSL's own call for one message, with nothing around it: ECDSA_verify()
// and RSA_verify() over a digest that was made before, ED25519_verify() over
// the message, which it hashes itself. What measurements compare with; not for
// anything else: it names no reason.
class BareVerifier {
 public:
  // For kEcdsaSha256, kEcdsaSha384, kRsaPkcs1Sha256 and kEd25519, with a key of
  // that kind.
  BareVerifier(const PublicKey& key, SignatureAlgorithm algorithm,
               absl::string_view message);

  bool Verify(absl::string_view signature) const;

 private:
  const std::shared_ptr<EVP_PKEY> key_;
  const SignatureAlgorithm algorithm_;
  // The digest, or the message.
  const std::string input_;
  // The 32 bytes of an Ed25519 key.
  std::string ed25519_;
};

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_BARE_VERIFIER_H_
