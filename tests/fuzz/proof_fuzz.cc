// A command with a proof, checked by C++ and by the C kit, which must give the
// same answer. Input: parts command and pin set, then the proof.
#include <cstdlib>
#include <iostream>

#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/verify_proof.h"
#include "tests/fuzz/proof_parts.h"

namespace u2fi::proof {
namespace {

std::string InCpp(const std::string& command, const std::string& proof,
                  const VerifyInputs& in) {
  const absl::Status status = VerifyProof(command, proof, in).status();
  return status.ok() ? "ok" : StepOf(status) + " " + ReasonOf(status);
}

std::string InC(const std::string& command, const std::string& proof,
                const std::string& pins, const VerifyInputs& inputs) {
  u2fi_input in = KitInput(inputs);
  in.command = KitBytes(command);
  in.proof = KitBytes(proof);
  in.pins = KitBytes(pins);
  u2fi_verified verified;
  (void)u2fi_verify_free(&in, &verified);
  const u2fi_reason reason = u2fi_verify(&in, &verified);
  if (reason == U2FI_OK) return "ok";
  return std::string(u2fi_step_name(verified.step)) + " " +
         u2fi_reason_name(reason);
}

// The kit does not read acts on accounts.
bool IsForDevice(const std::string& command) {
  const absl::StatusOr<v1::Command> parsed = ParseCommand(command);
  return !parsed.ok() || !AccountOfTarget(parsed->device()).has_value();
}

int Verify(const uint8_t* data, size_t size) {
  u2fi::fuzz::Parts parts(data, size);
  const std::string command = parts.Next();
  const std::string pins_bytes = parts.Next();
  const std::string proof = parts.Rest();
  VerifyInputs in;
  in.now_ms = 1'700'000'000'000;
  absl::optional<PinSet> pins;
  if (!pins_bytes.empty()) {
    absl::StatusOr<PinSet> parsed = PinSet::Parse(pins_bytes);
    // A device has only pin sets that it accepted.
    if (!parsed.ok()) return 0;
    pins = *std::move(parsed);
    in.pins = &*pins;
  }
  (void)VerifyFree(command, in);
  const std::string cpp = InCpp(command, proof, in);
  // Two faults at once may differ in what is named first where the kit does
  // not know the operation.
  if (!IsForDevice(command) || cpp == "format OPERATION_UNKNOWN" ||
      cpp == "format COMMAND_FORMAT") {
    return 0;
  }
  const std::string c = InC(command, proof, pins_bytes, in);
  if (c != cpp) {
    std::cerr << "C says " << c << ", C++ says " << cpp << "\n";
    std::abort();
  }
  return 0;
}

}  // namespace
}  // namespace u2fi::proof

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return u2fi::proof::Verify(data, size);
}
