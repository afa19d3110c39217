#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_REPLICA_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_REPLICA_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/command-gate/directory_keeper.h"
#include "services/command-gate/gate_metrics.h"
#include "services/command-gate/gateway_directory.h"
#include "services/command-gate/gateway_router.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/command-gate/owner_cache.h"
#include "services/command-gate/replica_hints.h"
#include "services/command-gate/replica_link.h"
#include "services/common/audit/executor.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// What a gate needs to be one of several: where each gateway's stream is, the
// way there, and word of what the others did. Thread-safe.
class GateReplica {
 public:
  // The references must outlive this object.
  struct Parts {
    const Clock& clock;
    store::Store& store;
    audit::Executor& executor;
    GatewaySessions& sessions;
    ReplicaLink& link;
    GateMetrics& metrics;
    absl::Duration presence_grace;
    GatewayDirectory::Options options;
  };
  // What the rest of the gate does; each may block.
  struct Hooks {
    // A gateway's stream went elsewhere; what was sent on it lately may not
    // have arrived.
    std::function<void(const GatewaySession&)> moved_away;
    // Another replica changed the command.
    std::function<void(const std::string& tenant,
                       const records::v1::CommandHint& hint)>
        command;
    // Some such changes may have been missed.
    std::function<void(const std::string& tenant)> missed;
  };

  GateReplica(const Parts& parts, Hooks hooks);

  // About once a second: renewals and releases in the directory.
  void Keep();

  // The end: releases what has ended and listens no more. What is scheduled
  // then must run before this object goes.
  void Stop();

  GatewayDirectory& directory() { return directory_; }
  ReplicaHints& hints() { return hints_; }
  DirectoryKeeper& keeper() { return keeper_; }
  GatewayRouter& router() { return router_; }

 private:
  // A stream of the gateway with this generation is, or was, elsewhere.
  void OnMoved(const std::string& tenant, const std::string& gateway,
               uint64_t generation);
  void OnMissed(const std::string& tenant);

  const Parts parts_;
  const Hooks hooks_;
  GatewayDirectory directory_;
  OwnerCache owners_;
  ReplicaHints hints_;
  DirectoryKeeper keeper_;
  GatewayRouter router_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_REPLICA_H_
