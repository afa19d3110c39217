#include "services/command-gate/command_watchers.h"

#include "absl/strings/str_cat.h"

namespace u2fi::command_gate {

CommandWatchers::Watch::~Watch() {
  MutexLock lock(watchers_.mutex_);
  const auto found = watchers_.callbacks_.find(key_);
  found->second.erase(id_);
  if (found->second.empty()) watchers_.callbacks_.erase(found);
}

std::unique_ptr<CommandWatchers::Watch> CommandWatchers::Add(
    absl::string_view tenant, absl::string_view command_id, Callback callback) {
  std::string key = KeyOf(tenant, command_id);
  MutexLock lock(mutex_);
  const uint64_t id = next_id_++;
  callbacks_[key][id] = std::move(callback);
  return std::unique_ptr<Watch>(new Watch(*this, std::move(key), id));
}

void CommandWatchers::Tell(const StoredCommand& command) {
  const std::string key = KeyOf(command.tenant, command.row.command_id());
  MutexLock lock(mutex_);
  const auto found = callbacks_.find(key);
  if (found == callbacks_.end()) return;
  for (const auto& [id, callback] : found->second) callback(command);
}

std::string CommandWatchers::KeyOf(absl::string_view tenant,
                                   absl::string_view id) {
  return absl::StrCat(tenant, "/", id);
}

}  // namespace u2fi::command_gate
