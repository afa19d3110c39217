#include "services/common/crypto/p256.h"

#include <utility>

#include "openssl/bio.h"
#include "openssl/bytestring.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/pem.h"
#include "services/common/status/error.h"

namespace u2fi::crypto {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

const EC_GROUP* Curve() {
  static const EC_GROUP* const curve =
      EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  return curve;
}

std::shared_ptr<EC_KEY> NewKey() {
  std::shared_ptr<EC_KEY> key(EC_KEY_new(), EC_KEY_free);
  EC_KEY_set_group(key.get(), Curve());
  return key;
}

bool IsOnP256(const EC_KEY* key) {
  return key != nullptr &&
         EC_GROUP_get_curve_name(EC_KEY_get0_group(key)) ==
             NID_X9_62_prime256v1 &&
         EC_KEY_check_key(key) == 1;
}

std::string PointOf(const EC_KEY* key) {
  std::string point(kP256PointSize, '\0');
  EC_POINT_point2oct(EC_KEY_get0_group(key), EC_KEY_get0_public_key(key),
                     POINT_CONVERSION_UNCOMPRESSED,
                     reinterpret_cast<uint8_t*>(point.data()), point.size(),
                     nullptr);
  return point;
}

bssl::UniquePtr<EVP_PKEY> Wrap(EC_KEY* key) {
  bssl::UniquePtr<EVP_PKEY> wrapped(EVP_PKEY_new());
  EVP_PKEY_set1_EC_KEY(wrapped.get(), key);
  return wrapped;
}

std::string Contents(BIO* bio) {
  const uint8_t* data = nullptr;
  size_t size = 0;
  BIO_mem_contents(bio, &data, &size);
  return std::string(reinterpret_cast<const char*>(data), size);
}

}  // namespace

absl::StatusOr<P256PublicKey> P256PublicKey::FromPoint(
    absl::string_view point) {
  if (point.size() != kP256PointSize || point[0] != 0x04) {
    return Error(reason::kPublicKeyInvalid,
                 "the key is not an uncompressed P-256 point of 65 bytes");
  }
  std::shared_ptr<EC_KEY> key = NewKey();
  bssl::UniquePtr<EC_POINT> parsed(EC_POINT_new(Curve()));
  // Checks the range of both coordinates and the curve's equation.
  if (!EC_POINT_oct2point(Curve(), parsed.get(), Bytes(point), point.size(),
                          nullptr) ||
      !EC_KEY_set_public_key(key.get(), parsed.get())) {
    return Error(reason::kPublicKeyInvalid, "the key is not on P-256");
  }
  return P256PublicKey(std::move(key), std::string(point));
}

absl::StatusOr<P256PublicKey> P256PublicKey::FromSpki(absl::string_view der) {
  CBS input;
  CBS_init(&input, Bytes(der), der.size());
  bssl::UniquePtr<EVP_PKEY> parsed(EVP_parse_public_key(&input));
  EC_KEY* key = parsed ? EVP_PKEY_get0_EC_KEY(parsed.get()) : nullptr;
  if (CBS_len(&input) != 0 || !IsOnP256(key)) {
    return Error(reason::kPublicKeyInvalid,
                 "not the SubjectPublicKeyInfo of a P-256 key");
  }
  EC_KEY_up_ref(key);
  return P256PublicKey(std::shared_ptr<EC_KEY>(key, EC_KEY_free), PointOf(key));
}

absl::Status P256PublicKey::Verify(const Digest& digest,
                                   absl::string_view signature) const {
  if (ECDSA_verify(0, digest.data(), digest.size(), Bytes(signature),
                   signature.size(), key_.get()) == 1) {
    return absl::OkStatus();
  }
  return Error(reason::kSignatureInvalid, "the signature does not verify");
}

std::string P256PublicKey::Spki() const {
  bssl::ScopedCBB out;
  CBB_init(out.get(), 91);
  EVP_marshal_public_key(out.get(), Wrap(key_.get()).get());
  return std::string(reinterpret_cast<const char*>(CBB_data(out.get())),
                     CBB_len(out.get()));
}

P256PrivateKey::P256PrivateKey(const std::shared_ptr<EC_KEY>& key)
    : key_(key), public_key_(key, PointOf(key.get())) {}

P256PrivateKey P256PrivateKey::Generate() {
  std::shared_ptr<EC_KEY> key = NewKey();
  EC_KEY_generate_key(key.get());
  return P256PrivateKey(key);
}

absl::StatusOr<P256PrivateKey> P256PrivateKey::FromScalar(
    absl::string_view scalar) {
  std::shared_ptr<EC_KEY> key = NewKey();
  bssl::UniquePtr<BIGNUM> number(
      BN_bin2bn(Bytes(scalar), scalar.size(), nullptr));
  bssl::UniquePtr<EC_POINT> point(EC_POINT_new(Curve()));
  // EC_KEY_set_private_key() refuses what is not below the order.
  if (scalar.size() != 32 || BN_is_zero(number.get()) ||
      !EC_KEY_set_private_key(key.get(), number.get()) ||
      !EC_POINT_mul(Curve(), point.get(), number.get(), nullptr, nullptr,
                    nullptr) ||
      !EC_KEY_set_public_key(key.get(), point.get())) {
    return absl::InvalidArgumentError("not a P-256 private key");
  }
  return P256PrivateKey(key);
}

absl::StatusOr<P256PrivateKey> P256PrivateKey::FromPem(absl::string_view pem) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(pem.data(), pem.size()));
  bssl::UniquePtr<EVP_PKEY> parsed(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  EC_KEY* key = parsed ? EVP_PKEY_get0_EC_KEY(parsed.get()) : nullptr;
  if (!IsOnP256(key)) {
    return absl::InvalidArgumentError("not the PEM of a P-256 private key");
  }
  EC_KEY_up_ref(key);
  return P256PrivateKey(std::shared_ptr<EC_KEY>(key, EC_KEY_free));
}

std::string P256PrivateKey::ToPem() const {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), Wrap(key_.get()).get(), nullptr,
                                nullptr, 0, nullptr, nullptr);
  return Contents(bio.get());
}

std::string P256PrivateKey::Sign(const Digest& digest) const {
  std::string signature(ECDSA_size(key_.get()), '\0');
  unsigned int size = 0;
  ECDSA_sign(0, digest.data(), digest.size(),
             reinterpret_cast<uint8_t*>(signature.data()), &size, key_.get());
  signature.resize(size);
  return signature;
}

}  // namespace u2fi::crypto
