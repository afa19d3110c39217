#include "services/common/fido/statement_apple.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

constexpr char kNonceExtension[] = "1.2.840.113635.100.8.2";

absl::Status CheckShape(StatementState& state) {
  if (HasExactly(state.in.statement, {"x5c"}) ||
      HasExactly(state.in.statement, {"alg", "x5c"})) {
    return absl::OkStatus();
  }
  return BadStatement("not x5c alone");
}

absl::Status CheckCertificate(StatementState& state) {
  RETURN_IF_ERROR(ReadCertificates(state));
  if (state.leaf().FindExtension(kNonceExtension) != nullptr) {
    return absl::OkStatus();
  }
  return BadCertificate("the leaf has no nonce");
}

// SEQUENCE { [1] EXPLICIT OCTET STRING }: the one form is built and compared.
absl::Status CheckNonce(StatementState& state) {
  const crypto::Digest nonce = crypto::Sha256(state.in.SignedBytes());
  const std::string expected = der::Sequence({der::Write(
      der::Context(1), der::Write(der::kOctetString, crypto::View(nonce)))});
  if (crypto::ConstantTimeEquals(
          state.leaf().FindExtension(kNonceExtension)->value, expected)) {
    return absl::OkStatus();
  }
  return BadStatement("the nonce is of another registration");
}

constexpr Step<StatementState> kSteps[] = {
    {"apple_shape", CheckShape},
    {"apple_certificate", CheckCertificate},
    {"apple_nonce", CheckNonce},
    {"apple_key", CheckLeafKeyIsCredential},
};

}  // namespace

absl::StatusOr<StatementResult> VerifyAppleStatement(
    const StatementInputs& inputs) {
  StatementState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.result);
}

std::vector<std::string> AppleStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
