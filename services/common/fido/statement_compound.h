#ifndef U2FI_SERVICES_COMMON_FIDO_STATEMENT_COMPOUND_H_
#define U2FI_SERVICES_COMMON_FIDO_STATEMENT_COMPOUND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/statement.h"

namespace u2fi::fido {

// The name of the format (WebAuthn L3, 8.9).
inline constexpr char kFormatCompound[] = "compound";
inline constexpr size_t kMaxCompoundParts = 8;

struct VerifiedStatement {
  // A supported one, never kFormatCompound.
  std::string format;
  StatementResult result;
};

// Verifies the statement of an attestation object, or the several of the format
// "compound", all of which have to verify:
//   compound_shape   2 to 8 maps of fmt and attStmt, none of them compound ·
//                    ATTESTATION_STATEMENT_INVALID
//   compound_format  each of a supported format · FORMAT_UNSUPPORTED
// and then the steps of the formats, one statement after the other.
absl::StatusOr<std::vector<VerifiedStatement>> VerifyStatements(
    absl::string_view format, const StatementInputs& inputs);

std::vector<std::string> CompoundStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STATEMENT_COMPOUND_H_
