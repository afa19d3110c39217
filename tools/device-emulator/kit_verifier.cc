#include "tools/device-emulator/kit_verifier.h"

#include "services/common/proof/c/kit_crypto.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

absl::Status KitVerdict(const std::string& command, const std::string& proof,
                        const proof::VerifyInputs& inputs) {
  u2fi_input in = proof::KitInput(inputs);
  in.command = proof::KitBytes(command);
  in.proof = proof::KitBytes(proof);
  if (inputs.pins != nullptr) in.pins = proof::KitBytes(inputs.pins->bytes());
  if (inputs.lease_offer != nullptr) {
    in.lease_offer = proof::KitBytes(inputs.lease_offer->offer());
    in.lease_offer_signature = proof::KitBytes(inputs.lease_offer->signature());
  }
  u2fi_verified verified;
  const u2fi_reason verdict = proof.empty() ? u2fi_verify_free(&in, &verified)
                                            : u2fi_verify(&in, &verified);
  if (verdict == U2FI_OK) return absl::OkStatus();
  return Error({u2fi_reason_name(verdict), absl::StatusCode::kPermissionDenied},
               "the device kit refuses",
               {{"step", u2fi_step_name(verified.step)}});
}

}  // namespace

absl::StatusOr<proof::VerifiedCommand> VerifyWithKit(
    absl::string_view command_bytes, absl::string_view proof_bytes,
    const proof::VerifyInputs& inputs) {
  RETURN_IF_ERROR(
      KitVerdict(std::string(command_bytes), std::string(proof_bytes), inputs));
  if (proof_bytes.empty()) return proof::VerifyFree(command_bytes, inputs);
  return proof::VerifyProof(command_bytes, proof_bytes, inputs);
}

}  // namespace u2fi::device
