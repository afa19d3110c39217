#ifndef U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_
#define U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_

#include "services/command-gate/command_store.h"
#include "u2fi/attestation/v1/verify.pb.h"

namespace u2fi::command_gate {

// Which tokens the approver in `slot` is to be asked for. Of acts on tokens:
//   recover         only the recovery token that the act is about
//   revoke, resume  any but the token that it is about
// Attestation decides again in Apply; this keeps people from a touch in vain.
attestation::v1::ListCandidatesRequest CandidatesFor(
    const StoredCommand& command, const records::v1::Slot& slot);

// The tokens that the account has, for a question that none of them is to
// answer: those that may approve an enrolment.
attestation::v1::ListCandidatesRequest EnrolledOf(const StoredCommand& command);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_CANDIDATES_H_
