#include "services/common/crypto/public_key.h"

#include <array>
#include <utility>

#include "openssl/bn.h"
#include "openssl/bytestring.h"
#include "openssl/curve25519.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "services/common/crypto/hash_algorithm.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

constexpr size_t kMaxSpkiSize = 2048;
constexpr unsigned kMinRsaBits = 2048;
constexpr unsigned kMaxRsaBits = 8192;

using BigNumber = bssl::UniquePtr<BIGNUM>;

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

absl::Status Invalid(absl::string_view problem) {
  return Error(reason::kPublicKeyInvalid, problem);
}

std::shared_ptr<EVP_PKEY> NewKey() {
  return std::shared_ptr<EVP_PKEY>(EVP_PKEY_new(), EVP_PKEY_free);
}

BigNumber Parse(absl::string_view big_endian) {
  return BigNumber(BN_bin2bn(Bytes(big_endian), big_endian.size(), nullptr));
}

absl::StatusOr<KeyType> EcType(const EC_KEY* key) {
  if (EC_KEY_check_key(key) != 1) return Invalid("the point is not valid");
  switch (EC_GROUP_get_curve_name(EC_KEY_get0_group(key))) {
    case NID_X9_62_prime256v1:
      return KeyType::kP256;
    case NID_secp384r1:
      return KeyType::kP384;
    case NID_secp521r1:
      return KeyType::kP521;
    default:
      return Invalid("the curve is not supported");
  }
}

absl::StatusOr<KeyType> RsaType(const RSA* key) {
  const BIGNUM* modulus = RSA_get0_n(key);
  const BIGNUM* exponent = RSA_get0_e(key);
  const unsigned bits = BN_num_bits(modulus);
  if (bits < kMinRsaBits || bits > kMaxRsaBits || !BN_is_odd(modulus)) {
    return Invalid("an RSA modulus has 2048 to 8192 bits and is odd");
  }
  if (!BN_is_odd(exponent) || BN_is_one(exponent) ||
      BN_num_bits(exponent) > 32) {
    return Invalid("an RSA exponent is odd, at least 3 and below 2^32");
  }
  return KeyType::kRsa;
}

// y = 0, 1, -1 and the two of order 8 (RFC 8032, 5.1): anyone can sign for
// these points.
bool HasSmallOrder(const BIGNUM* y, const BIGNUM* p) {
  static constexpr const char* kOrderEight[] = {
      "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
      "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7"};
  BigNumber minus_one(BN_dup(p));
  BN_sub_word(minus_one.get(), 1);
  if (BN_is_zero(y) || BN_is_one(y) || BN_cmp(y, minus_one.get()) == 0) {
    return true;
  }
  for (const char* hex : kOrderEight) {
    BIGNUM* parsed = nullptr;
    BN_hex2bn(&parsed, hex);
    const BigNumber owner(parsed);
    if (BN_cmp(y, parsed) == 0) return true;
  }
  return false;
}

// Whether -x^2 + y^2 = 1 + d x^2 y^2 has a solution x: RFC 8032, 5.1.3 decodes
// with u = y^2 - 1 and v = d y^2 + 1, and u / v is a square exactly if u v is.
bool IsOnEdwards25519(const BIGNUM* y, const BIGNUM* p, BN_CTX* context) {
  BIGNUM* parsed_d = nullptr;
  BN_hex2bn(&parsed_d,
            "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");
  const BigNumber d(parsed_d);
  const BigNumber u(BN_new()), v(BN_new()), half(BN_dup(p)), power(BN_new());
  BN_mod_sqr(u.get(), y, p, context);
  BN_mod_mul(v.get(), u.get(), d.get(), p, context);
  BN_sub_word(u.get(), 1);
  BN_add_word(v.get(), 1);
  BN_mod_mul(u.get(), u.get(), v.get(), p, context);
  BN_rshift1(half.get(), half.get());
  return BN_mod_exp(power.get(), u.get(), half.get(), p, context) == 1 &&
         BN_is_one(power.get());
}

bool IsGoodEd25519(absl::string_view bytes) {
  std::string big_endian(bytes.rbegin(), bytes.rend());
  big_endian[0] &= 0x7f;
  const BigNumber y = Parse(big_endian);
  const BigNumber p(BN_new());
  BN_set_bit(p.get(), 255);
  BN_sub_word(p.get(), 19);
  const bssl::UniquePtr<BN_CTX> context(BN_CTX_new());
  return BN_cmp(y.get(), p.get()) < 0 && !HasSmallOrder(y.get(), p.get()) &&
         IsOnEdwards25519(y.get(), p.get(), context.get());
}

absl::StatusOr<KeyType> Ed25519Type(const EVP_PKEY* key) {
  std::string bytes(ED25519_PUBLIC_KEY_LEN, '\0');
  size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key, reinterpret_cast<uint8_t*>(bytes.data()),
                              &size);
  if (!IsGoodEd25519(bytes)) return Invalid("not an Ed25519 point");
  return KeyType::kEd25519;
}

absl::StatusOr<KeyType> TypeOf(EVP_PKEY* key) {
  switch (EVP_PKEY_id(key)) {
    case EVP_PKEY_EC:
      return EcType(EVP_PKEY_get0_EC_KEY(key));
    case EVP_PKEY_RSA:
      return RsaType(EVP_PKEY_get0_RSA(key));
    case EVP_PKEY_ED25519:
      return Ed25519Type(key);
    default:
      return Invalid("the kind of key is not supported");
  }
}

struct Scheme {
  SignatureAlgorithm algorithm;
  HashAlgorithm hash;
  int hash_nid;
};
constexpr Scheme kSchemes[] = {
    {SignatureAlgorithm::kEcdsaSha256, HashAlgorithm::kSha256, NID_sha256},
    {SignatureAlgorithm::kEcdsaSha384, HashAlgorithm::kSha384, NID_sha384},
    {SignatureAlgorithm::kEcdsaSha512, HashAlgorithm::kSha512, NID_sha512},
    {SignatureAlgorithm::kRsaPkcs1Sha256, HashAlgorithm::kSha256, NID_sha256},
    {SignatureAlgorithm::kRsaPkcs1Sha384, HashAlgorithm::kSha384, NID_sha384},
    {SignatureAlgorithm::kRsaPkcs1Sha512, HashAlgorithm::kSha512, NID_sha512},
    {SignatureAlgorithm::kRsaPssSha256, HashAlgorithm::kSha256, NID_sha256},
};

const Scheme& SchemeOf(SignatureAlgorithm algorithm) {
  for (const Scheme& scheme : kSchemes) {
    if (scheme.algorithm == algorithm) return scheme;
  }
  return kSchemes[0];
}

bool VerifyEcdsa(EVP_PKEY* key, SignatureAlgorithm algorithm,
                 absl::string_view message, absl::string_view signature) {
  const std::string digest = Hash(SchemeOf(algorithm).hash, message);
  return ECDSA_verify(0, Bytes(digest), digest.size(), Bytes(signature),
                      signature.size(), EVP_PKEY_get0_EC_KEY(key)) == 1;
}

bool VerifyRsa(EVP_PKEY* key, SignatureAlgorithm algorithm,
               absl::string_view message, absl::string_view signature) {
  const Scheme& scheme = SchemeOf(algorithm);
  const std::string digest = Hash(scheme.hash, message);
  RSA* rsa = EVP_PKEY_get0_RSA(key);
  if (algorithm == SignatureAlgorithm::kRsaPssSha256) {
    return RSA_verify_pss_mgf1(rsa, Bytes(digest), digest.size(), EVP_sha256(),
                               nullptr, -1, Bytes(signature),
                               signature.size()) == 1;
  }
  return RSA_verify(scheme.hash_nid, Bytes(digest), digest.size(),
                    Bytes(signature), signature.size(), rsa) == 1;
}

bool VerifyEd25519(const EVP_PKEY* key, absl::string_view message,
                   absl::string_view signature) {
  std::array<uint8_t, ED25519_PUBLIC_KEY_LEN> bytes{};
  size_t size = bytes.size();
  return signature.size() == ED25519_SIGNATURE_LEN &&
         EVP_PKEY_get_raw_public_key(key, bytes.data(), &size) == 1 &&
         ED25519_verify(Bytes(message), message.size(), Bytes(signature),
                        bytes.data()) == 1;
}

bool VerifyAny(EVP_PKEY* key, SignatureAlgorithm algorithm,
               absl::string_view message, absl::string_view signature) {
  const int id = EVP_PKEY_id(key);
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha256:
    case SignatureAlgorithm::kEcdsaSha384:
    case SignatureAlgorithm::kEcdsaSha512:
      return id == EVP_PKEY_EC &&
             VerifyEcdsa(key, algorithm, message, signature);
    case SignatureAlgorithm::kRsaPkcs1Sha256:
    case SignatureAlgorithm::kRsaPkcs1Sha384:
    case SignatureAlgorithm::kRsaPkcs1Sha512:
    case SignatureAlgorithm::kRsaPssSha256:
      return id == EVP_PKEY_RSA &&
             VerifyRsa(key, algorithm, message, signature);
    case SignatureAlgorithm::kEd25519:
      return id == EVP_PKEY_ED25519 && VerifyEd25519(key, message, signature);
  }
  return false;
}

}  // namespace

absl::StatusOr<PublicKey> PublicKey::Check(std::shared_ptr<EVP_PKEY> key) {
  ASSIGN_OR_RETURN(const KeyType type, TypeOf(key.get()));
  bssl::ScopedCBB out;
  CBB_init(out.get(), 128);
  if (EVP_marshal_public_key(out.get(), key.get()) != 1) {
    return Invalid("the key cannot be encoded");
  }
  std::string spki(reinterpret_cast<const char*>(CBB_data(out.get())),
                   CBB_len(out.get()));
  return PublicKey(std::move(key), type, std::move(spki));
}

absl::StatusOr<PublicKey> PublicKey::FromSpki(absl::string_view der) {
  if (der.size() > kMaxSpkiSize) return Invalid("the key is too long");
  CBS input;
  CBS_init(&input, Bytes(der), der.size());
  std::shared_ptr<EVP_PKEY> key(EVP_parse_public_key(&input), EVP_PKEY_free);
  if (key == nullptr || CBS_len(&input) != 0) {
    return Invalid("not a SubjectPublicKeyInfo");
  }
  return Check(std::move(key));
}

absl::StatusOr<PublicKey> PublicKey::FromCoordinates(KeyType curve,
                                                     absl::string_view x,
                                                     absl::string_view y) {
  if (curve != KeyType::kP256 && curve != KeyType::kP384) {
    return Invalid("the curve is not supported");
  }
  const bool is_p256 = curve == KeyType::kP256;
  const size_t size = is_p256 ? 32 : 48;
  if (x.size() != size || y.size() != size) {
    return Invalid("a coordinate has another length than the field");
  }
  const bssl::UniquePtr<EC_KEY> ec(
      EC_KEY_new_by_curve_name(is_p256 ? NID_X9_62_prime256v1 : NID_secp384r1));
  const BigNumber big_x = Parse(x), big_y = Parse(y);
  // Checks the range of both and the curve's equation.
  if (!EC_KEY_set_public_key_affine_coordinates(ec.get(), big_x.get(),
                                                big_y.get())) {
    return Invalid("the point is not on the curve");
  }
  std::shared_ptr<EVP_PKEY> key = NewKey();
  EVP_PKEY_set1_EC_KEY(key.get(), ec.get());
  return Check(std::move(key));
}

absl::StatusOr<PublicKey> PublicKey::FromRsa(absl::string_view modulus,
                                             absl::string_view exponent) {
  if (modulus.empty() || exponent.empty() || modulus[0] == 0 ||
      exponent[0] == 0 || modulus.size() > kMaxRsaBits / 8 ||
      exponent.size() > 4) {
    return Invalid("an RSA number is empty, padded or too long");
  }
  const bssl::UniquePtr<RSA> rsa(RSA_new());
  RSA_set0_key(rsa.get(), Parse(modulus).release(), Parse(exponent).release(),
               nullptr);
  std::shared_ptr<EVP_PKEY> key = NewKey();
  EVP_PKEY_set1_RSA(key.get(), rsa.get());
  return Check(std::move(key));
}

absl::StatusOr<PublicKey> PublicKey::FromEd25519(absl::string_view bytes) {
  if (bytes.size() != ED25519_PUBLIC_KEY_LEN) {
    return Invalid("an Ed25519 key has 32 bytes");
  }
  return Check(std::shared_ptr<EVP_PKEY>(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(bytes),
                                  bytes.size()),
      EVP_PKEY_free));
}

PublicKey PublicKey::FromP256(const P256PublicKey& key) {
  // A P256PublicKey is valid by construction.
  return *FromSpki(key.Spki());
}

absl::StatusOr<P256PublicKey> PublicKey::AsP256() const {
  return P256PublicKey::FromSpki(spki_);
}

absl::Status PublicKey::Verify(SignatureAlgorithm algorithm,
                               absl::string_view message,
                               absl::string_view signature) const {
  if (VerifyAny(key_.get(), algorithm, message, signature)) {
    return absl::OkStatus();
  }
  return Error(reason::kSignatureInvalid, "the signature does not verify");
}

}  // namespace u2fi::crypto
