#ifndef U2FI_SERVICES_COMMAND_GATE_COMMAND_FOLLOWER_H_
#define U2FI_SERVICES_COMMAND_GATE_COMMAND_FOLLOWER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/alarm.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/gate_service.h"
#include "services/common/audit/executor.h"
#include "services/common/rpc/caller.h"
#include "services/common/sync/sync.h"

namespace u2fi::command_gate {

// "batches/{batch}".
bool IsBatchName(absl::string_view name);

// Follows a command, or the commands of a batch, for an rpc that waits, without
// holding a thread. It registers first and reads then, so that no change falls
// between the two, and reads again every five seconds, since hints of other
// replicas may be lost. Held by its rpc and by the callbacks that are under
// way.
class CommandFollower : public std::enable_shared_from_this<CommandFollower> {
 public:
  // Called under a lock, on any thread: it must not call Detach().
  class Listener {
   public:
    virtual ~Listener() = default;
    // The command as it is now; of a batch all of them or those that changed.
    // Otherwise why they cannot be read.
    virtual void OnCommands(
        const absl::StatusOr<std::vector<StoredCommand>>& now) = 0;
    virtual void OnTimeUp() = 0;
  };

  // What it works with. All must outlive the server that it serves.
  struct Parts {
    GateService& service;
    CommandWatchers& watchers;
    audit::Executor& executor;
  };

  // `name`: "commands/{command}" or "batches/{batch}".
  CommandFollower(const Parts& parts, const rpc::Caller& caller,
                  std::string tenant, std::string name, Listener* listener)
      : parts_(parts),
        caller_(caller),
        tenant_(std::move(tenant)),
        name_(std::move(name)),
        listener_(listener) {}

  // Begins. OnTimeUp() comes after `timeout` unless it is infinite.
  void Start(absl::Duration timeout);

  // After it the listener is not called any more and may go.
  void Detach();

 private:
  void Register(const GateService::Named& named);
  absl::StatusOr<std::vector<StoredCommand>> ReadAll();
  void ReadAndRepeat();
  void Hear(const absl::StatusOr<std::vector<StoredCommand>>& now);

  const Parts parts_;
  const rpc::Caller caller_;
  const std::string tenant_;
  const std::string name_;
  Mutex mutex_;
  Listener* listener_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<CommandWatchers::Watch> watch_ ABSL_GUARDED_BY(mutex_);
  grpc::Alarm time_up_;
  grpc::Alarm safety_read_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_COMMAND_FOLLOWER_H_
