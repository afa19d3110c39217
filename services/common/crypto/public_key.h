#ifndef U2FI_SERVICES_COMMON_CRYPTO_PUBLIC_KEY_H_
#define U2FI_SERVICES_COMMON_CRYPTO_PUBLIC_KEY_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"

typedef struct evp_pkey_st EVP_PKEY;

namespace u2fi::crypto {

// How a signature over a message is made. ECDSA signatures are one DER value;
// curve and hash are independent (a P-384 issuer may sign with SHA-256).
// SHA-1 is missing on purpose.
enum class SignatureAlgorithm {
  kEcdsaSha256,
  kEcdsaSha384,
  kEcdsaSha512,
  kRsaPkcs1Sha256,
  kRsaPkcs1Sha384,
  kRsaPkcs1Sha512,
  kRsaPssSha256,
  kEd25519,
};

enum class KeyType { kP256, kP384, kP521, kRsa, kEd25519 };

// A public key of any kind that certificates and WebAuthn credentials use,
// known to be valid: points are on their curve, RSA moduli have 2048 to 8192
// bits and an odd exponent of 3 or more. Copies are cheap and share the key;
// all methods are thread-safe. PUBLIC_KEY_INVALID from all factories.
class PublicKey {
 public:
  // Parses a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) of at most 2 KiB in DER,
  // without trailing bytes.
  static absl::StatusOr<PublicKey> FromSpki(absl::string_view der);

  // An EC key from its curve and coordinates, each of exactly the field's
  // size: 32 bytes on P-256, 48 on P-384.
  static absl::StatusOr<PublicKey> FromCoordinates(KeyType curve,
                                                   absl::string_view x,
                                                   absl::string_view y);

  // An RSA key from big-endian numbers without leading zeros.
  static absl::StatusOr<PublicKey> FromRsa(absl::string_view modulus,
                                           absl::string_view exponent);

  // An Ed25519 key: 32 bytes (RFC 8032) that decode to a point.
  static absl::StatusOr<PublicKey> FromEd25519(absl::string_view bytes);

  static PublicKey FromP256(const P256PublicKey& key);

  KeyType type() const { return type_; }

  // The key as SubjectPublicKeyInfo in DER. Equal keys have equal bytes.
  const std::string& spki() const { return spki_; }

  // PUBLIC_KEY_INVALID unless type() is kP256.
  absl::StatusOr<P256PublicKey> AsP256() const;

  // Checks a signature over `message`. SIGNATURE_INVALID if it does not verify
  // or if `algorithm` does not go with this type of key.
  absl::Status Verify(SignatureAlgorithm algorithm, absl::string_view message,
                      absl::string_view signature) const;

  friend bool operator==(const PublicKey& a, const PublicKey& b) {
    return a.spki_ == b.spki_;
  }
  friend bool operator!=(const PublicKey& a, const PublicKey& b) {
    return !(a == b);
  }

 private:
  static absl::StatusOr<PublicKey> Check(std::shared_ptr<EVP_PKEY> key);

  PublicKey(std::shared_ptr<EVP_PKEY> key, KeyType type, std::string spki)
      : key_(std::move(key)), type_(type), spki_(std::move(spki)) {}

  std::shared_ptr<EVP_PKEY> key_;
  KeyType type_;
  std::string spki_;
};

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_PUBLIC_KEY_H_
