#include "services/common/fido/statement_packed.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "services/common/fido/steps.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido {
namespace {

constexpr char kUnit[] = "Authenticator Attestation";

bool IsSelf(const StatementState& state) {
  return state.in.statement.Find("x5c") == nullptr;
}

absl::Status CheckShape(StatementState& state) {
  const CborValue& statement = state.in.statement;
  state.result.is_self = IsSelf(state);
  if (!HasExactly(statement, {"alg", "sig", "x5c"}) &&
      !HasExactly(statement, {"alg", "sig"})) {
    return BadStatement("not alg, sig and perhaps x5c");
  }
  return ReadSignatureMember(state);
}

absl::Status CheckAlgorithm(StatementState& state) {
  RETURN_IF_ERROR(ReadAlgorithm(state));
  if (!IsSelf(state) || state.algorithm == state.in.key.algorithm()) {
    return absl::OkStatus();
  }
  return Error(reason::kAlgMismatch, "alg is not the credential's");
}

absl::Status ReadChain(StatementState& state) {
  return IsSelf(state) ? absl::OkStatus() : ReadCertificates(state);
}

absl::Status CheckSignature(StatementState& state) {
  if (!IsSelf(state)) return CheckLeafSignature(state, state.in.SignedBytes());
  return state.in.key.Verify(state.in.authenticator_data_bytes,
                             state.in.client_data_hash, state.signature);
}

bool IsCountry(const absl::optional<std::string>& value) {
  return value.has_value() && value->size() == 2 &&
         std::all_of(value->begin(), value->end(), absl::ascii_isalpha);
}

absl::Status CheckCertificate(StatementState& state) {
  if (IsSelf(state)) return absl::OkStatus();
  const crypto::Certificate& leaf = state.leaf();
  if (leaf.version() != 3) return BadCertificate("not of version 3");
  if (leaf.is_ca()) return BadCertificate("the leaf is a CA");
  if (!IsCountry(leaf.SubjectAttribute(crypto::kOidCountry)) ||
      leaf.SubjectAttribute(crypto::kOidOrganization).value_or("").empty() ||
      leaf.SubjectAttribute(crypto::kOidOrganizationalUnit) != kUnit ||
      leaf.SubjectAttribute(crypto::kOidCommonName).value_or("").empty()) {
    return BadCertificate("the subject is not as packed attestation wants it");
  }
  return absl::OkStatus();
}

absl::Status CheckAaguid(StatementState& state) {
  return IsSelf(state) ? absl::OkStatus() : CheckAaguidExtension(state);
}

constexpr Step<StatementState> kSteps[] = {
    {"packed_shape", CheckShape},
    {"packed_algorithm", CheckAlgorithm},
    {"packed_chain", ReadChain},
    {"packed_signature", CheckSignature},
    {"packed_certificate", CheckCertificate},
    {"packed_aaguid", CheckAaguid},
};

}  // namespace

absl::StatusOr<StatementResult> VerifyPackedStatement(
    const StatementInputs& inputs) {
  StatementState state(inputs);
  RETURN_IF_ERROR(RunSteps(kSteps, state));
  return std::move(state.result);
}

std::vector<std::string> PackedStepNames() { return StepNames(kSteps); }

}  // namespace u2fi::fido
