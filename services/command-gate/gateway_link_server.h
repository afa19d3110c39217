#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_SERVER_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_SERVER_H_

#include "absl/time/time.h"
#include "services/command-gate/gateway_journals.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/command-gate/stream_claims.h"
#include "services/common/audit/executor.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::command_gate {

// Serves the gateways' streams: admits each by the registry's record, welcomes
// it, and passes on what comes up, in order. The references must outlive this
// object and every server it is registered on.
class GatewayLinkServer : public gateway::v1::GatewayLink::CallbackService {
 public:
  struct Parts {
    const Clock& clock;
    device_registry::RegistryClient& registry;
    GatewaySessions& sessions;
    GatewayEvents& events;
    audit::Executor& executor;
    // Agents send a heartbeat this often.
    absl::Duration heartbeat_interval;
    // Where there are other replicas: makes streams this one's. Else nullptr.
    StreamClaims* claims = nullptr;
    // Takes what agents send of their journals; nullptr (tests): nobody does.
    GatewayJournals* journals = nullptr;
  };

  explicit GatewayLinkServer(const Parts& parts) : parts_(parts) {}

  grpc::ServerBidiReactor<gateway::v1::GatewayMessage,
                          gateway::v1::MeshMessage>*
  Connect(grpc::CallbackServerContext* context) override;

 private:
  const Parts parts_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_LINK_SERVER_H_
