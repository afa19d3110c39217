#include "services/common/crypto/key_pair.h"

#include "openssl/bio.h"
#include "openssl/bytestring.h"
#include "openssl/evp.h"
#include "openssl/pem.h"

namespace u2fi::crypto {
namespace {

// Nobody is there to type a password.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

absl::Status CheckPrivateKeyOf(const Certificate& certificate,
                               absl::string_view key_pem) {
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(key_pem.data(), key_pem.size()));
  bssl::UniquePtr<EVP_PKEY> own(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (own == nullptr) {
    return absl::InvalidArgumentError("cannot be read, or is encrypted");
  }
  CBS spki;
  CBS_init(&spki, reinterpret_cast<const uint8_t*>(certificate.spki().data()),
           certificate.spki().size());
  bssl::UniquePtr<EVP_PKEY> certified(EVP_parse_public_key(&spki));
  if (certified == nullptr || EVP_PKEY_cmp(own.get(), certified.get()) != 1) {
    return absl::InvalidArgumentError("is not that of the certificate");
  }
  return absl::OkStatus();
}

}  // namespace u2fi::crypto
