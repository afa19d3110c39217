#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_TPM_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_TPM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The format "tpm" (WebAuthn L3, 8.3); ATTESTATION_STATEMENT_INVALID where no
// other reason stands:
//   tpm_shape        ver "2.0", alg, x5c, sig, certInfo, pubArea
//   tpm_algorithm    supported · ALG_NOT_ALLOWED; RS1: INSECURE_ALGORITHM
//   tpm_chain        certificates · also ATTESTATION_CERT_INVALID
//   tpm_public_area  a key, the credential's
//   tpm_magic        the TPM itself made certInfo
//   tpm_type         it certifies a key
//   tpm_extra_data   hash of authenticator data and client data hash
//   tpm_name         of the public area
//   tpm_signature    by the leaf over certInfo · SIGNATURE_INVALID
//   tpm_certificate  version 3, empty subject, the TPM's name in the
//                    alternative names, key usage of an AIK, not a CA ·
//                    ATTESTATION_CERT_INVALID
//   tpm_aaguid       if in the leaf, the same · ATTESTATION_AAGUID_MISMATCH
absl::StatusOr<StatementResult> VerifyTpmStatement(
    const StatementInputs& inputs);

std::vector<std::string> TpmStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_TPM_H_
