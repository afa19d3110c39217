#ifndef U2FI_SERVICES_COMMAND_GATE_BINDING_CHECK_H_
#define U2FI_SERVICES_COMMAND_GATE_BINDING_CHECK_H_

#include <vector>

#include "absl/status/status.h"
#include "services/command-gate/command_store.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// Whether device operations that were approved, `all` of one request, may still
// go down (decisions A16): the account has a role for the device, the device is
// bound, its gateway is ACTIVE, and no rule forbids the operation by now, or
// what the registry's Resolve says; the gateway that executes is the one that
// did when the command was made (GATEWAY_MISMATCH); what needed no touch needs
// none (POLICY_CHANGED); break-glass was not forbidden (BREAK_GLASS_DISABLED).
absl::Status CheckBindings(device_registry::RegistryClient& registry,
                           const std::vector<StoredCommand>& all);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_BINDING_CHECK_H_
