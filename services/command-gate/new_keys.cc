#include "services/command-gate/new_keys.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verified_pins.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using proof::PinSet;
using proof::v1::PinnedKey;
using records::v1::CommandRow;
using records::v1::Slot;

using Approvers = std::vector<std::pair<std::string, std::string>>;

Approvers ApproversOf(const CommandRow& row) {
  Approvers approvers;
  for (const Slot& slot : row.slots()) {
    if (slot.state() != command_gate::v1::APPROVAL_STATE_ACCEPTED) continue;
    approvers.emplace_back(slot.account(), slot.approval().token_id());
  }
  return approvers;
}

// The bytes of what the device believes; empty if it is blank.
absl::StatusOr<std::string> PresentPins(
    device_registry::RegistryClient& registry, const StoredCommand& command) {
  if (command.row.purpose() == proof::v1::PURPOSE_PROVISION) return "";
  device_registry::v1::ResolveRequest request;
  request.set_tenant(command.tenant);
  request.set_on_behalf_of(command.row.account());
  request.set_purpose(command.row.purpose());
  device_registry::v1::ResolveItem& item = *request.add_items();
  item.set_device(command.row.device());
  item.set_operation(command.row.operation());
  ASSIGN_OR_RETURN(const auto resolved, registry.Resolve(request));
  return resolved.items().empty() ? "" : resolved.items(0).pin_set();
}

// Whether `present` has every key of `next` that did not approve: nothing is to
// be proved then.
bool KnowsAll(const std::string& present, const PinSet& next,
              const Approvers& approvers) {
  proof::v1::PinSet believed;
  if (!believed.ParseFromString(present)) return false;
  const auto& known = believed.keys();
  const auto& keys = next.fields().keys();
  return std::all_of(keys.begin(), keys.end(), [&](const PinnedKey& key) {
    const std::pair<std::string, std::string> by(key.account(), key.token_id());
    return std::count(approvers.begin(), approvers.end(), by) > 0 ||
           std::any_of(known.begin(), known.end(), [&](const PinnedKey& one) {
             return one.token_id() == key.token_id() &&
                    one.account() == key.account() &&
                    one.point() == key.point();
           });
  });
}

}  // namespace

absl::Status CheckNewKeys(device_registry::RegistryClient& registry,
                          const StoredCommand& command,
                          const CommandRow& next) {
  if (command.row.operation() != proof::kOperationPins) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const proof::v1::Command bytes,
                   proof::ParseCommand(command.row.command()));
  ASSIGN_OR_RETURN(const PinSet pins, PinSet::Parse(bytes.arguments()));
  ASSIGN_OR_RETURN(const std::string present, PresentPins(registry, command));
  const Approvers approvers = ApproversOf(next);
  if (KnowsAll(present, pins, approvers)) return absl::OkStatus();
  if (present.empty()) {
    return proof::CheckEnrolments(pins, nullptr, approvers,
                                  command.row.evidence());
  }
  ASSIGN_OR_RETURN(const PinSet believed, PinSet::Parse(present));
  return proof::CheckEnrolments(pins, &believed, approvers,
                                command.row.evidence());
}

}  // namespace u2fi::command_gate
