#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/command-gate/command_store.h"
#include "services/common/sync/sync.h"

namespace u2fi::command_gate {

// Tells those who wait for a command what this replica did to it. Other
// replicas are heard through the store's hints (the caller feeds Tell() with
// what it then reads). Thread-safe.
class CommandWatchers {
 public:
  using Callback = std::function<void(const StoredCommand&)>;

  // Stops the calls when it goes; waits for one that is running.
  class Watch {
   public:
    ~Watch();

   private:
    friend class CommandWatchers;
    Watch(CommandWatchers& watchers, std::string key, uint64_t id)
        : watchers_(watchers), key_(std::move(key)), id_(id) {}
    CommandWatchers& watchers_;
    const std::string key_;
    const uint64_t id_;
  };

  // Calls `callback` at each Tell() about the command until the watch goes.
  // The callback only hands over: it runs under a lock, and neither it nor
  // what it calls may use this object.
  std::unique_ptr<Watch> Add(absl::string_view tenant,
                             absl::string_view command_id, Callback callback);

  // The same for every command that `account` is to approve.
  std::unique_ptr<Watch> AddForAccount(absl::string_view tenant,
                                       absl::string_view account,
                                       Callback callback);

  // The same for every command of the tenant.
  std::unique_ptr<Watch> AddForTenant(absl::string_view tenant,
                                      Callback callback);

  // The command is now as `command` says.
  void Tell(const StoredCommand& command);

 private:
  static std::string KeyOf(absl::string_view tenant, absl::string_view id);
  std::unique_ptr<Watch> AddUnder(std::string key, Callback callback);
  void TellUnder(const std::string& key, const StoredCommand& command)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Mutex mutex_;
  uint64_t next_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::map<uint64_t, Callback>> callbacks_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_
