#ifndef U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_BUILDER_H_
#define U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_BUILDER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/p256.h"

namespace u2fi::crypto {

// What a new certificate says. The defaults make a version 3 end-entity
// certificate that is good for nothing in particular.
struct CertificateSpec {
  // Of the subject, in order. See the helper CommonName().
  std::vector<NameAttribute> subject;
  // Big-endian, 1 to 20 bytes, not all zero. Take random bytes.
  std::string serial;
  absl::Time not_before, not_after;

  // subjectAltName.
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;

  // With is_ca: basicConstraints cA and keyUsage keyCertSign and cRLSign;
  // otherwise cA FALSE and digitalSignature.
  bool is_ca = false;
  absl::optional<int> path_length;

  // extendedKeyUsage, dotted (kOidServerAuth, kOidClientAuth). Empty: none.
  std::vector<std::string> extended_key_usages;

  // Added after those above.
  std::vector<Extension> extensions;

  // For tests of strict readers: another version (1 to 3; below 3 nothing but
  // names, dates and key is written), and no basicConstraints and keyUsage.
  int version = 3;
  bool without_constraints = false;
};

// A subject with nothing but a common name.
std::vector<NameAttribute> CommonName(absl::string_view name);

// How a certificate or request gets signed: `algorithm` is the
// AlgorithmIdentifier in DER, `sign` makes the signature over a message.
struct CertificateSigner {
  std::string algorithm;
  std::function<std::string(absl::string_view message)> sign;
};

// ecdsa-with-SHA256 by `key`, of which it keeps a (cheap) copy.
CertificateSigner SignerFor(const P256PrivateKey& key);

// The DER of a certificate for the key in `spki`, issued under the name
// `issuer` (DER, as Certificate::subject() gives it) by `signer`.
std::string BuildCertificate(const CertificateSpec& spec,
                             absl::string_view spki, absl::string_view issuer,
                             const CertificateSigner& signer);

// A certificate that `key` signs for itself.
Certificate SelfSigned(const CertificateSpec& spec, const P256PrivateKey& key);

// A certificate for `subject_key` that `issuer` signs with `issuer_key`.
Certificate IssueCertificate(const CertificateSpec& spec,
                             const P256PublicKey& subject_key,
                             const Certificate& issuer,
                             const P256PrivateKey& issuer_key);

// What a certificate request (PKCS #10, RFC 2986) asks for. The signature was
// checked: the sender holds the key.
struct CertificateRequest {
  std::vector<NameAttribute> subject;
  std::vector<std::string> uris;
  std::vector<std::string> dns_names;
  P256PublicKey key;
};

// The DER of a request for `key` with these names.
std::string BuildCertificateRequest(const std::vector<NameAttribute>& subject,
                                    const std::vector<std::string>& uris,
                                    const P256PrivateKey& key);

// Parses exactly one DER request of at most kMaxCertificateSize bytes for a
// P-256 key, signed with ecdsa-with-SHA256 by that key. Requested extensions
// other than subjectAltName are ignored. INVALID_ARGUMENT, PUBLIC_KEY_INVALID
// or SIGNATURE_INVALID otherwise.
absl::StatusOr<CertificateRequest> ParseCertificateRequest(
    absl::string_view der);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_BUILDER_H_
