// What gateways and devices say of commands that went down.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/dispatcher.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using ::u2fi::store::Durability;

// The word of a device about a pin set, as about any command.
gateway::v1::CommandResult ResultOf(const gateway::v1::BindingResult& binding) {
  gateway::v1::CommandResult result;
  result.set_command_id(binding.command_id());
  result.set_device(binding.device());
  result.set_outcome_text("SUCCEEDED");
  if (binding.reason().empty()) {
    result.set_device_signature(binding.device_signature());
  }
  return result;
}

absl::Status CheckExecutor(const StoredCommand& command,
                           const GatewaySession& session) {
  if (command.row.gateway() == session.gateway) return absl::OkStatus();
  return Error(reason::kGatewayMismatch,
               "another gateway executes this command");
}

// What follows the first word: a reason, or the device's answer.
std::string RestOf(const std::string& outcome_text) {
  const size_t space = outcome_text.find(' ');
  return space == std::string::npos ? "" : outcome_text.substr(space + 1);
}

// Whether the device refused the command for its number: it has seen it before,
// since the store forgot that it was given out, or it is far behind.
bool IsStale(const CommandRow& row, const gateway::v1::CommandResult& result) {
  const uint64_t high = result.sequence_high();
  return result.outcome() == gateway::v1::EXECUTION_OUTCOME_FAILED &&
         RestOf(result.outcome_text()) == reason::kSequenceStale.name &&
         (high >= row.sequence() || row.sequence() - high > kMaxSequenceStep);
}

// Whether the device itself vouches for the result.
bool DeviceSigned(device_registry::RegistryClient& registry,
                  const StoredCommand& command,
                  const gateway::v1::CommandResult& result,
                  std::string& audited) {
  if (result.device_signature().empty()) return false;
  device_registry::v1::ResolveRequest request;
  request.set_tenant(command.tenant);
  request.set_on_behalf_of(command.row.account());
  request.set_purpose(command.row.purpose());
  device_registry::v1::ResolveItem& item = *request.add_items();
  item.set_device(command.row.device());
  item.set_operation(command.row.operation());
  const auto resolved = registry.Resolve(request);
  if (!resolved.ok() || resolved->items_size() != 1) return false;
  const auto key =
      crypto::P256PublicKey::FromPoint(resolved->items(0).device_point());
  if (!key.ok()) return false;
  const crypto::Digest digest = crypto::Sha256(
      {proof::domain::kResult, crypto::LengthPrefixed(result.command_id()),
       crypto::LengthPrefixed(result.outcome_text())});
  audited = absl::StrCat(crypto::View(digest), result.device_signature());
  return key->Verify(digest, result.device_signature()).ok();
}

v1::CommandState StateOf(gateway::v1::ExecutionOutcome outcome) {
  switch (outcome) {
    case gateway::v1::EXECUTION_OUTCOME_SUCCEEDED:
      return v1::COMMAND_STATE_SUCCEEDED;
    case gateway::v1::EXECUTION_OUTCOME_FAILED:
      return v1::COMMAND_STATE_FAILED;
    default:
      return v1::COMMAND_STATE_UNKNOWN_OUTCOME;
  }
}

}  // namespace

absl::StatusOr<StoredCommand> Dispatcher::OnAccepted(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::CommandAccepted& accepted) {
  RETURN_IF_ERROR(CheckExecutor(command, session));
  if (accepted.refused_reason().empty() ||
      command.row.state() != v1::COMMAND_STATE_DISPATCHED) {
    return command;
  }
  return End(command, v1::COMMAND_STATE_FAILED, accepted.refused_reason());
}

absl::StatusOr<StoredCommand> Dispatcher::OnResult(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::CommandResult& result) {
  RETURN_IF_ERROR(CheckExecutor(command, session));
  const bool late = command.row.state() == v1::COMMAND_STATE_UNKNOWN_OUTCOME &&
                    command.row.late_result().empty();
  if (command.row.state() != v1::COMMAND_STATE_DISPATCHED && !late) {
    return command;
  }
  if (IsStale(command.row, result)) {
    RETURN_IF_ERROR(commands_.FollowSequence(
        command.tenant, command.row.device(), result.sequence_high()));
  }
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_EXECUTION;
  const bool signed_by_device =
      DeviceSigned(registry_, command, result, evidence.device_signature);
  evidence.reported_by = signed_by_device ? "device" : "gateway";
  const v1::CommandState state = StateOf(result.outcome());
  CommandRow next = command.row;
  if (late) {
    next.set_late_result(std::string(StateName(state)));
  } else {
    next.set_state(state);
    next.set_result_source(signed_by_device ? v1::RESULT_SOURCE_DEVICE
                                            : v1::RESULT_SOURCE_GATEWAY);
    if (state == v1::COMMAND_STATE_SUCCEEDED) {
      next.set_result(RestOf(result.outcome_text()));
    } else {
      next.set_reason(RestOf(result.outcome_text()));
    }
  }
  return mover_.Move(command, std::move(next), evidence,
                     Durability::kReplicated);
}

absl::StatusOr<StoredCommand> Dispatcher::OnBinding(
    const StoredCommand& command, const GatewaySession& session,
    const gateway::v1::BindingResult& result) {
  RETURN_IF_ERROR(CheckExecutor(command, session));
  if (command.row.state() != v1::COMMAND_STATE_DISPATCHED) return command;
  if (!result.reason().empty()) {
    return End(command, v1::COMMAND_STATE_FAILED, result.reason());
  }
  MoveEvidence evidence;
  evidence.kind = audit::v1::ROW_KIND_EXECUTION;
  const bool signed_by_device = DeviceSigned(
      registry_, command, ResultOf(result), evidence.device_signature);
  evidence.reported_by = signed_by_device ? "device" : "gateway";
  CommandRow next = command.row;
  next.set_state(v1::COMMAND_STATE_SUCCEEDED);
  next.set_result_source(signed_by_device ? v1::RESULT_SOURCE_DEVICE
                                          : v1::RESULT_SOURCE_GATEWAY);
  return mover_.Move(command, std::move(next), evidence,
                     Durability::kReplicated);
}

}  // namespace u2fi::command_gate
