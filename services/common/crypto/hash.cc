#include "services/common/crypto/hash.h"

#include "absl/strings/str_cat.h"
#include "openssl/digest.h"
#include "openssl/hkdf.h"
#include "openssl/hmac.h"
#include "openssl/mem.h"
#include "openssl/sha.h"

namespace u2fi::crypto {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

Digest Sha256(std::initializer_list<absl::string_view> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (absl::string_view part : parts) {
    SHA256_Update(&context, part.data(), part.size());
  }
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

Digest HmacSha256(absl::string_view key,
                  std::initializer_list<absl::string_view> parts) {
  bssl::ScopedHMAC_CTX context;
  HMAC_Init_ex(context.get(), key.data(), key.size(), EVP_sha256(), nullptr);
  for (absl::string_view part : parts) {
    HMAC_Update(context.get(), Bytes(part), part.size());
  }
  Digest digest;
  HMAC_Final(context.get(), digest.data(), nullptr);
  return digest;
}

std::string HkdfSha256(absl::string_view secret, absl::string_view salt,
                       absl::string_view info, size_t size) {
  std::string out(size, '\0');
  HKDF(reinterpret_cast<uint8_t*>(out.data()), size, EVP_sha256(),
       Bytes(secret), secret.size(), Bytes(salt), salt.size(), Bytes(info),
       info.size());
  return out;
}

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() &&
         CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string LengthPrefixed(absl::string_view x) {
  return absl::StrCat(BigEndian32(static_cast<uint32_t>(x.size())), x);
}

std::string BigEndian32(uint32_t value) {
  std::string out(4, '\0');
  for (int i = 0; i < 4; ++i) out[i] = static_cast<char>(value >> (24 - 8 * i));
  return out;
}

std::string BigEndian64(uint64_t value) {
  return BigEndian32(static_cast<uint32_t>(value >> 32)) +
         BigEndian32(static_cast<uint32_t>(value));
}

}  // namespace u2fi::crypto
