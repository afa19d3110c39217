#ifndef U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_
#define U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_

#include "absl/status/statusor.h"
#include "services/attestation/attestation_client.h"
#include "services/command-gate/command_store.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::command_gate {

// Which tokens the approver in `slot` is to be asked for. Of acts on tokens:
//   recover         only the recovery token that the act is about
//   revoke, resume  any but the token that it is about
// Attestation decides again in Apply; this keeps people from a touch in vain.
attestation::v1::ListCandidatesRequest CandidatesFor(
    const StoredCommand& command, const records::v1::Slot& slot);

// The tokens that the account of an enrolment has: those that may approve it,
// and must not register again, and how many there are; to have none is no
// error. NO_CREDENTIALS if there are some of which none may approve.
absl::StatusOr<attestation::v1::ListCandidatesResponse> EnrolledTokens(
    attestation::AttestationClient& attestation, const StoredCommand& command);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_
