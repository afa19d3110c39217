#include "services/common/crypto/certificate.h"

#include <limits>
#include <utility>

#include "services/common/crypto/der.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

constexpr size_t kMaxExtensions = 32;
constexpr size_t kMaxSerialSize = 32;
// keyCertSign, bit 5 of the first byte from the left (RFC 5280, 4.2.1.3).
constexpr uint8_t kKeyCertSign = 0x04;

absl::Status Malformed(absl::string_view what) {
  return WithContext("certificate", absl::InvalidArgumentError(what));
}

struct SignatureOid {
  const char* oid;
  SignatureAlgorithm algorithm;
};
// RFC 5758, 3.2; RFC 4055, 5; RFC 8410, 3.
constexpr SignatureOid kSignatureOids[] = {
    {"1.2.840.10045.4.3.2", SignatureAlgorithm::kEcdsaSha256},
    {"1.2.840.10045.4.3.3", SignatureAlgorithm::kEcdsaSha384},
    {"1.2.840.10045.4.3.4", SignatureAlgorithm::kEcdsaSha512},
    {"1.2.840.113549.1.1.11", SignatureAlgorithm::kRsaPkcs1Sha256},
    {"1.2.840.113549.1.1.12", SignatureAlgorithm::kRsaPkcs1Sha384},
    {"1.2.840.113549.1.1.13", SignatureAlgorithm::kRsaPkcs1Sha512},
    {"1.3.101.112", SignatureAlgorithm::kEd25519},
};

// An AlgorithmIdentifier in DER; parameters are absent or NULL.
absl::StatusOr<SignatureAlgorithm> ReadSignatureAlgorithm(
    absl::string_view bytes) {
  ASSIGN_OR_RETURN(absl::string_view contents,
                   der::ReadWhole(der::kSequence, bytes));
  der::Reader reader(contents);
  ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(der::kOid));
  if (reader.NextIs(der::kNull)) RETURN_IF_ERROR(reader.ReadAny().status());
  const std::string text = der::OidText(oid);
  for (const SignatureOid& known : kSignatureOids) {
    if (reader.empty() && text == known.oid) return known.algorithm;
  }
  return Malformed("the signature algorithm is not supported");
}

// A BOOLEAN DEFAULT FALSE. An encoded FALSE is taken too: many have it.
absl::StatusOr<bool> ReadOptionalBoolean(der::Reader& reader) {
  if (!reader.NextIs(der::kBoolean)) return false;
  ASSIGN_OR_RETURN(absl::string_view value, reader.Read(der::kBoolean));
  if (value != "\xff" && value != absl::string_view("\0", 1)) {
    return Malformed("bad boolean");
  }
  return value == "\xff";
}

}  // namespace

// Fills one Parts. The methods follow the order of the ASN.1 module.
class CertificateParser {
 public:
  absl::StatusOr<Certificate> Parse(absl::string_view bytes) {
    if (bytes.size() > kMaxCertificateSize) return Malformed("too long");
    parts_.der = std::string(bytes);
    ASSIGN_OR_RETURN(absl::string_view outer,
                     der::ReadWhole(der::kSequence, parts_.der));
    der::Reader reader(outer);
    ASSIGN_OR_RETURN(der::Element tbs, reader.ReadAny());
    ASSIGN_OR_RETURN(der::Element algorithm, reader.ReadAny());
    ASSIGN_OR_RETURN(absl::string_view bits, reader.Read(der::kBitString));
    if (!reader.empty() || tbs.tag != der::kSequence ||
        algorithm.tag != der::kSequence) {
      return Malformed("not three fields");
    }
    if (bits.empty() || bits[0] != 0) return Malformed("bad signature bits");
    parts_.tbs = std::string(tbs.bytes);
    parts_.signature_algorithm = std::string(algorithm.bytes);
    parts_.signature = std::string(bits.substr(1));
    RETURN_IF_ERROR(ReadTbs(der::Reader(tbs.contents)));
    return Certificate(
        std::make_shared<const Certificate::Parts>(std::move(parts_)));
  }

 private:
  absl::Status ReadTbs(der::Reader reader) {
    RETURN_IF_ERROR(ReadVersion(reader));
    ASSIGN_OR_RETURN(absl::string_view serial, reader.Read(der::kInteger));
    if (serial.empty() || serial.size() > kMaxSerialSize) {
      return Malformed("bad serial number");
    }
    parts_.serial = std::string(serial);
    RETURN_IF_ERROR(Keep(reader, parts_.tbs_signature_algorithm));
    RETURN_IF_ERROR(Keep(reader, parts_.issuer));
    RETURN_IF_ERROR(ReadValidity(reader));
    RETURN_IF_ERROR(Keep(reader, parts_.subject));
    RETURN_IF_ERROR(DecodeName(parts_.issuer).status());
    ASSIGN_OR_RETURN(parts_.subject_attributes, DecodeName(parts_.subject));
    RETURN_IF_ERROR(ReadSpki(reader));
    RETURN_IF_ERROR(SkipUniqueIds(reader));
    RETURN_IF_ERROR(ReadExtensions(reader));
    return reader.empty() ? absl::OkStatus() : Malformed("bytes after the end");
  }

  // Keeps the bytes of the next SEQUENCE.
  static absl::Status Keep(der::Reader& reader, std::string& out) {
    ASSIGN_OR_RETURN(der::Element element, reader.ReadAny());
    if (element.tag != der::kSequence) return Malformed("not a SEQUENCE");
    out = std::string(element.bytes);
    return absl::OkStatus();
  }

  absl::Status ReadVersion(der::Reader& reader) {
    if (!reader.NextIs(der::Context(0))) return absl::OkStatus();
    ASSIGN_OR_RETURN(absl::string_view wrapped, reader.Read(der::Context(0)));
    ASSIGN_OR_RETURN(absl::string_view number,
                     der::ReadWhole(der::kInteger, wrapped));
    ASSIGN_OR_RETURN(uint64_t version, der::ReadUnsigned(number));
    if (version > 2) return Malformed("bad version");
    parts_.version = static_cast<int>(version) + 1;
    return absl::OkStatus();
  }

  absl::Status ReadValidity(der::Reader& reader) {
    ASSIGN_OR_RETURN(absl::string_view validity, reader.Read(der::kSequence));
    der::Reader times(validity);
    ASSIGN_OR_RETURN(der::Element not_before, times.ReadAny());
    ASSIGN_OR_RETURN(der::Element not_after, times.ReadAny());
    if (!times.empty()) return Malformed("bad validity");
    ASSIGN_OR_RETURN(parts_.not_before, der::ReadTime(not_before));
    ASSIGN_OR_RETURN(parts_.not_after, der::ReadTime(not_after));
    return absl::OkStatus();
  }

  absl::Status ReadSpki(der::Reader& reader) {
    RETURN_IF_ERROR(Keep(reader, parts_.spki));
    ASSIGN_OR_RETURN(absl::string_view contents,
                     der::ReadWhole(der::kSequence, parts_.spki));
    der::Reader fields(contents);
    RETURN_IF_ERROR(fields.Read(der::kSequence).status());
    ASSIGN_OR_RETURN(absl::string_view bits, fields.Read(der::kBitString));
    if (!fields.empty() || bits.empty() || bits[0] != 0) {
      return Malformed("bad public key");
    }
    parts_.key_bits = std::string(bits.substr(1));
    return absl::OkStatus();
  }

  absl::Status SkipUniqueIds(der::Reader& reader) {
    for (uint32_t number : {1, 2}) {
      if (!reader.NextIs(der::ContextPrimitive(number))) continue;
      if (parts_.version < 2) return Malformed("unique id in version 1");
      RETURN_IF_ERROR(reader.ReadAny().status());
    }
    return absl::OkStatus();
  }

  absl::Status ReadExtensions(der::Reader& reader) {
    if (reader.empty()) return absl::OkStatus();
    if (parts_.version != 3) return Malformed("extensions before version 3");
    ASSIGN_OR_RETURN(absl::string_view wrapped, reader.Read(der::Context(3)));
    ASSIGN_OR_RETURN(absl::string_view list,
                     der::ReadWhole(der::kSequence, wrapped));
    for (der::Reader items(list); !items.empty();) {
      ASSIGN_OR_RETURN(absl::string_view item, items.Read(der::kSequence));
      RETURN_IF_ERROR(ReadExtension(der::Reader(item)));
    }
    return absl::OkStatus();
  }

  absl::Status ReadExtension(der::Reader reader) {
    Extension extension;
    ASSIGN_OR_RETURN(absl::string_view oid, reader.Read(der::kOid));
    extension.oid = der::OidText(oid);
    ASSIGN_OR_RETURN(extension.critical, ReadOptionalBoolean(reader));
    ASSIGN_OR_RETURN(absl::string_view value, reader.Read(der::kOctetString));
    extension.value = std::string(value);
    if (!reader.empty() || extension.oid.empty() ||
        parts_.extensions.size() == kMaxExtensions) {
      return Malformed("bad extension");
    }
    for (const Extension& other : parts_.extensions) {
      if (other.oid == extension.oid) return Malformed("extension twice");
    }
    RETURN_IF_ERROR(Interpret(extension));
    parts_.extensions.push_back(std::move(extension));
    return absl::OkStatus();
  }

  absl::Status Interpret(const Extension& extension) {
    if (extension.oid == kOidBasicConstraints) {
      return ReadBasicConstraints(extension.value);
    }
    if (extension.oid == kOidKeyUsage) return ReadKeyUsage(extension.value);
    if (extension.oid == kOidSubjectAltName) {
      ASSIGN_OR_RETURN(parts_.names, DecodeAltNames(extension.value));
    }
    return absl::OkStatus();
  }

  absl::Status ReadBasicConstraints(absl::string_view value) {
    ASSIGN_OR_RETURN(absl::string_view contents,
                     der::ReadWhole(der::kSequence, value));
    der::Reader reader(contents);
    ASSIGN_OR_RETURN(parts_.is_ca, ReadOptionalBoolean(reader));
    if (reader.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(absl::string_view number, reader.Read(der::kInteger));
    ASSIGN_OR_RETURN(uint64_t length, der::ReadUnsigned(number));
    if (!reader.empty() || length > std::numeric_limits<int>::max()) {
      return Malformed("bad basic constraints");
    }
    if (parts_.is_ca) parts_.path_length = static_cast<int>(length);
    return absl::OkStatus();
  }

  absl::Status ReadKeyUsage(absl::string_view value) {
    ASSIGN_OR_RETURN(absl::string_view bits,
                     der::ReadWhole(der::kBitString, value));
    if (bits.empty() || static_cast<uint8_t>(bits[0]) > 7) {
      return Malformed("bad key usage");
    }
    parts_.may_sign_certificates =
        bits.size() > 1 && (bits[1] & kKeyCertSign) != 0;
    return absl::OkStatus();
  }

  Certificate::Parts parts_;
};

absl::StatusOr<Certificate> Certificate::FromDer(absl::string_view der) {
  return CertificateParser().Parse(der);
}

absl::optional<std::string> Certificate::SubjectAttribute(
    absl::string_view oid) const {
  absl::optional<std::string> value;
  for (const NameAttribute& attribute : parts_->subject_attributes) {
    if (attribute.oid != oid) continue;
    if (value.has_value()) return absl::nullopt;
    value = attribute.value;
  }
  return value;
}

const Extension* Certificate::FindExtension(absl::string_view oid) const {
  for (const Extension& extension : parts_->extensions) {
    if (extension.oid == oid) return &extension;
  }
  return nullptr;
}

absl::StatusOr<PublicKey> Certificate::Key() const {
  return PublicKey::FromSpki(parts_->spki);
}

absl::StatusOr<P256PublicKey> Certificate::P256Key() const {
  return P256PublicKey::FromSpki(parts_->spki);
}

absl::Status Certificate::CheckSignedBy(const Certificate& issuer) const {
  const auto algorithm = ReadSignatureAlgorithm(parts_->signature_algorithm);
  if (!IsSameName(issuer.subject(), parts_->issuer) || !algorithm.ok() ||
      parts_->signature_algorithm != parts_->tbs_signature_algorithm) {
    return Error(reason::kSignatureInvalid,
                 "the certificate has another issuer or algorithm");
  }
  const absl::StatusOr<PublicKey> key = issuer.Key();
  if (!key.ok()) {
    return Error(reason::kSignatureInvalid, "the issuer's key is not usable");
  }
  return key->Verify(*algorithm, parts_->tbs, parts_->signature);
}

absl::optional<std::string> WithoutUnusedBits(absl::string_view der) {
  const absl::StatusOr<absl::string_view> outer =
      der::ReadWhole(der::kSequence, der);
  if (der.size() > kMaxCertificateSize || !outer.ok()) return absl::nullopt;
  der::Reader reader(*outer);
  if (!reader.Read(der::kSequence).ok() || !reader.Read(der::kSequence).ok()) {
    return absl::nullopt;
  }
  const auto bits = reader.Read(der::kBitString);
  if (!bits.ok() || !reader.empty() || bits->empty() || (*bits)[0] < 1 ||
      (*bits)[0] > 7) {
    return absl::nullopt;
  }
  std::string repaired(der);
  repaired[bits->data() - der.data()] = '\0';
  return repaired;
}

}  // namespace u2fi::crypto
