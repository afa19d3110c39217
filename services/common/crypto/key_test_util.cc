#include "services/common/crypto/key_test_util.h"

#include "openssl/bn.h"
#include "openssl/bytestring.h"
#include "openssl/curve25519.h"
#include "openssl/ec.h"
#include "openssl/ec_key.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "services/common/crypto/der.h"

namespace u2fi::crypto {
namespace {

bssl::UniquePtr<EC_KEY> NewEcKey(int curve) {
  bssl::UniquePtr<EC_KEY> key(EC_KEY_new_by_curve_name(curve));
  EC_KEY_generate_key(key.get());
  return key;
}

void FillRsa(EVP_PKEY* key, int bits) {
  bssl::UniquePtr<RSA> rsa(RSA_new());
  bssl::UniquePtr<BIGNUM> exponent(BN_new());
  BN_set_word(exponent.get(), RSA_F4);
  RSA_generate_key_ex(rsa.get(), bits, exponent.get(), nullptr);
  EVP_PKEY_set1_RSA(key, rsa.get());
}

EVP_PKEY* NewEd25519() {
  uint8_t public_key[ED25519_PUBLIC_KEY_LEN];
  uint8_t private_key[ED25519_PRIVATE_KEY_LEN];
  ED25519_keypair(public_key, private_key);
  return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, private_key,
                                      32);
}

int CurveOf(KeyType type) {
  if (type == KeyType::kP256) return NID_X9_62_prime256v1;
  return type == KeyType::kP384 ? NID_secp384r1 : NID_secp521r1;
}

const EVP_MD* DigestOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha384:
    case SignatureAlgorithm::kRsaPkcs1Sha384:
      return EVP_sha384();
    case SignatureAlgorithm::kEcdsaSha512:
    case SignatureAlgorithm::kRsaPkcs1Sha512:
      return EVP_sha512();
    case SignatureAlgorithm::kEd25519:
      return nullptr;
    default:
      return EVP_sha256();
  }
}

const char* OidOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEcdsaSha384:
      return "1.2.840.10045.4.3.3";
    case SignatureAlgorithm::kEcdsaSha512:
      return "1.2.840.10045.4.3.4";
    case SignatureAlgorithm::kRsaPkcs1Sha256:
      return "1.2.840.113549.1.1.11";
    case SignatureAlgorithm::kRsaPkcs1Sha384:
      return "1.2.840.113549.1.1.12";
    case SignatureAlgorithm::kRsaPkcs1Sha512:
      return "1.2.840.113549.1.1.13";
    case SignatureAlgorithm::kEd25519:
      return "1.3.101.112";
    default:
      return "1.2.840.10045.4.3.2";
  }
}

std::string Bytes(const BIGNUM* number, size_t size) {
  std::string out(size, '\0');
  BN_bn2bin_padded(reinterpret_cast<uint8_t*>(out.data()), size, number);
  return out;
}

TestKey::Numbers Coordinates(const EC_KEY* key) {
  const EC_GROUP* group = EC_KEY_get0_group(key);
  const bssl::UniquePtr<BIGNUM> x(BN_new()), y(BN_new());
  EC_POINT_get_affine_coordinates_GFp(group, EC_KEY_get0_public_key(key),
                                      x.get(), y.get(), nullptr);
  const size_t size = (EC_GROUP_get_degree(group) + 7) / 8;
  return {Bytes(x.get(), size), Bytes(y.get(), size)};
}

bssl::UniquePtr<ECDSA_SIG> Parse(absl::string_view signature) {
  return bssl::UniquePtr<ECDSA_SIG>(ECDSA_SIG_from_bytes(
      reinterpret_cast<const uint8_t*>(signature.data()), signature.size()));
}

}  // namespace

TestKey TestKey::Generate(KeyType type, int rsa_bits) {
  if (type == KeyType::kEd25519) {
    return TestKey(std::shared_ptr<EVP_PKEY>(NewEd25519(), EVP_PKEY_free));
  }
  std::shared_ptr<EVP_PKEY> key(EVP_PKEY_new(), EVP_PKEY_free);
  if (type == KeyType::kRsa) {
    FillRsa(key.get(), rsa_bits);
  } else {
    EVP_PKEY_set1_EC_KEY(key.get(), NewEcKey(CurveOf(type)).get());
  }
  return TestKey(std::move(key));
}

std::string TestKey::Sign(SignatureAlgorithm algorithm,
                          absl::string_view message) const {
  bssl::ScopedEVP_MD_CTX context;
  EVP_PKEY_CTX* options = nullptr;
  EVP_DigestSignInit(context.get(), &options, DigestOf(algorithm), nullptr,
                     key_.get());
  if (algorithm == SignatureAlgorithm::kRsaPssSha256) {
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, -1);
  }
  std::string signature(1024, '\0');
  size_t size = signature.size();
  EVP_DigestSign(context.get(), reinterpret_cast<uint8_t*>(signature.data()),
                 &size, reinterpret_cast<const uint8_t*>(message.data()),
                 message.size());
  signature.resize(size);
  return signature;
}

std::string TestKey::spki() const {
  bssl::ScopedCBB out;
  CBB_init(out.get(), 128);
  EVP_marshal_public_key(out.get(), key_.get());
  return std::string(reinterpret_cast<const char*>(CBB_data(out.get())),
                     CBB_len(out.get()));
}

TestKey::Numbers TestKey::numbers() const {
  if (const EC_KEY* ec = EVP_PKEY_get0_EC_KEY(key_.get())) {
    return Coordinates(ec);
  }
  if (const RSA* rsa = EVP_PKEY_get0_RSA(key_.get())) {
    return {Bytes(RSA_get0_n(rsa), RSA_size(rsa)), Bytes(RSA_get0_e(rsa), 3)};
  }
  std::string bytes(ED25519_PUBLIC_KEY_LEN, '\0');
  size_t size = bytes.size();
  EVP_PKEY_get_raw_public_key(key_.get(),
                              reinterpret_cast<uint8_t*>(bytes.data()), &size);
  return {bytes, ""};
}

CertificateSigner TestKey::Signer(SignatureAlgorithm algorithm) const {
  return {der::Sequence({der::Oid(OidOf(algorithm))}),
          [key = *this, algorithm](absl::string_view message) {
            return key.Sign(algorithm, message);
          }};
}

std::string RawSignature(absl::string_view signature) {
  const bssl::UniquePtr<ECDSA_SIG> parsed = Parse(signature);
  return Bytes(ECDSA_SIG_get0_r(parsed.get()), 32) +
         Bytes(ECDSA_SIG_get0_s(parsed.get()), 32);
}

std::string TwinSignature(absl::string_view signature) {
  const bssl::UniquePtr<ECDSA_SIG> parsed = Parse(signature);
  const bssl::UniquePtr<EC_KEY> key = NewEcKey(NID_X9_62_prime256v1);
  bssl::UniquePtr<BIGNUM> s(BN_new());
  BN_sub(s.get(), EC_GROUP_get0_order(EC_KEY_get0_group(key.get())),
         ECDSA_SIG_get0_s(parsed.get()));
  const size_t size = 32;
  return der::Sequence(
      {der::Integer(Bytes(ECDSA_SIG_get0_r(parsed.get()), size)),
       der::Integer(Bytes(s.get(), size))});
}

}  // namespace u2fi::crypto
