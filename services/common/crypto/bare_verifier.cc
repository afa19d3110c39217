#include "services/common/crypto/bare_verifier.h"

#include "openssl/bytestring.h"
#include "openssl/curve25519.h"
#include "openssl/ecdsa.h"
#include "openssl/evp.h"
#include "openssl/nid.h"
#include "openssl/rsa.h"
#include "services/common/crypto/hash_algorithm.h"

namespace u2fi::crypto {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::shared_ptr<EVP_PKEY> Parse(absl::string_view spki) {
  CBS reader;
  CBS_init(&reader, Bytes(spki), spki.size());
  return std::shared_ptr<EVP_PKEY>(EVP_parse_public_key(&reader),
                                   EVP_PKEY_free);
}

std::string InputFor(SignatureAlgorithm algorithm, absl::string_view message) {
  switch (algorithm) {
    case SignatureAlgorithm::kEd25519:
      return std::string(message);
    case SignatureAlgorithm::kEcdsaSha384:
      return Hash(HashAlgorithm::kSha384, message);
    default:
      return Hash(HashAlgorithm::kSha256, message);
  }
}

}  // namespace

BareVerifier::BareVerifier(const PublicKey& key, SignatureAlgorithm algorithm,
                           absl::string_view message)
    : key_(Parse(key.spki())),
      algorithm_(algorithm),
      input_(InputFor(algorithm, message)) {
  if (algorithm != SignatureAlgorithm::kEd25519) return;
  ed25519_.resize(ED25519_PUBLIC_KEY_LEN);
  size_t size = ed25519_.size();
  EVP_PKEY_get_raw_public_key(
      key_.get(), reinterpret_cast<uint8_t*>(ed25519_.data()), &size);
}

bool BareVerifier::Verify(absl::string_view signature) const {
  if (algorithm_ == SignatureAlgorithm::kEd25519) {
    return signature.size() == ED25519_SIGNATURE_LEN &&
           ED25519_verify(Bytes(input_), input_.size(), Bytes(signature),
                          Bytes(ed25519_)) == 1;
  }
  if (algorithm_ == SignatureAlgorithm::kRsaPkcs1Sha256) {
    return RSA_verify(NID_sha256, Bytes(input_), input_.size(),
                      Bytes(signature), signature.size(),
                      EVP_PKEY_get0_RSA(key_.get())) == 1;
  }
  return ECDSA_verify(0, Bytes(input_), input_.size(), Bytes(signature),
                      signature.size(), EVP_PKEY_get0_EC_KEY(key_.get())) == 1;
}

}  // namespace u2fi::crypto
