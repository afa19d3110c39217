#ifndef U2FI_SERVICES_COMMON_FIDO_FORMATS_H_
#define U2FI_SERVICES_COMMON_FIDO_FORMATS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/statement.h"

// The attestation statement formats that are supported: none, packed,
// fido-u2f, tpm, android-key, apple.
namespace u2fi::fido {

// Compared with case.
bool IsSupportedFormat(absl::string_view format);

// Verifies a statement of a supported format with the steps of its header; of
// "none" that it is empty (none_shape · ATTESTATION_STATEMENT_INVALID).
absl::StatusOr<StatementResult> VerifyStatement(absl::string_view format,
                                                const StatementInputs& inputs);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_FORMATS_H_
