#include "services/command-gate/binding_check.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::command_gate {
namespace {

using device_registry::v1::ResolvedItem;
using device_registry::v1::ResolveRequest;
using device_registry::v1::ResolveResponse;

ResolveRequest RequestOf(const std::vector<StoredCommand>& all) {
  ResolveRequest request;
  request.set_tenant(all[0].tenant);
  request.set_on_behalf_of(all[0].row.account());
  request.set_purpose(all[0].row.purpose());
  for (const StoredCommand& one : all) {
    device_registry::v1::ResolveItem& item = *request.add_items();
    item.set_device(one.row.device());
    item.set_operation(one.row.operation());
  }
  return request;
}

absl::Status CheckItem(const StoredCommand& command, const ResolvedItem& item) {
  if (item.gateway() != command.row.gateway()) {
    return Error(reason::kGatewayMismatch,
                 "another gateway serves the device by now",
                 {{"gateway", item.gateway()}});
  }
  if (command.row.free() && item.rule().kind() != proof::v1::RULE_KIND_FREE) {
    return Error(reason::kPolicyChanged, "the operation needs a touch by now");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBindings(device_registry::RegistryClient& registry,
                           const std::vector<StoredCommand>& all) {
  ASSIGN_OR_RETURN(const ResolveResponse resolved,
                   registry.Resolve(RequestOf(all)));
  if (all[0].row.purpose() == proof::v1::PURPOSE_BREAK_GLASS &&
      resolved.policy().forbid_break_glass()) {
    return Error(reason::kBreakGlassDisabled, "break-glass is forbidden");
  }
  if (static_cast<size_t>(resolved.items_size()) != all.size()) {
    return Error(reason::kInternal, "the registry answered for others");
  }
  for (size_t i = 0; i < all.size(); ++i) {
    RETURN_IF_ERROR(CheckItem(all[i], resolved.items(static_cast<int>(i))));
  }
  return absl::OkStatus();
}

}  // namespace u2fi::command_gate
