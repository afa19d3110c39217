#include "services/common/crypto/hash_algorithm.h"

#include "openssl/digest.h"
#include "services/common/crypto/hash.h"

namespace u2fi::crypto {
namespace {

const EVP_MD* Find(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return EVP_sha1();
    case HashAlgorithm::kSha256:
      return EVP_sha256();
    case HashAlgorithm::kSha384:
      return EVP_sha384();
    case HashAlgorithm::kSha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

}  // namespace

std::string Hash(HashAlgorithm algorithm, absl::string_view data) {
  // The usual one, without the allocations of an EVP context.
  if (algorithm == HashAlgorithm::kSha256) {
    return std::string(View(Sha256(data)));
  }
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), reinterpret_cast<uint8_t*>(out.data()),
             &size, Find(algorithm), nullptr);
  out.resize(size);
  return out;
}

}  // namespace u2fi::crypto
