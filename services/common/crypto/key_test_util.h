#ifndef U2FI_SERVICES_COMMON_CRYPTO_KEY_TEST_UTIL_H_
#define U2FI_SERVICES_COMMON_CRYPTO_KEY_TEST_UTIL_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/public_key.h"

namespace u2fi::crypto {

// A fresh key pair that signs in every way that PublicKey verifies. For tests:
// the program itself signs with P-256 only.
class TestKey {
 public:
  // `rsa_bits` is for kRsa only.
  static TestKey Generate(KeyType type, int rsa_bits = 2048);

  std::string Sign(SignatureAlgorithm algorithm,
                   absl::string_view message) const;

  // Known to be valid only if the type and size are supported.
  std::string spki() const;
  PublicKey public_key() const { return *PublicKey::FromSpki(spki()); }

  // The numbers of a COSE key, big-endian: the coordinates of an EC key, the
  // modulus and exponent of an RSA key, the 32 bytes of an Ed25519 key (then
  // `second` is empty).
  struct Numbers {
    std::string first, second;
  };
  Numbers numbers() const;

  // Signs certificates with this algorithm.
  CertificateSigner Signer(SignatureAlgorithm algorithm) const;

 private:
  explicit TestKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;
};

// The other signature of the same message: (r, n - s) for the (r, s) of a P-256
// signature in DER.
std::string TwinSignature(absl::string_view signature);

// The same signature as r and s of 32 bytes each, as in a JWS.
std::string RawSignature(absl::string_view signature);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_KEY_TEST_UTIL_H_
