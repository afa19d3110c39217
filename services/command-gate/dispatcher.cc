#include "services/command-gate/dispatcher.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "services/command-gate/binding_check.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/quorum.h"
#include "services/command-gate/token_check.h"
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
  std::map<std::string, bool> by_itself;
  for (const StoredCommand& one : all) {
    if (one.row.state() != v1::COMMAND_STATE_DISPATCHED) continue;
    if (one.row.free()) {
      SendOne(one, proof::v1::Proof());
      continue;
    }
    const std::string& gateway = one.row.gateway();
    const auto [known, is_new] = by_itself.try_emplace(gateway);
    if (is_new) known->second = WantsEachByItself(first.tenant, gateway);
    if (known->second) {
      SendOne(one, ProofOf(first.row));
      continue;
    }
    BatchMessage& batch = batches[gateway];
    AddItem(one.row, first.row, batch);
    if (batch.bytes < kMaxBatchBytes) continue;
    Send(first.tenant, gateway, std::move(batch.message));
    batches.erase(gateway);
  }
  for (auto& [gateway, batch] : batches) {
    Send(first.tenant, gateway, std::move(batch.message));
  }
  return first;
}

// An agent of before ExecuteBatch would not read it.
bool Dispatcher::WantsEachByItself(const std::string& tenant,
                                   const std::string& gateway) {
  const auto session = gateways_.Find(tenant, gateway);
  return session.ok() && session->has_value() && !(*session)->takes_batches;
}

// A gateway that is away gets it when it comes back.
void Dispatcher::Send(const std::string& tenant, const std::string& gateway,
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
  Send(command.tenant, command.row.gateway(), std::move(message));
}

}  // namespace u2fi::command_gate
