#ifndef U2FI_SERVICES_COMMAND_GATE_TOKEN_CHECK_H_
#define U2FI_SERVICES_COMMAND_GATE_TOKEN_CHECK_H_

#include "absl/status/status.h"
#include "services/attestation/attestation_client.h"
#include "services/command-gate/command_store.h"

namespace u2fi::command_gate {

// OK while the token whose touch `slot` of `command` holds may still answer;
// TOKEN_REVOKED if it may not: revoked, suspended or in quarantine since. A
// token that `command` enrols is none yet, and is OK.
absl::Status CheckToken(attestation::AttestationClient& attestation,
                        const StoredCommand& command,
                        const records::v1::Slot& slot);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_TOKEN_CHECK_H_
