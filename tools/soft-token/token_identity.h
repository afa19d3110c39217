#ifndef U2FI_TOOLS_SOFT_TOKEN_TOKEN_IDENTITY_H_
#define U2FI_TOOLS_SOFT_TOKEN_TOKEN_IDENTITY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/p256.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"

namespace u2fi::soft_token {

// What makes one token that token, from its first start on. Two tokens with
// the same identity are clones. Cheap to copy. Secret, all but the certificate.
struct TokenIdentity {
  // 32 bytes, from which key handles and private keys are derived.
  std::string secret;
  // Signs registrations. Real tokens share one such key per production batch;
  // each soft token has its own.
  crypto::P256PrivateKey attestation_key;
  // Of the attestation key, self-signed, X.509 in DER, CN "U2Fi Soft Token",
  // with the FIDO extension that says "USB".
  std::string certificate;
};

// A new identity. The certificate is good from the day before now for 20 years.
TokenIdentity NewIdentity(const Clock& clock, RandomSource& random);

// The identity as text for a file, and back. INVALID_FIELD if it is not one or
// if the certificate is not for the key.
std::string ToText(const TokenIdentity& identity);
absl::StatusOr<TokenIdentity> FromText(absl::string_view text);

}  // namespace u2fi::soft_token

#endif  // U2FI_TOOLS_SOFT_TOKEN_TOKEN_IDENTITY_H_
