#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_PACKED_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_PACKED_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The format "packed" (WebAuthn L3, 8.2), with certificates or self-signed:
//   packed_shape        alg, sig and perhaps x5c, nothing else ·
//                       ATTESTATION_STATEMENT_INVALID
//   packed_algorithm    supported · ALG_NOT_ALLOWED, INSECURE_ALGORITHM; self:
//                       the credential's · ALG_MISMATCH
//   packed_chain        certificates · ATTESTATION_STATEMENT_INVALID,
//                       ATTESTATION_CERT_INVALID
//   packed_signature    by the leaf or the credential · SIGNATURE_INVALID
//   packed_certificate  version 3, subject as in 8.2.1, not a CA ·
//                       ATTESTATION_CERT_INVALID
//   packed_aaguid       if in the leaf, the same · ATTESTATION_AAGUID_MISMATCH
absl::StatusOr<StatementResult> VerifyPackedStatement(
    const StatementInputs& inputs);

std::vector<std::string> PackedStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_PACKED_H_
