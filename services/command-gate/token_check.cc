#include "services/command-gate/token_check.h"

#include "services/command-gate/candidates.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {

absl::Status CheckToken(attestation::AttestationClient& attestation,
                        const StoredCommand& command,
                        const records::v1::Slot& slot) {
  if (slot.has_candidate()) return absl::OkStatus();
  attestation::v1::ListCandidatesRequest request = CandidatesFor(command, slot);
  request.set_token_id(slot.approval().token_id());
  absl::Status status = attestation.ListCandidates(request).status();
  if (!IsReason(status, reason::kNoCredentials)) return status;
  return Error(reason::kTokenRevoked,
               "a token that approved may not answer any more",
               {{"token", slot.approval().token_id()}});
}

}  // namespace u2fi::command_gate
