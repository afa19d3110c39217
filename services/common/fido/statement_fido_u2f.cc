#include "services/common/fido/statement_fido_u2f.h"

#include "absl/strings/str_cat.h"
#include "services/common/fido/steps.h"
#include "services/common/fido/u2f_messages.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

absl::Status CheckShape(StatementState& state) {
  if (!HasExactly(state.in.statement, {"sig", "x5c"})) {
    return BadStatement("not sig and x5c");
  }
  return ReadSignatureMember(state);
}

absl::Status CheckCertificate(StatementState& state) {
  RETURN_IF_ERROR(ReadCertificates(state));
  if (state.result.chain.size() != 1) {
    return BadStatement("x5c has more than one certificate");
  }
  if (!state.leaf().P256Key().ok()) {
    return BadCertificate("the attestation key is not a P-256 key");
  }
  return absl::OkStatus();
}

absl::Status CheckKey(StatementState& state) {
  if (state.in.key.p256().has_value()) return absl::OkStatus();
  return BadStatement("a U2F credential is ES256");
}

absl::Status CheckSignature(StatementState& state) {
  const std::string message = absl::StrCat(
      absl::string_view("\0", 1), state.in.authenticator_data.rp_id_hash,
      crypto::View(state.in.client_data_hash),
      state.in.authenticator_data.credential->id, state.in.key.p256()->point());
  state.algorithm = CoseAlgorithm::kEs256;
  return CheckLeafSignature(state, message);
}

constexpr Step<StatementState> kSteps[] = {
    {"u2f_shape", CheckShape},
    {"u2f_certificate", CheckCertificate},
    {"u2f_key", CheckKey},
    {"u2f_signature", CheckSignature},
};

}  // namespace

absl::StatusOr<StatementResult> VerifyFidoU2fStatement(
    const StatementInputs& inputs) {
  StatementState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.result);
}

std::vector<std::string> FidoU2fStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
