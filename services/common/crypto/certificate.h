#ifndef U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_H_
#define U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/crypto/public_key.h"
#include "services/common/crypto/x509_names.h"

namespace u2fi::crypto {

// Longest certificate that is parsed. Attestation certificates of real tokens
// have 300 to 2,000 bytes.
inline constexpr size_t kMaxCertificateSize = 8192;

// One certificate extension, as it stands.
struct Extension {
  // Dotted.
  std::string oid;
  bool critical = false;
  // Contents of the extnValue OCTET STRING.
  std::string value;
};

// Object identifiers that more than one place needs.
inline constexpr char kOidCommonName[] = "2.5.4.3";
inline constexpr char kOidCountry[] = "2.5.4.6";
inline constexpr char kOidOrganization[] = "2.5.4.10";
inline constexpr char kOidOrganizationalUnit[] = "2.5.4.11";
inline constexpr char kOidKeyUsage[] = "2.5.29.15";
inline constexpr char kOidSubjectAltName[] = "2.5.29.17";
inline constexpr char kOidBasicConstraints[] = "2.5.29.19";
inline constexpr char kOidExtendedKeyUsage[] = "2.5.29.37";
inline constexpr char kOidServerAuth[] = "1.3.6.1.5.5.7.3.1";
inline constexpr char kOidClientAuth[] = "1.3.6.1.5.5.7.3.2";

// One X.509 certificate (RFC 5280), parsed but not trusted: nothing here says
// that a signature or a date was checked. Immutable, cheap to copy,
// thread-safe.
class Certificate {
 public:
  // Parses exactly one DER certificate of at most kMaxCertificateSize bytes
  // with nothing after it: definite minimal lengths, versions 1 to 3,
  // extensions only in version 3 and each once, at most 32 of them, dates as
  // in RFC 5280, a signature without unused bits. The public key is not
  // decoded yet. INVALID_ARGUMENT otherwise.
  static absl::StatusOr<Certificate> FromDer(absl::string_view der);

  // The bytes it was parsed from.
  const std::string& der() const { return parts_->der; }
  // 1, 2 or 3.
  int version() const { return parts_->version; }
  // Contents of the serial number's INTEGER.
  const std::string& serial() const { return parts_->serial; }
  // Names in DER; two names are the same if their bytes are.
  const std::string& subject() const { return parts_->subject; }
  const std::string& issuer() const { return parts_->issuer; }
  const std::vector<NameAttribute>& subject_attributes() const {
    return parts_->subject_attributes;
  }
  // Value of the only attribute with this OID; absent if there is none or more
  // than one.
  absl::optional<std::string> SubjectAttribute(absl::string_view oid) const;

  // The certificate is good in [not_before, not_after].
  absl::Time not_before() const { return parts_->not_before; }
  absl::Time not_after() const { return parts_->not_after; }

  // basicConstraints cA. False if the extension is missing.
  bool is_ca() const { return parts_->is_ca; }
  // basicConstraints pathLenConstraint, of a CA.
  absl::optional<int> path_length() const { return parts_->path_length; }
  // keyUsage is missing or has keyCertSign.
  bool may_sign_certificates() const { return parts_->may_sign_certificates; }

  const std::vector<Extension>& extensions() const {
    return parts_->extensions;
  }
  // Null if the certificate has no such extension.
  const Extension* FindExtension(absl::string_view oid) const;

  // SubjectPublicKeyInfo in DER, as it stands.
  const std::string& spki() const { return parts_->spki; }
  // Contents of its BIT STRING: what key identifiers hash (RFC 5280, 4.2.1.2).
  const std::string& key_bits() const { return parts_->key_bits; }
  // The subject's key. PUBLIC_KEY_INVALID if it is not of a supported kind.
  absl::StatusOr<PublicKey> Key() const;
  // PUBLIC_KEY_INVALID unless it is a P-256 key.
  absl::StatusOr<P256PublicKey> P256Key() const;

  // URIs and DNS names of subjectAltName, in order. Empty without one.
  const std::vector<std::string>& uris() const { return parts_->names.uris; }
  const std::vector<std::string>& dns_names() const {
    return parts_->names.dns_names;
  }

  // Checks that the subject of `issuer` is this issuer's name and that its key
  // made this signature. SIGNATURE_INVALID otherwise, also for algorithms that
  // are not supported (SHA-1 is not). Says nothing about dates or CA flags.
  absl::Status CheckSignedBy(const Certificate& issuer) const;

  // SHA-256 of der().
  Digest Fingerprint() const { return Sha256(der()); }

 private:
  friend class CertificateParser;
  struct Parts {
    std::string der, tbs, signature_algorithm, tbs_signature_algorithm;
    std::string signature;
    int version = 1;
    std::string serial, subject, issuer, spki, key_bits;
    std::vector<NameAttribute> subject_attributes;
    absl::Time not_before, not_after;
    bool is_ca = false;
    absl::optional<int> path_length;
    bool may_sign_certificates = true;
    std::vector<Extension> extensions;
    AltNames names;
  };
  explicit Certificate(std::shared_ptr<const Parts> parts)
      : parts_(std::move(parts)) {}

  std::shared_ptr<const Parts> parts_;
};

// `der` with the signature's count of unused bits set to zero, if that byte is
// the 1 to 7 of a well-formed certificate; absent otherwise. Early Yubico
// certificates need it; the caller decides for which issuer it may be done.
absl::optional<std::string> WithoutUnusedBits(absl::string_view der);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_H_
