#ifndef U2FI_TOOLS_DEVICE_EMULATOR_KIT_VERIFIER_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_KIT_VERIFIER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/proof/verify_proof.h"

namespace u2fi::device {

// Verifies a command that came over the link: with its proof, or as one that
// the pin set calls FREE if `proof_bytes` is empty. The device kit decides
// (services/common/proof/c, as every maker of devices links it): what it
// refuses is refused, with its reason. What it lets pass is read again by the
// C++ verifier, which gives the typed result and has the same opinion; should
// it ever refuse, that counts too. `inputs` as for VerifyProof().
absl::StatusOr<proof::VerifiedCommand> VerifyWithKit(
    absl::string_view command_bytes, absl::string_view proof_bytes,
    const proof::VerifyInputs& inputs);

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_KIT_VERIFIER_H_
