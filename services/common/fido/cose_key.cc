#include "services/common/fido/cose_key.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

using crypto::KeyType;
using crypto::PublicKey;
using crypto::SignatureAlgorithm;

// Labels and values of RFC 9052, 7.1 and RFC 9053, 7.
constexpr int64_t kKty = 1;
constexpr int64_t kAlg = 3;
constexpr int64_t kCurveOrModulus = -1;
constexpr int64_t kXOrExponent = -2;
constexpr int64_t kY = -3;
constexpr int64_t kKtyOkp = 1;
constexpr int64_t kKtyEc2 = 2;
constexpr int64_t kKtyRsa = 3;
constexpr int64_t kCurveP256 = 1;
constexpr int64_t kCurveP384 = 2;
constexpr int64_t kCurveEd25519 = 6;
constexpr int64_t kRs1 = -65535;
// Of a credential; certificates may have more.
constexpr size_t kMaxModulusSize = 512;

struct AlgorithmName {
  int64_t number;
  const char* name;
};
constexpr AlgorithmName kNames[] = {
    {-7, "ES256"},      {-8, "EdDSA"},   {-9, "ESP256"},     {-19, "Ed25519"},
    {-35, "ES384"},     {-36, "ES512"},  {-37, "PS256"},     {-38, "PS384"},
    {-39, "PS512"},     {-47, "ES256K"}, {-48, "ML-DSA-44"}, {-49, "ML-DSA-65"},
    {-50, "ML-DSA-87"}, {-51, "ESP384"}, {-52, "ESP512"},    {-53, "Ed448"},
    {-257, "RS256"},    {-258, "RS384"}, {-259, "RS512"},    {kRs1, "RS1"},
};

// What a supported algorithm asks of a key.
struct Profile {
  CoseAlgorithm algorithm;
  int64_t kty;
  int64_t curve;
  size_t members;
  KeyType type;
  SignatureAlgorithm signature;
};
constexpr Profile kProfiles[] = {
    {CoseAlgorithm::kEs256, kKtyEc2, kCurveP256, 5, KeyType::kP256,
     SignatureAlgorithm::kEcdsaSha256},
    {CoseAlgorithm::kEs384, kKtyEc2, kCurveP384, 5, KeyType::kP384,
     SignatureAlgorithm::kEcdsaSha384},
    {CoseAlgorithm::kEdDsa, kKtyOkp, kCurveEd25519, 4, KeyType::kEd25519,
     SignatureAlgorithm::kEd25519},
    {CoseAlgorithm::kRs256, kKtyRsa, 0, 4, KeyType::kRsa,
     SignatureAlgorithm::kRsaPkcs1Sha256},
};

const Profile* FindProfile(int64_t number) {
  for (const Profile& profile : kProfiles) {
    if (static_cast<int64_t>(profile.algorithm) == number) return &profile;
  }
  return nullptr;
}

const Profile& ProfileOf(CoseAlgorithm algorithm) {
  return *FindProfile(static_cast<int64_t>(algorithm));
}

absl::Status Invalid(absl::string_view problem) {
  return Error(reason::kPublicKeyInvalid, problem);
}

absl::optional<int64_t> IntegerAt(const CborValue& map, int64_t label) {
  const CborValue* value = map.Find(label);
  return value == nullptr ? absl::nullopt : value->AsInteger();
}

// Empty if the member is missing or not a byte string.
absl::string_view BytesAt(const CborValue& map, int64_t label) {
  const CborValue* value = map.Find(label);
  return value == nullptr ? "" : value->AsBytes().value_or("");
}

absl::StatusOr<PublicKey> ReadKey(const Profile& profile,
                                  const CborValue& map) {
  if (IntegerAt(map, kKty) != profile.kty ||
      map.AsMap()->size() != profile.members) {
    return Invalid("the kind of key or its members do not go with alg");
  }
  const absl::string_view first = BytesAt(map, kCurveOrModulus);
  const absl::string_view second = BytesAt(map, kXOrExponent);
  if (profile.kty == kKtyRsa) {
    if (first.size() > kMaxModulusSize) return Invalid("over 4096 bits");
    return PublicKey::FromRsa(first, second);
  }
  if (IntegerAt(map, kCurveOrModulus) != profile.curve) {
    return Invalid("the curve does not go with alg");
  }
  if (profile.kty == kKtyOkp) return PublicKey::FromEd25519(second);
  return PublicKey::FromCoordinates(profile.type, second, BytesAt(map, kY));
}

// In CTAP's canonical order: positive labels first, each by size.
std::string WriteKey(const Profile& profile, const CborValue& map) {
  std::vector<std::pair<std::string, std::string>> pairs = {
      {cbor::Integer(kKty), cbor::Integer(profile.kty)},
      {cbor::Integer(kAlg),
       cbor::Integer(static_cast<int64_t>(profile.algorithm))}};
  pairs.emplace_back(cbor::Integer(kCurveOrModulus),
                     profile.kty == kKtyRsa
                         ? cbor::Bytes(BytesAt(map, kCurveOrModulus))
                         : cbor::Integer(profile.curve));
  pairs.emplace_back(cbor::Integer(kXOrExponent),
                     cbor::Bytes(BytesAt(map, kXOrExponent)));
  if (profile.kty == kKtyEc2) {
    pairs.emplace_back(cbor::Integer(kY), cbor::Bytes(BytesAt(map, kY)));
  }
  return cbor::Map(pairs);
}

}  // namespace

std::string CoseAlgorithmName(int64_t number) {
  for (const AlgorithmName& known : kNames) {
    if (known.number == number) return known.name;
  }
  return absl::StrCat(number);
}

absl::StatusOr<CoseAlgorithm> SupportedAlgorithm(int64_t number) {
  if (number == kRs1) {
    return Error(reason::kInsecureAlgorithm, "RS1 signs with SHA-1");
  }
  if (const Profile* profile = FindProfile(number)) return profile->algorithm;
  const std::string name = CoseAlgorithmName(number);
  return Error(reason::kAlgNotAllowed,
               absl::StrCat("the algorithm ", name, " is not supported"),
               {{"algorithm", name}});
}

absl::Status VerifyWith(const crypto::PublicKey& key, CoseAlgorithm algorithm,
                        absl::string_view message,
                        absl::string_view signature) {
  const Profile& profile = ProfileOf(algorithm);
  if (key.type() != profile.type) {
    return Error(reason::kSignatureInvalid,
                 "the key is of another kind than the algorithm");
  }
  return key.Verify(profile.signature, message, signature);
}

CredentialKey::CredentialKey(crypto::P256PublicKey key)
    : algorithm_(CoseAlgorithm::kEs256), p256_(std::move(key)) {}

absl::StatusOr<CredentialKey> CredentialKey::FromCose(const CborValue& map) {
  if (map.AsMap() == nullptr || !IntegerAt(map, kAlg).has_value()) {
    return Invalid("not a COSE_Key with an algorithm");
  }
  ASSIGN_OR_RETURN(const CoseAlgorithm algorithm,
                   SupportedAlgorithm(*IntegerAt(map, kAlg)));
  const Profile& profile = ProfileOf(algorithm);
  ASSIGN_OR_RETURN(PublicKey key, ReadKey(profile, map));
  if (algorithm == CoseAlgorithm::kEs256) {
    ASSIGN_OR_RETURN(crypto::P256PublicKey p256, key.AsP256());
    return CredentialKey(std::move(p256));
  }
  return CredentialKey(algorithm, std::move(key), WriteKey(profile, map));
}

absl::StatusOr<CredentialKey> CredentialKey::FromStored(
    absl::string_view bytes) {
  if (bytes.size() == crypto::kP256PointSize && bytes[0] == 0x04) {
    ASSIGN_OR_RETURN(crypto::P256PublicKey point,
                     crypto::P256PublicKey::FromPoint(bytes));
    return CredentialKey(std::move(point));
  }
  const absl::StatusOr<CborValue> map = ParseCbor(bytes);
  if (!map.ok()) return Invalid("neither a point nor a COSE_Key");
  return FromCose(*map);
}

crypto::PublicKey CredentialKey::key() const {
  return p256_.has_value() ? PublicKey::FromP256(*p256_) : *other_;
}

std::string CredentialKey::Stored() const {
  return p256_.has_value() ? p256_->point() : cose_;
}

absl::Status CredentialKey::Verify(absl::string_view authenticator_data,
                                   const crypto::Digest& client_data_hash,
                                   absl::string_view signature) const {
  const absl::string_view hash = crypto::View(client_data_hash);
  if (p256_.has_value()) {
    return p256_->Verify(crypto::Sha256({authenticator_data, hash}), signature);
  }
  return VerifyWith(*other_, algorithm_, absl::StrCat(authenticator_data, hash),
                    signature);
}

}  // namespace u2fi::fido
