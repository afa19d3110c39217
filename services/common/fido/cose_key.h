#ifndef U2FI_SERVICES_COMMON_FIDO_COSE_KEY_H_
#define U2FI_SERVICES_COMMON_FIDO_COSE_KEY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/crypto/p256.h"
#include "services/common/crypto/public_key.h"
#include "services/common/fido/cbor.h"

namespace u2fi::fido {

// The signature algorithms that are supported, by their COSE numbers.
enum class CoseAlgorithm : int32_t {
  kEs256 = -7,    // ECDSA on P-256 with SHA-256.
  kEdDsa = -8,    // Ed25519.
  kEs384 = -35,   // ECDSA on P-384 with SHA-384.
  kRs256 = -257,  // RSASSA-PKCS1-v1_5 with SHA-256.
};

// The name in the COSE registry ("ES512"), or the number.
std::string CoseAlgorithmName(int64_t number);

// ALG_NOT_ALLOWED, with the name, unless it is one of CoseAlgorithm; for RS1
// (RSA with SHA-1) INSECURE_ALGORITHM.
absl::StatusOr<CoseAlgorithm> SupportedAlgorithm(int64_t number);

// Checks a signature over `message` by a key of an attestation certificate.
// SIGNATURE_INVALID also if the key is not of the kind and curve that the
// algorithm names.
absl::Status VerifyWith(const crypto::PublicKey& key, CoseAlgorithm algorithm,
                        absl::string_view message, absl::string_view signature);

// The public key of a credential with its algorithm, known to be valid.
// Parsing costs about a verification: keep the object per credential. Copies
// are cheap; thread-safe.
class CredentialKey {
 public:
  // ES256, as all U2F keys are.
  explicit CredentialKey(crypto::P256PublicKey key);

  // The COSE_Key in a map (RFC 9053, 7; WebAuthn L3, 6.5.1.1): exactly the
  // members its algorithm needs, coordinates of exactly the field's length.
  // ALG_NOT_ALLOWED (see SupportedAlgorithm) or PUBLIC_KEY_INVALID.
  static absl::StatusOr<CredentialKey> FromCose(const CborValue& map);

  // What Stored() gave, or any 65-byte point or COSE_Key.
  static absl::StatusOr<CredentialKey> FromStored(absl::string_view bytes);

  // 65 bytes uncompressed point for ES256, the COSE_Key otherwise; at most 1
  // KiB. Equal keys have equal bytes.
  std::string Stored() const;

  CoseAlgorithm algorithm() const { return algorithm_; }
  // To compare it with the key of a certificate.
  crypto::PublicKey key() const;
  // Present exactly if algorithm() is kEs256.
  const absl::optional<crypto::P256PublicKey>& p256() const { return p256_; }

  // Checks an assertion's signature over authenticator data and client data
  // hash. SIGNATURE_INVALID otherwise.
  absl::Status Verify(absl::string_view authenticator_data,
                      const crypto::Digest& client_data_hash,
                      absl::string_view signature) const;

 private:
  CredentialKey(CoseAlgorithm algorithm, crypto::PublicKey key,
                std::string cose)
      : algorithm_(algorithm), other_(std::move(key)), cose_(std::move(cose)) {}

  CoseAlgorithm algorithm_;
  // Exactly one of the two.
  absl::optional<crypto::P256PublicKey> p256_;
  absl::optional<crypto::PublicKey> other_;
  // The COSE_Key in CTAP's canonical form; empty for ES256.
  std::string cose_;
};

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_COSE_KEY_H_
