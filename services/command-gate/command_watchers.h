#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "services/command-gate/command_store.h"
#include "services/common/sync/sync.h"
#include "u2fi/command_gate/records/v1/replicas.pb.h"

namespace u2fi::command_gate {

// The other replicas, where there are some.
class OtherReplicas {
 public:
  virtual ~OtherReplicas() = default;

  // The command changed here. Never blocks.
  virtual void Tell(const StoredCommand& command) = 0;

  // From the return on their changes of the tenant's commands are heard, or
  // ReadAgain() comes when they are. Blocks on the store.
  virtual void Listen(absl::string_view tenant) = 0;
};

// Tells those who wait for a command what this replica did to it, and what it
// hears that others did. Thread-safe.
class CommandWatchers {
 public:
  // A command that does not exist: changes may have been missed, so read again.
  using Callback = std::function<void(const StoredCommand&)>;

  // Without others, none are told. They must outlive this object.
  explicit CommandWatchers(OtherReplicas* others = nullptr) : others_(others) {}

  // Before a read whose later changes are to be heard. May block.
  void Listen(absl::string_view tenant) {
    if (others_ != nullptr) others_->Listen(tenant);
  }

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

  // The same for every command of the batch.
  std::unique_ptr<Watch> AddForBatch(absl::string_view tenant,
                                     absl::string_view batch,
                                     Callback callback);

  // The same for every command that `account` is to approve.
  std::unique_ptr<Watch> AddForAccount(absl::string_view tenant,
                                       absl::string_view account,
                                       Callback callback);

  // The same for every command of the tenant that this replica changes, and not
  // for what others did: each replica tells of its own.
  std::unique_ptr<Watch> AddForTenant(absl::string_view tenant,
                                      Callback callback);

  // This replica changed the command, which is now as `command` says.
  void Tell(const StoredCommand& command);

  // Another one did, and this is what was read then.
  void Hear(const StoredCommand& command);

  // Whether anybody waits for the command, its batch or one of its accounts.
  bool IsAwaited(absl::string_view tenant,
                 const records::v1::CommandHint& hint);

  // Whoever waits for something of the tenant is to read again.
  void ReadAgain(absl::string_view tenant);

 private:
  // A part of the callbacks under a lock of its own: to call them can mean to
  // answer somebody, and changes of other commands do not wait for that.
  struct Shard {
    Mutex mutex;
    std::map<std::string, std::map<uint64_t, Callback>> callbacks
        ABSL_GUARDED_BY(mutex);
  };

  static std::string KeyOf(absl::string_view tenant, absl::string_view id);
  Shard& ShardOf(absl::string_view key);
  std::unique_ptr<Watch> AddUnder(std::string key, Callback callback);
  void TellUnder(const std::string& key, const StoredCommand& command);

  OtherReplicas* const others_;
  std::atomic<uint64_t> next_id_{0};
  std::array<Shard, 16> shards_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_WATCHERS_H_
