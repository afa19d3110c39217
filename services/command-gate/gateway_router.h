#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_ROUTER_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_ROUTER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/gate_metrics.h"
#include "services/command-gate/gateway_sender.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/command-gate/owner_cache.h"
#include "services/command-gate/replica_link.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// The way down where the gate has several replicas: to the own stream of the
// gateway, or once over to the replica that the directory names. What comes in
// from another replica goes to GatewaySessions and never through here.
// Thread-safe; blocks on the store and the other replica.
class GatewayRouter : public GatewaySender {
 public:
  // The references must outlive this object.
  struct Parts {
    const Clock& clock;
    GatewaySessions& sessions;
    OwnerCache& owners;
    OtherReplicas& others;
    ReplicaLink& link;
    GateMetrics& metrics;
    absl::Duration presence_grace;
  };

  explicit GatewayRouter(const Parts& parts) : parts_(parts) {}

  absl::StatusOr<absl::optional<GatewaySession>> Find(
      absl::string_view tenant, absl::string_view gateway) override;

  // If the other replica does not have the stream (any more) or does not
  // answer, the directory is asked once more; only if it names another stream
  // now the message goes there. GATEWAY_OFFLINE otherwise.
  absl::Status Send(absl::string_view tenant, absl::string_view gateway,
                    gateway::v1::MeshMessage message) override;

 private:
  // What the directory says; what changes it is heard.
  OwnerCache::Answer Look(absl::string_view tenant, absl::string_view gateway);
  // Where the stream is, if it is open.
  absl::StatusOr<absl::optional<DirectoryEntry>> OwnerOf(
      absl::string_view tenant, absl::string_view gateway);
  absl::Status Forward(const DirectoryEntry& owner,
                       v1::ForwardRequest& request);
  // After `failed` at `former`.
  absl::Status SendAgain(const DirectoryEntry& former,
                         v1::ForwardRequest& request,
                         const absl::Status& failed);

  const Parts parts_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_ROUTER_H_
