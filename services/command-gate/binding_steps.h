#ifndef U2FI_SERVICES_COMMAND_GATE_BINDING_STEPS_H_
#define U2FI_SERVICES_COMMAND_GATE_BINDING_STEPS_H_

#include <string>

#include "absl/status/status.h"
#include "services/command-gate/approvers.h"
#include "services/command-gate/submission.h"
#include "u2fi/command_gate/records/v1/records.pb.h"
#include "u2fi/device_registry/v1/mesh.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::command_gate {

// What is special about taking in a command that changes what a bound device
// believes: `u2fi.pins` under PINS and TRANSFER, and `u2fi.unbind`.

bool ChangesBinding(proof::v1::Purpose purpose);

// Id of the account that is to own the device; empty unless under TRANSFER.
std::string NewOwnerOf(const Submission& submission);

// OK for other commands. Its owner asks (NOT_A_MEMBER), and the change follows
// the pin set that the registry knows: PINS_REVISION, PINS_PREVIOUS,
// PIN_SET_FORMAT; another owner under TRANSFER alone: PINS_CHANGE. Device,
// agent and registry check all of it.
absl::Status CheckBindingChange(const Submission& submission,
                                const device_registry::v1::ResolvedItem& item);

// Who has to agree to it besides those whom its own rule asks for: who loosens
// must satisfy the rule before the change, and a new owner has to take what he
// is given. Touches count at the owner's own gateways, whoever touches; those
// of a new owner at his.
void NarrowQuorum(const Submission& submission,
                  const device_registry::v1::ResolveResponse& resolved,
                  Approvers::Case& in);

// The keys of the account that asks which the device believes.
void AddPinnedTokens(const Submission& submission,
                     const device_registry::v1::ResolvedItem& item,
                     records::v1::Slot& slot);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_BINDING_STEPS_H_
