#ifndef U2FI_SERVICES_COMMON_FIDO_COSE_KEY_TEST_UTIL_H_
#define U2FI_SERVICES_COMMON_FIDO_COSE_KEY_TEST_UTIL_H_

#include <string>
#include <utility>
#include <vector>

#include "services/common/crypto/key_test_util.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/cose_key.h"

namespace u2fi::fido {

// A supported algorithm with what makes keys and signatures of it.
struct AlgorithmCase {
  const char* name;
  CoseAlgorithm algorithm;
  crypto::KeyType type;
  crypto::SignatureAlgorithm signature;
};
inline constexpr AlgorithmCase kAlgorithmCases[] = {
    {"ES256", CoseAlgorithm::kEs256, crypto::KeyType::kP256,
     crypto::SignatureAlgorithm::kEcdsaSha256},
    {"ES384", CoseAlgorithm::kEs384, crypto::KeyType::kP384,
     crypto::SignatureAlgorithm::kEcdsaSha384},
    {"EdDSA", CoseAlgorithm::kEdDsa, crypto::KeyType::kEd25519,
     crypto::SignatureAlgorithm::kEd25519},
    {"RS256", CoseAlgorithm::kRs256, crypto::KeyType::kRsa,
     crypto::SignatureAlgorithm::kRsaPkcs1Sha256},
};
inline void PrintTo(const AlgorithmCase& value, std::ostream* out) {
  *out << value.name;
}

// The members of the COSE_Key of `key`, encoded, for tests that spoil one.
using CosePairs = std::vector<std::pair<std::string, std::string>>;
inline CosePairs CosePairsOf(const crypto::TestKey& key,
                             const AlgorithmCase& kind) {
  const crypto::TestKey::Numbers numbers = key.numbers();
  const auto pair = [](int64_t label, std::string value) {
    return std::make_pair(cbor::Integer(label), std::move(value));
  };
  const auto alg = cbor::Integer(static_cast<int64_t>(kind.algorithm));
  const auto first = cbor::Bytes(numbers.first);
  const auto second = cbor::Bytes(numbers.second);
  switch (kind.algorithm) {
    case CoseAlgorithm::kRs256:
      return {pair(1, cbor::Integer(3)), pair(3, alg), pair(-1, first),
              pair(-2, second)};
    case CoseAlgorithm::kEdDsa:
      return {pair(1, cbor::Integer(1)), pair(3, alg),
              pair(-1, cbor::Integer(6)), pair(-2, first)};
    default:
      const int64_t curve = kind.type == crypto::KeyType::kP256 ? 1 : 2;
      return {pair(1, cbor::Integer(2)), pair(3, alg),
              pair(-1, cbor::Integer(curve)), pair(-2, first),
              pair(-3, second)};
  }
}

// One key of each kind for the whole program: RSA keys take long to make.
inline const crypto::TestKey& TestKeyOf(const AlgorithmCase& kind) {
  static auto* const keys = new std::vector<crypto::TestKey>([] {
    std::vector<crypto::TestKey> made;
    for (const AlgorithmCase& each : kAlgorithmCases) {
      made.push_back(crypto::TestKey::Generate(each.type));
    }
    return made;
  }());
  for (size_t i = 0; i < keys->size(); ++i) {
    if (kAlgorithmCases[i].algorithm == kind.algorithm) return (*keys)[i];
  }
  return keys->front();
}

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_COSE_KEY_TEST_UTIL_H_
