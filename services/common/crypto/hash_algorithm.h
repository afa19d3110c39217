#ifndef U2FI_SERVICES_COMMON_CRYPTO_HASH_ALGORITHM_H_
#define U2FI_SERVICES_COMMON_CRYPTO_HASH_ALGORITHM_H_

#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::crypto {

// Hashes chosen by data: attestation statements, certificates, metadata. Our
// own protocol uses Sha256() of hash.h.
enum class HashAlgorithm {
  // Only to name things (attestation key identifiers of metadata statements),
  // never under a signature.
  kSha1,
  kSha256,
  kSha384,
  kSha512,
};

// The hash of `data`: 20, 32, 48 or 64 bytes.
std::string Hash(HashAlgorithm algorithm, absl::string_view data);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_HASH_ALGORITHM_H_
