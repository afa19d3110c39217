#ifndef U2FI_SERVICES_GATEWAY_AGENT_LOCAL_SERVER_H_
#define U2FI_SERVICES_GATEWAY_AGENT_LOCAL_SERVER_H_

#include "services/gateway-agent/agent_module.h"
#include "u2fi/gateway/v1/local.grpc.pb.h"

namespace u2fi::gateway_agent {

// The agent's own API, for its Unix socket. Its calls are short reads of
// memory and of the agent's own disk: they run on gRPC's threads.
class LocalServer : public gateway::v1::AgentLocal::CallbackService {
 public:
  // `agent` must outlive this object and the server it is registered on.
  explicit LocalServer(AgentModule& agent) : agent_(agent) {}

  grpc::ServerUnaryReactor* TriggerProvisioning(
      grpc::CallbackServerContext* context,
      const gateway::v1::TriggerProvisioningRequest* request,
      gateway::v1::TriggerProvisioningResponse* response) override;
  grpc::ServerUnaryReactor* Decline(
      grpc::CallbackServerContext* context,
      const gateway::v1::DeclineRequest* request,
      gateway::v1::DeclineResponse* response) override;
  grpc::ServerUnaryReactor* EnterPin(
      grpc::CallbackServerContext* context,
      const gateway::v1::EnterPinRequest* request,
      gateway::v1::EnterPinResponse* response) override;
  grpc::ServerUnaryReactor* Status(
      grpc::CallbackServerContext* context,
      const gateway::v1::StatusRequest* request,
      gateway::v1::StatusResponse* response) override;

 private:
  AgentModule& agent_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_LOCAL_SERVER_H_
