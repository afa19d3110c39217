#ifndef U2FI_SERVICES_COMMAND_GATE_NEW_KEYS_H_
#define U2FI_SERVICES_COMMAND_GATE_NEW_KEYS_H_

#include "absl/status/status.h"
#include "services/command-gate/command_store.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// Whether every key that a `u2fi.pins` would make known to its device has an
// enrolment among its evidence, or is one of the accepted touches of `next`
// (proof::CheckEnrolments). Registry and agent refuse it otherwise, and an
// audit with such an approval in it would not verify. Good for any other
// operation. Errors: ENROLMENT_MISSING, ENROLMENT_INVALID, PIN_SET_FORMAT,
// those of Resolve.
absl::Status CheckNewKeys(device_registry::RegistryClient& registry,
                          const StoredCommand& command,
                          const records::v1::CommandRow& next);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_NEW_KEYS_H_
