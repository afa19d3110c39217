#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_ANDROID_KEY_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_ANDROID_KEY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The format "android-key" (WebAuthn L3, 8.4). Of the key description's two
// lists only the one that trusted hardware enforces counts:
//   android_shape           alg, sig and x5c · ATTESTATION_STATEMENT_INVALID
//   android_algorithm       supported · ALG_NOT_ALLOWED, INSECURE_ALGORITHM
//   android_chain           certificates · ATTESTATION_STATEMENT_INVALID,
//                           ATTESTATION_CERT_INVALID
//   android_signature       by the leaf · SIGNATURE_INVALID
//   android_key             the leaf is for the credential's key ·
//                           ATTESTATION_STATEMENT_INVALID
//   android_description     the leaf has a key description ·
//                           ATTESTATION_CERT_INVALID
//   android_challenge       the client data hash ·
//   ATTESTATION_STATEMENT_INVALID android_scope           no list has
//   allApplications · same android_origin          GENERATED in hardware · same
//   android_purpose         SIGN and nothing else, in hardware · same
absl::StatusOr<StatementResult> VerifyAndroidKeyStatement(
    const StatementInputs& inputs);

std::vector<std::string> AndroidKeyStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_ANDROID_KEY_H_
