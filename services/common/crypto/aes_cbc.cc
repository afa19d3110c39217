#include "services/common/crypto/aes_cbc.h"

#include <cstdint>
#include <cstdlib>

#include "openssl/aes.h"
#include "openssl/mem.h"

namespace u2fi::crypto {
namespace {

const uint8_t* Bytes(absl::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

std::string Run(absl::string_view key, absl::string_view iv,
                absl::string_view text, int direction) {
  if (key.size() != kAes256Key || iv.size() != kAesBlock ||
      text.size() % kAesBlock != 0) {
    std::abort();
  }
  AES_KEY schedule;
  if (direction == AES_ENCRYPT) {
    AES_set_encrypt_key(Bytes(key), kAes256Key * 8, &schedule);
  } else {
    AES_set_decrypt_key(Bytes(key), kAes256Key * 8, &schedule);
  }
  std::string chain(iv);  // It is written to.
  std::string out(text.size(), '\0');
  AES_cbc_encrypt(Bytes(text), reinterpret_cast<uint8_t*>(out.data()),
                  text.size(), &schedule,
                  reinterpret_cast<uint8_t*>(chain.data()), direction);
  OPENSSL_cleanse(&schedule, sizeof(schedule));
  return out;
}

}  // namespace

std::string EncryptAesCbc(absl::string_view key, absl::string_view iv,
                          absl::string_view text) {
  return Run(key, iv, text, AES_ENCRYPT);
}

std::string DecryptAesCbc(absl::string_view key, absl::string_view iv,
                          absl::string_view text) {
  return Run(key, iv, text, AES_DECRYPT);
}

}  // namespace u2fi::crypto
