#ifndef U2FI_SERVICES_COMMON_CRYPTO_P256_H_
#define U2FI_SERVICES_COMMON_CRYPTO_P256_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

typedef struct ec_key_st EC_KEY;

namespace u2fi::crypto {

// Length of an uncompressed P-256 point: 0x04, x, y (SEC 1, 2.3.3).
inline constexpr size_t kP256PointSize = 65;

// A P-256 public key that is known to be a point on the curve. Copies are
// cheap and share the parsed key; all methods are thread-safe.
class P256PublicKey {
 public:
  // Parses an uncompressed point of 65 bytes. PUBLIC_KEY_INVALID unless it
  // starts with 0x04, both coordinates are in range and it is on the curve.
  static absl::StatusOr<P256PublicKey> FromPoint(absl::string_view point);

  // Parses a SubjectPublicKeyInfo (RFC 5480) in DER, without trailing bytes.
  static absl::StatusOr<P256PublicKey> FromSpki(absl::string_view der);

  // Checks an ECDSA signature (one DER value, nothing after it) over a SHA-256
  // digest. SIGNATURE_INVALID otherwise. Both s and n - s are accepted.
  absl::Status Verify(const Digest& digest, absl::string_view signature) const;

  // The 65 bytes.
  const std::string& point() const { return point_; }

  // The key as SubjectPublicKeyInfo in DER, 91 bytes.
  std::string Spki() const;

  // SHA-256 of Spki(): a gateway's channel key (wire.md).
  Digest SpkiHash() const { return Sha256(Spki()); }

 private:
  friend class P256PrivateKey;
  P256PublicKey(std::shared_ptr<EC_KEY> key, std::string point)
      : key_(std::move(key)), point_(std::move(point)) {}

  std::shared_ptr<EC_KEY> key_;
  std::string point_;
};

// A P-256 key pair. Copies are cheap and share the key, which is wiped when
// the last copy goes. All methods are thread-safe.
class P256PrivateKey {
 public:
  // A fresh key from the machine's randomness.
  static P256PrivateKey Generate();

  // The key with this 32-byte big-endian scalar. INVALID_ARGUMENT unless it is
  // in 1 .. n - 1.
  static absl::StatusOr<P256PrivateKey> FromScalar(absl::string_view scalar);

  // Parses an unencrypted PKCS #8 or SEC 1 key in PEM.
  static absl::StatusOr<P256PrivateKey> FromPem(absl::string_view pem);

  // The key as PKCS #8 in PEM. A secret.
  std::string ToPem() const;

  // ECDSA over a SHA-256 digest, as DER of 70 to 72 bytes.
  std::string Sign(const Digest& digest) const;

  const P256PublicKey& public_key() const { return public_key_; }

  // For the code of this folder that needs BoringSSL's object.
  EC_KEY* get() const { return key_.get(); }

 private:
  explicit P256PrivateKey(const std::shared_ptr<EC_KEY>& key);

  std::shared_ptr<EC_KEY> key_;
  P256PublicKey public_key_;
};

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_P256_H_
