#include "services/common/crypto/certificate_builder.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/der.h"
#include "services/common/crypto/x509_names.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

constexpr char kEcdsaWithSha256[] = "1.2.840.10045.4.3.2";

std::string EncodeExtension(const Extension& extension) {
  return der::Sequence({der::Oid(extension.oid),
                        extension.critical ? der::Boolean(true) : "",
                        der::Write(der::kOctetString, extension.value)});
}

Extension BasicConstraints(const CertificateSpec& spec) {
  std::string contents;
  if (spec.is_ca) contents += der::Boolean(true);
  if (spec.is_ca && spec.path_length.has_value()) {
    contents += der::Integer(static_cast<uint64_t>(*spec.path_length));
  }
  return {kOidBasicConstraints, true, der::Sequence({contents})};
}

// digitalSignature is bit 0; keyCertSign and cRLSign are bits 5 and 6.
Extension KeyUsage(bool is_ca) {
  const char bits[] = {static_cast<char>(is_ca ? 1 : 7),
                       static_cast<char>(is_ca ? 0x06 : 0x80)};
  return {kOidKeyUsage, true, der::Write(der::kBitString, {bits, sizeof bits})};
}

Extension ExtendedKeyUsage(const std::vector<std::string>& usages) {
  std::string contents;
  for (const std::string& usage : usages) contents += der::Oid(usage);
  return {kOidExtendedKeyUsage, false, der::Sequence({contents})};
}

std::vector<Extension> ExtensionsOf(const CertificateSpec& spec) {
  std::vector<Extension> all;
  if (!spec.without_constraints) {
    all.push_back(BasicConstraints(spec));
    all.push_back(KeyUsage(spec.is_ca));
  }
  if (!spec.extended_key_usages.empty()) {
    all.push_back(ExtendedKeyUsage(spec.extended_key_usages));
  }
  if (!spec.uris.empty() || !spec.dns_names.empty()) {
    all.push_back({kOidSubjectAltName, false,
                   EncodeAltNames({spec.uris, spec.dns_names})});
  }
  all.insert(all.end(), spec.extensions.begin(), spec.extensions.end());
  return all;
}

std::string EncodeExtensions(const std::vector<Extension>& extensions) {
  std::string contents;
  for (const Extension& extension : extensions) {
    contents += EncodeExtension(extension);
  }
  return der::Sequence({contents});
}

std::string SignedSequence(const std::string& tbs,
                           const CertificateSigner& signer) {
  return der::Sequence(
      {tbs, signer.algorithm, der::BitString(signer.sign(tbs))});
}

// The attributes of a request (RFC 2986, 4.1) with their one extensionRequest
// (RFC 2985, 5.4.2).
constexpr char kExtensionRequest[] = "1.2.840.113549.1.9.14";

absl::Status ReadRequestedExtensions(absl::string_view list,
                                     CertificateRequest& request) {
  for (der::Reader items(list); !items.empty();) {
    ASSIGN_OR_RETURN(absl::string_view item, items.Read(der::kSequence));
    der::Reader reader(item);
    ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(der::kOid));
    if (reader.NextIs(der::kBoolean)) {
      RETURN_IF_ERROR(reader.ReadAny().status());
    }
    ASSIGN_OR_RETURN(absl::string_view value, reader.Read(der::kOctetString));
    if (der::OidText(oid) != kOidSubjectAltName) continue;
    ASSIGN_OR_RETURN(AltNames names, DecodeAltNames(value));
    request.uris = std::move(names.uris);
    request.dns_names = std::move(names.dns_names);
  }
  return absl::OkStatus();
}

absl::Status ReadRequestAttributes(absl::string_view attributes,
                                   CertificateRequest& request) {
  for (der::Reader reader(attributes); !reader.empty();) {
    ASSIGN_OR_RETURN(absl::string_view attribute, reader.Read(der::kSequence));
    der::Reader fields(attribute);
    ASSIGN_OR_RETURN(absl::string_view oid, fields.Read(der::kOid));
    ASSIGN_OR_RETURN(absl::string_view values, fields.Read(der::kSet));
    if (der::OidText(oid) != kExtensionRequest) continue;
    ASSIGN_OR_RETURN(absl::string_view list,
                     der::ReadWhole(der::kSequence, values));
    RETURN_IF_ERROR(ReadRequestedExtensions(list, request));
  }
  return absl::OkStatus();
}

absl::StatusOr<CertificateRequest> ReadRequestInfo(absl::string_view info) {
  der::Reader reader(info);
  ASSIGN_OR_RETURN(absl::string_view version, reader.Read(der::kInteger));
  ASSIGN_OR_RETURN(der::Element subject, reader.ReadAny());
  ASSIGN_OR_RETURN(der::Element spki, reader.ReadAny());
  ASSIGN_OR_RETURN(absl::string_view attributes, reader.Read(der::Context(0)));
  if (version != absl::string_view("\0", 1) || !reader.empty()) {
    return absl::InvalidArgumentError("request: bad version or extra bytes");
  }
  ASSIGN_OR_RETURN(P256PublicKey key, P256PublicKey::FromSpki(spki.bytes));
  CertificateRequest request{{}, {}, {}, std::move(key)};
  ASSIGN_OR_RETURN(request.subject, DecodeName(subject.bytes));
  RETURN_IF_ERROR(ReadRequestAttributes(attributes, request));
  return request;
}

}  // namespace

std::vector<NameAttribute> CommonName(absl::string_view name) {
  return {{kOidCommonName, std::string(name)}};
}

CertificateSigner SignerFor(const P256PrivateKey& key) {
  return {
      der::Sequence({der::Oid(kEcdsaWithSha256)}),
      [key](absl::string_view message) { return key.Sign(Sha256(message)); }};
}

std::string BuildCertificate(const CertificateSpec& spec,
                             absl::string_view spki, absl::string_view issuer,
                             const CertificateSigner& signer) {
  const bool is_v3 = spec.version == 3;
  const std::string version = der::Write(
      der::Context(0), der::Integer(static_cast<uint64_t>(spec.version - 1)));
  const std::string extensions =
      der::Write(der::Context(3), EncodeExtensions(ExtensionsOf(spec)));
  const std::string tbs = der::Sequence(
      {spec.version > 1 ? version : "", der::Integer(spec.serial),
       signer.algorithm, issuer,
       der::Sequence({der::Time(spec.not_before), der::Time(spec.not_after)}),
       EncodeName(spec.subject), spki, is_v3 ? extensions : ""});
  return SignedSequence(tbs, signer);
}

Certificate SelfSigned(const CertificateSpec& spec, const P256PrivateKey& key) {
  return *Certificate::FromDer(BuildCertificate(
      spec, key.public_key().Spki(), EncodeName(spec.subject), SignerFor(key)));
}

Certificate IssueCertificate(const CertificateSpec& spec,
                             const P256PublicKey& subject_key,
                             const Certificate& issuer,
                             const P256PrivateKey& issuer_key) {
  return *Certificate::FromDer(BuildCertificate(
      spec, subject_key.Spki(), issuer.subject(), SignerFor(issuer_key)));
}

std::string BuildCertificateRequest(const std::vector<NameAttribute>& subject,
                                    const std::vector<std::string>& uris,
                                    const P256PrivateKey& key) {
  const std::string extensions = EncodeExtensions(
      {{kOidSubjectAltName, false, EncodeAltNames({uris, {}})}});
  const std::string attribute =
      der::Sequence({der::Oid(kExtensionRequest), der::Set({extensions})});
  const std::string info = der::Sequence(
      {der::Integer(uint64_t{0}), EncodeName(subject), key.public_key().Spki(),
       der::Write(der::Context(0), uris.empty() ? "" : attribute)});
  return SignedSequence(info, SignerFor(key));
}

absl::StatusOr<CertificateRequest> ParseCertificateRequest(
    absl::string_view der) {
  if (der.size() > kMaxCertificateSize) {
    return absl::InvalidArgumentError("request: too long");
  }
  ASSIGN_OR_RETURN(absl::string_view outer,
                   der::ReadWhole(der::kSequence, der));
  der::Reader reader(outer);
  ASSIGN_OR_RETURN(der::Element info, reader.ReadAny());
  ASSIGN_OR_RETURN(der::Element algorithm, reader.ReadAny());
  ASSIGN_OR_RETURN(absl::string_view bits, reader.Read(der::kBitString));
  if (!reader.empty() || info.tag != der::kSequence || bits.empty() ||
      bits[0] != 0) {
    return absl::InvalidArgumentError("request: not three fields");
  }
  ASSIGN_OR_RETURN(CertificateRequest request, ReadRequestInfo(info.contents));
  if (algorithm.bytes != der::Sequence({der::Oid(kEcdsaWithSha256)})) {
    return Error(reason::kSignatureInvalid, "the algorithm is not supported");
  }
  RETURN_IF_ERROR(request.key.Verify(Sha256(info.bytes), bits.substr(1)));
  return request;
}

}  // namespace u2fi::crypto
