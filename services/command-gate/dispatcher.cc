#include "services/command-gate/dispatcher.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/command-gate/binding_check.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/quorum.h"
#include "services/command-gate/token_check.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using ::u2fi::store::Durability;

// What was looked at so lately, a token with its touch, the binding with the
// last one or with the submission, needs no second look.
constexpr uint64_t kFreshMs = 1'000;
// What one message takes of a batch; with its last item still well below the
// 4 MiB that an agent takes.
constexpr size_t kMaxBatchBytes = 1 << 20;

proof::v1::Proof ProofOf(const CommandRow& row) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = TouchesOf(row);
  return proof;
}

// Fills the fields that the Apply of both services have.
template <typename Request>
Request ApplyRequestOf(const StoredCommand& command) {
  Request request;
  request.set_tenant(command.tenant);
  *request.mutable_approvals() = TouchesOf(command.row);
  request.add_items()->set_command(command.row.command());
  *request.mutable_evidence() = command.row.evidence();
  return request;
}

// The first pin set of a device, with its access token.
gateway::v1::MeshMessage CommitOf(
    const CommandRow& row, const device_registry::v1::ApplyResponse& applied) {
  gateway::v1::MeshMessage message;
  gateway::v1::CommitBinding& commit = *message.mutable_commit_binding();
  commit.set_transaction(row.transaction());
  commit.mutable_item()->set_command(row.command());
  *commit.mutable_approvals() = TouchesOf(row);
  *commit.mutable_evidence() = row.evidence();
  if (applied.access_tokens_size() == 1) {
    *commit.mutable_access_token() = applied.access_tokens(0);
  }
  return message;
}

// A later one.
gateway::v1::MeshMessage UpdateOf(const CommandRow& row) {
  gateway::v1::MeshMessage message;
  gateway::v1::PinsUpdate& update = *message.mutable_pins_update();
  update.mutable_item()->set_command(row.command());
  *update.mutable_approvals() = TouchesOf(row);
  if (row.has_evidence()) *update.mutable_evidence() = row.evidence();
  return message;
}

// The device becomes blank.
gateway::v1::MeshMessage ReleaseOf(const CommandRow& row) {
  gateway::v1::MeshMessage message;
  gateway::v1::ReleaseBinding& release = *message.mutable_release_binding();
  release.mutable_item()->set_command(row.command());
  *release.mutable_approvals() = TouchesOf(row);
  return message;
}

// What was applied, as it goes down.
gateway::v1::MeshMessage ChangeOf(
    const CommandRow& row, const device_registry::v1::ApplyResponse& applied) {
  if (row.operation() == proof::kOperationUnbind) return ReleaseOf(row);
  return row.transaction().empty() ? UpdateOf(row) : CommitOf(row, applied);
}

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

// The registry's Apply judges it, with its proof, before anything goes down.
bool IsAppliedFirst(const CommandRow& row) {
  return row.gateway().empty() || row.operation() == proof::kOperationPins ||
         row.operation() == proof::kOperationUnbind;
}

// Commands of a batch on their way to one gateway, and about how long.
struct BatchMessage {
  gateway::v1::MeshMessage message;
  size_t bytes = 0;
};

// Adds a command of the batch to what its gateway gets.
void AddItem(const CommandRow& row, const CommandRow& first,
             BatchMessage& out) {
  gateway::v1::ExecuteBatch& batch = *out.message.mutable_execute_batch();
  if (batch.approvals().empty()) *batch.mutable_approvals() = TouchesOf(first);
  common::v1::BatchItem& item = *batch.add_items();
  item.set_command(row.command());
  item.set_index(row.index());
  *item.mutable_path() = row.path();
  out.bytes += item.ByteSizeLong();
}

// When the registry was asked last what holds for the command.
uint64_t LastLookMs(const CommandRow& row) {
  uint64_t last = row.submit_ms();
  for (const records::v1::Slot& slot : row.slots()) {
    if (slot.state() == v1::APPROVAL_STATE_ACCEPTED) {
      last = std::max(last, slot.answer_ms());
    }
  }
  return last;
}

// A later command of a batch begins together with the first one.
bool MayBegin(const CommandRow& row) {
  if (row.index() > 0) return false;
  return row.state() == v1::COMMAND_STATE_APPROVED ||
         (row.state() == v1::COMMAND_STATE_PREPARING && row.free());
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

absl::StatusOr<StoredCommand> Dispatcher::Dispatch(StoredCommand command) {
  if (MayBegin(command.row)) {
    if (UnixMillis(clock_) >
        static_cast<int64_t>(command.row.execute_by_ms())) {
      return End(command, v1::COMMAND_STATE_EXPIRED,
                 reason::kExecuteByPassed.name);
    }
    absl::Status stands = CheckTokens(command);
    if (stands.ok()) stands = CheckBinding(command);
    if (IsReason(stands, reason::kTokenRevoked) || IsFinalRefusal(stands)) {
      return End(command, v1::COMMAND_STATE_DENIED, ReasonOf(stands));
    }
    RETURN_IF_ERROR(stands);
    ASSIGN_OR_RETURN(command, SetDispatched(command));
  }
  if (command.row.state() != v1::COMMAND_STATE_DISPATCHED) return command;
  if (command.row.gateway().empty()) return ApplyOnAccount(command);
  if (IsAppliedFirst(command.row)) {
    return ApplyPins(std::move(command));
  }
  return SendDown(std::move(command));
}

absl::Status Dispatcher::CheckTokens(const StoredCommand& command) {
  const auto now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  for (const records::v1::Slot& slot : command.row.slots()) {
    if (slot.state() != v1::APPROVAL_STATE_ACCEPTED ||
        slot.answer_ms() + kFreshMs >= now_ms) {
      continue;
    }
    RETURN_IF_ERROR(CheckToken(attestation_, command, slot));
  }
  return absl::OkStatus();
}

absl::Status Dispatcher::CheckBinding(const StoredCommand& command) {
  const auto now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  if (IsAppliedFirst(command.row) ||
      LastLookMs(command.row) + kFreshMs >= now_ms) {
    return absl::OkStatus();
  }
  std::vector<StoredCommand> all = {command};
  if (!command.row.batch_ids().empty()) {
    ASSIGN_OR_RETURN(all, commands_.ReadBatch(command));
  }
  return CheckBindings(registry_, all);
}

absl::StatusOr<StoredCommand> Dispatcher::SetDispatched(
    const StoredCommand& command) {
  CommandRow next = command.row;
  next.set_state(v1::COMMAND_STATE_DISPATCHED);
  // Lost, the same bytes go down again and the agent's journal answers.
  return mover_.Move(command, std::move(next), {}, Durability::kVolatile);
}

absl::Status Dispatcher::NoteSentAgain(const StoredCommand& seen) {
  if (seen.row.state() != v1::COMMAND_STATE_DISPATCHED ||
      seen.row.gateway().empty() || !seen.row.transaction().empty() ||
      seen.row.sent_again() || seen.row.index() > 0) {
    return absl::OkStatus();
  }
  CommandRow next = seen.row;
  next.set_sent_again(true);
  const absl::Status noted =
      mover_.Move(seen, std::move(next), {}, Durability::kVolatile).status();
  // Its result came meanwhile.
  return IsReason(noted, reason::kStoreAborted) ? absl::OkStatus() : noted;
}

absl::StatusOr<StoredCommand> Dispatcher::End(const StoredCommand& command,
                                              v1::CommandState state,
                                              absl::string_view reason) {
  CommandRow next = command.row;
  next.set_state(state);
  next.set_reason(std::string(reason));
  return mover_.Move(command, std::move(next), {}, Durability::kReplicated);
}

absl::StatusOr<StoredCommand> Dispatcher::ApplyOnAccount(
    const StoredCommand& command) {
  const absl::Status applied = ApplyAtOwners(command);
  // The sweeper or the next caller goes on where this stopped.
  if (IsPassing(applied)) return applied;
  CommandRow next = command.row;
  next.set_result_source(v1::RESULT_SOURCE_APPLY);
  next.set_state(applied.ok() ? v1::COMMAND_STATE_SUCCEEDED
                              : v1::COMMAND_STATE_FAILED);
  next.set_reason(ReasonOf(applied));
  return mover_.Move(command, std::move(next), {}, Durability::kReplicated);
}

absl::Status Dispatcher::ApplyAtOwners(const StoredCommand& command) {
  const proof::v1::OperationInfo* info =
      proof::FindReserved(command.row.operation());
  for (const std::string& owner : info->applied_by()) {
    if (owner == "attestation") {
      RETURN_IF_ERROR(
          attestation_
              .Apply(ApplyRequestOf<attestation::v1::ApplyRequest>(command))
              .status());
    } else {
      RETURN_IF_ERROR(
          registry_
              .Apply(ApplyRequestOf<device_registry::v1::ApplyRequest>(command))
              .status());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<StoredCommand> Dispatcher::ApplyPins(StoredCommand command) {
  auto request = ApplyRequestOf<device_registry::v1::ApplyRequest>(command);
  request.set_transaction(command.row.transaction());
  const auto applied = registry_.Apply(request);
  if (IsPassing(applied.status())) return applied.status();
  if (!applied.ok()) {
    return End(command, v1::COMMAND_STATE_FAILED, ReasonOf(applied.status()));
  }
  gateways_
      .Send(command.tenant, command.row.gateway(),
            ChangeOf(command.row, *applied))
      .IgnoreError();
  return command;
}

absl::StatusOr<StoredCommand> Dispatcher::SendDown(StoredCommand command) {
  if (!command.row.batch_ids().empty()) return SendBatchDown(command);
  proof::v1::Proof proof = ProofOf(command.row);
  if (command.row.index() > 0) {
    ASSIGN_OR_RETURN(const StoredCommand first,
                     commands_.Read(command.tenant, command.row.batch()));
    proof = ProofOf(first.row);
  }
  SendOne(command, std::move(proof));
  return command;
}

absl::StatusOr<StoredCommand> Dispatcher::SendBatchDown(StoredCommand first) {
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all,
                   commands_.ReadBatch(first));
  // Those that each gateway executes.
  std::map<std::string, BatchMessage> batches;
  for (const StoredCommand& one : all) {
    if (one.row.state() != v1::COMMAND_STATE_DISPATCHED) continue;
    if (one.row.free()) {
      SendOne(one, {});
      continue;
    }
    BatchMessage& batch = batches[one.row.gateway()];
    AddItem(one.row, first.row, batch);
    if (batch.bytes < kMaxBatchBytes) continue;
    SendBatch(first.tenant, one.row.gateway(), std::move(batch.message));
    batches.erase(one.row.gateway());
  }
  for (auto& [gateway, batch] : batches) {
    SendBatch(first.tenant, gateway, std::move(batch.message));
  }
  return first;
}

// A gateway that is away gets them when it comes back.
void Dispatcher::SendBatch(const std::string& tenant,
                           const std::string& gateway,
                           gateway::v1::MeshMessage message) {
  gateways_.Send(tenant, gateway, std::move(message)).IgnoreError();
}

void Dispatcher::SendOne(const StoredCommand& command, proof::v1::Proof proof) {
  gateway::v1::MeshMessage message;
  gateway::v1::ExecuteCommand& execute = *message.mutable_execute_command();
  execute.set_command(command.row.command());
  if (command.row.free()) {
    execute.set_execute_by_ms(command.row.execute_by_ms());
  } else {
    proof.set_index(command.row.index());
    *proof.mutable_path() = command.row.path();
    *execute.mutable_proof() = std::move(proof);
  }
  // A gateway that is away gets it when it comes back.
  gateways_.Send(command.tenant, command.row.gateway(), std::move(message))
      .IgnoreError();
}

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
