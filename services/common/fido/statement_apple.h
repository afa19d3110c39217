#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_APPLE_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_APPLE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The format "apple" (WebAuthn L3, 8.8):
//   apple_shape        x5c (and an alg that early systems sent), nothing else ·
//                      ATTESTATION_STATEMENT_INVALID
//   apple_certificate  has the nonce extension · ATTESTATION_CERT_INVALID
//   apple_nonce        SHA-256 of authenticator data and client data hash ·
//                      ATTESTATION_STATEMENT_INVALID
//   apple_key          the leaf is for the credential's key ·
//                      ATTESTATION_STATEMENT_INVALID
// Nothing is signed but the certificate: without a trusted path it proves
// nothing.
absl::StatusOr<StatementResult> VerifyAppleStatement(
    const StatementInputs& inputs);

std::vector<std::string> AppleStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_APPLE_H_
