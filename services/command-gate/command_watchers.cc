#include "services/command-gate/command_watchers.h"

#include <set>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace u2fi::command_gate {
namespace {

// No id of a command.
constexpr char kEvery[] = "*";

std::string AccountName(absl::string_view account) {
  return absl::StrCat("account:", account);
}

std::string BatchName(absl::string_view batch) {
  return absl::StrCat("batch:", batch);
}

// The batch of a CommandRow or a CommandHint: one that is alone is a batch of
// one, under its own id.
template <typename Message>
const std::string& BatchOf(const Message& of) {
  return of.batch().empty() ? of.command_id() : of.batch();
}

}  // namespace

CommandWatchers::Watch::~Watch() {
  Shard& shard = watchers_.ShardOf(key_);
  MutexLock lock(shard.mutex);
  const auto found = shard.callbacks.find(key_);
  found->second.erase(id_);
  if (found->second.empty()) shard.callbacks.erase(found);
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::Add(
    absl::string_view tenant, absl::string_view command_id, Callback callback) {
  return AddUnder(KeyOf(tenant, command_id), std::move(callback));
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::AddForBatch(
    absl::string_view tenant, absl::string_view batch, Callback callback) {
  return AddUnder(KeyOf(tenant, BatchName(batch)), std::move(callback));
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::AddForAccount(
    absl::string_view tenant, absl::string_view account, Callback callback) {
  return AddUnder(KeyOf(tenant, AccountName(account)), std::move(callback));
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::AddForTenant(
    absl::string_view tenant, Callback callback) {
  return AddUnder(KeyOf(tenant, kEvery), std::move(callback));
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::AddUnder(
    std::string key, Callback callback) {
  const uint64_t id = next_id_++;
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  shard.callbacks[key][id] = std::move(callback);
  return std::unique_ptr<Watch>(new Watch(*this, std::move(key), id));
}

void CommandWatchers::Tell(const StoredCommand& command) {
  Hear(command);
  TellUnder(KeyOf(command.tenant, kEvery), command);
  if (others_ != nullptr) others_->Tell(command);
}

void CommandWatchers::Hear(const StoredCommand& command) {
  std::set<std::string> keys = {
      KeyOf(command.tenant, command.row.command_id()),
      KeyOf(command.tenant, BatchName(BatchOf(command.row)))};
  for (const records::v1::Slot& slot : command.row.slots()) {
    keys.insert(KeyOf(command.tenant, AccountName(slot.account())));
  }
  for (const std::string& key : keys) TellUnder(key, command);
}

bool CommandWatchers::IsAwaited(absl::string_view tenant,
                                const records::v1::CommandHint& hint) {
  std::vector<std::string> names = {hint.command_id(),
                                    BatchName(BatchOf(hint))};
  for (const std::string& account : hint.accounts()) {
    names.push_back(AccountName(account));
  }
  for (const std::string& name : names) {
    const std::string key = KeyOf(tenant, name);
    Shard& shard = ShardOf(key);
    MutexLock lock(shard.mutex);
    if (shard.callbacks.count(key) > 0) return true;
  }
  return false;
}

void CommandWatchers::ReadAgain(absl::string_view tenant) {
  const std::string prefix = KeyOf(tenant, "");
  const std::string every = KeyOf(tenant, kEvery);
  const StoredCommand nothing;
  for (Shard& shard : shards_) {
    MutexLock lock(shard.mutex);
    for (auto it = shard.callbacks.lower_bound(prefix);
         it != shard.callbacks.end() && absl::StartsWith(it->first, prefix);
         ++it) {
      if (it->first == every) continue;
      for (const auto& [id, callback] : it->second) callback(nothing);
    }
  }
}

void CommandWatchers::TellUnder(const std::string& key,
                                const StoredCommand& command) {
  Shard& shard = ShardOf(key);
  MutexLock lock(shard.mutex);
  const auto found = shard.callbacks.find(key);
  if (found == shard.callbacks.end()) return;
  for (const auto& [id, callback] : found->second) callback(command);
}

CommandWatchers::Shard& CommandWatchers::ShardOf(absl::string_view key) {
  return shards_[absl::HashOf(key) % shards_.size()];
}

std::string CommandWatchers::KeyOf(absl::string_view tenant,
                                   absl::string_view id) {
  return absl::StrCat(tenant, "/", id);
}

}  // namespace u2fi::command_gate
