#ifndef U2FI_SERVICES_COMMON_CRYPTO_KEY_PAIR_H_
#define U2FI_SERVICES_COMMON_CRYPTO_KEY_PAIR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/certificate.h"

namespace u2fi::crypto {

// Checks that the first private key in `key_pem`, of any kind and not
// encrypted, is that of `certificate`. INVALID_ARGUMENT otherwise; the message
// ends a sentence about the key ("is not that of the certificate").
absl::Status CheckPrivateKeyOf(const Certificate& certificate,
                               absl::string_view key_pem);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_KEY_PAIR_H_
