#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_FIDO_U2F_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_FIDO_U2F_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The format "fido-u2f" (WebAuthn L3, 8.6):
//   u2f_shape        sig and x5c, nothing else · ATTESTATION_STATEMENT_INVALID
//   u2f_certificate  exactly one, with a P-256 key ·
//                    ATTESTATION_STATEMENT_INVALID, ATTESTATION_CERT_INVALID
//   u2f_key          the credential is ES256 · ATTESTATION_STATEMENT_INVALID
//   u2f_signature    over the message of U2F · SIGNATURE_INVALID
// The AAGUID may be anything; it is not signed by itself and usually zero.
absl::StatusOr<StatementResult> VerifyFidoU2fStatement(
    const StatementInputs& inputs);

std::vector<std::string> FidoU2fStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_FIDO_U2F_H_
