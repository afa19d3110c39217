#ifndef U2FI_SERVICES_COMMAND_GATE_REPLICA_HINTS_H_
#define U2FI_SERVICES_COMMAND_GATE_REPLICA_HINTS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/gateway_sender.h"
#include "services/common/audit/executor.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "u2fi/command_gate/records/v1/replicas.pb.h"

namespace u2fi::command_gate {

// What replicas of the gate tell each other: which commands changed, and which
// gateways came and went, so that nobody has to poll the store. By publish and
// subscribe of the store, one topic a tenant; hints may be lost, and only say
// what is worth reading. Thread-safe.
class ReplicaHints : public OtherReplicas {
 public:
  // Called on a thread of the executor; may block.
  struct Listener {
    // Another replica changed the command.
    std::function<void(const std::string& tenant,
                       const records::v1::CommandHint& hint)>
        command;
    // A stream of the gateway with this generation was opened or closed.
    std::function<void(const std::string& tenant, const std::string& gateway,
                       uint64_t generation)>
        gateway;
    // Hints may have been missed.
    std::function<void(const std::string& tenant)> missed;
  };

  // A subscription that failed is not tried again for so long.
  static constexpr absl::Duration kPause = absl::Seconds(1);
  static constexpr absl::Duration kTimeout = absl::Milliseconds(500);

  // The references must outlive this object. `replica` is the own id. What was
  // scheduled must have run before this object goes.
  ReplicaHints(const Clock& clock, store::Store& store,
               audit::Executor& executor, std::string replica,
               Listener listener)
      : clock_(clock),
        store_(store),
        executor_(executor),
        replica_(std::move(replica)),
        listener_(std::move(listener)) {}

  void Tell(const StoredCommand& command) override;
  void TellMoved(const GatewaySession& session);

  // Does not wait for another thread that subscribes at the moment. Listener's
  // `missed` follows each new subscription.
  void Listen(absl::string_view tenant) override;

  // Nothing is heard any more. Waits for a hint that is being taken.
  void Stop();

  // Those that were listened to or told of.
  std::vector<std::string> Tenants();

 private:
  struct Tenant {
    std::unique_ptr<store::Subscription> subscription;
    bool subscribing = false;
    absl::Duration next_try = -absl::InfiniteDuration();
    // What waits to be published; not empty: somebody is about to.
    records::v1::ReplicaHint waiting;
    bool publishing = false;
  };

  void PublishLater(const std::string& tenant)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PublishAll(const std::string& tenant);
  // A hint that fits, taken from `waiting`; false: nothing waits.
  bool TakeHint(const std::string& tenant, std::string& payload);
  void OnHint(const std::string& tenant, const store::Hint& hint);
  void Hear(const std::string& tenant, const records::v1::ReplicaHint& hint);

  const Clock& clock_;
  store::Store& store_;
  audit::Executor& executor_;
  const std::string replica_;
  const Listener listener_;
  Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, Tenant, std::less<>> tenants_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_REPLICA_HINTS_H_
