#include "services/command-gate/replica_hints.h"

#include <algorithm>
#include <set>

#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandHint;
using records::v1::GatewayHint;
using records::v1::ReplicaHint;

constexpr char kTopic[] = "replicas";
// Commands or gateways in one hint, and accounts of a command.
constexpr int kMostInHint = 32;
// Of each kind, for one tenant; more are not told.
constexpr int kMostWaiting = 4096;

void SetAccounts(const StoredCommand& command, CommandHint& hint) {
  std::set<std::string> accounts;
  for (const records::v1::Slot& slot : command.row.slots()) {
    if (accounts.size() < kMostInHint) accounts.insert(slot.account());
  }
  *hint.mutable_accounts() = {accounts.begin(), accounts.end()};
}

// Moves the last ones of `from` to `to` while the hint stays small enough.
template <typename Field>
void MoveSome(const ReplicaHint& whole, Field& from, Field& to) {
  for (int i = 0; i < kMostInHint && !from.empty(); ++i) {
    to.Add()->Swap(&*from.rbegin());
    from.RemoveLast();
    if (whole.ByteSizeLong() > store::kMaxHintSize && to.size() > 1) {
      from.Add()->Swap(&*to.rbegin());
      to.RemoveLast();
      return;
    }
  }
}

}  // namespace

void ReplicaHints::Tell(const StoredCommand& command) {
  MutexLock lock(mutex_);
  ReplicaHint& waiting = tenants_[command.tenant].waiting;
  if (waiting.commands_size() >= kMostWaiting) return;
  CommandHint& hint = *waiting.add_commands();
  hint.set_command_id(command.row.command_id());
  hint.set_batch(command.row.batch());
  SetAccounts(command, hint);
  PublishLater(command.tenant);
}

void ReplicaHints::TellMoved(const GatewaySession& session) {
  MutexLock lock(mutex_);
  ReplicaHint& waiting = tenants_[session.tenant].waiting;
  if (waiting.gateways_size() >= kMostWaiting) return;
  GatewayHint& hint = *waiting.add_gateways();
  hint.set_gateway(session.gateway);
  hint.set_generation(session.generation);
  PublishLater(session.tenant);
}

void ReplicaHints::PublishLater(const std::string& tenant) {
  Tenant& state = tenants_[tenant];
  if (state.publishing) return;
  state.publishing = true;
  executor_.Schedule([this, tenant] { PublishAll(tenant); });
}

void ReplicaHints::PublishAll(const std::string& tenant) {
  const auto partition = store::Partition::Make("command-gate", tenant);
  std::string payload;
  while (TakeHint(tenant, payload)) {
    // A lost hint costs others a few seconds.
    if (partition.ok()) {
      store_.Publish(*partition, kTopic, payload, kTimeout).IgnoreError();
    }
  }
}

bool ReplicaHints::TakeHint(const std::string& tenant, std::string& payload) {
  MutexLock lock(mutex_);
  Tenant& state = tenants_[tenant];
  state.publishing =
      !state.waiting.commands().empty() || !state.waiting.gateways().empty();
  if (!state.publishing) return false;
  ReplicaHint hint;
  hint.set_replica(replica_);
  MoveSome(hint, *state.waiting.mutable_gateways(), *hint.mutable_gateways());
  if (hint.gateways().empty()) {
    MoveSome(hint, *state.waiting.mutable_commands(), *hint.mutable_commands());
  }
  payload = hint.SerializeAsString();
  return true;
}

void ReplicaHints::Listen(absl::string_view tenant) {
  const std::string name(tenant);
  const auto partition = store::Partition::Make("command-gate", name);
  if (!partition.ok()) return;
  {
    MutexLock lock(mutex_);
    Tenant& state = tenants_[name];
    if (stopped_ || state.subscription != nullptr || state.subscribing ||
        clock_.Uptime() < state.next_try) {
      return;
    }
    state.subscribing = true;
  }
  auto subscription = store_.Subscribe(
      *partition, kTopic,
      [this, name](const store::Hint& hint) { OnHint(name, hint); }, kTimeout);
  if (!subscription.ok()) {
    logging::Warning(
        "other replicas cannot be heard",
        {{"tenant", name}, {"reason", ReasonOf(subscription.status())}});
  }
  MutexLock lock(mutex_);
  Tenant& state = tenants_[name];
  state.subscribing = false;
  state.next_try = clock_.Uptime() + kPause;
  if (!subscription.ok() || stopped_) return;
  state.subscription = *std::move(subscription);
  executor_.Schedule([this, name] { listener_.missed(name); });
}

void ReplicaHints::Stop() {
  std::vector<std::unique_ptr<store::Subscription>> ended;
  MutexLock lock(mutex_);
  stopped_ = true;
  for (auto& [name, state] : tenants_) {
    ended.push_back(std::move(state.subscription));
  }
}

std::vector<std::string> ReplicaHints::Tenants() {
  std::vector<std::string> tenants;
  MutexLock lock(mutex_);
  for (const auto& [name, state] : tenants_) tenants.push_back(name);
  return tenants;
}

void ReplicaHints::OnHint(const std::string& tenant, const store::Hint& hint) {
  if (hint.read_again) {
    executor_.Schedule([this, tenant] { listener_.missed(tenant); });
    return;
  }
  ReplicaHint said;
  if (!said.ParseFromString(hint.payload) || said.replica() == replica_) return;
  executor_.Schedule(
      [this, tenant, said = std::move(said)] { Hear(tenant, said); });
}

void ReplicaHints::Hear(const std::string& tenant, const ReplicaHint& hint) {
  for (const GatewayHint& gateway : hint.gateways()) {
    listener_.gateway(tenant, gateway.gateway(), gateway.generation());
  }
  for (const CommandHint& command : hint.commands()) {
    listener_.command(tenant, command);
  }
}

}  // namespace u2fi::command_gate
