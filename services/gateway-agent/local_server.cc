#include "services/gateway-agent/local_server.h"

#include "services/common/rpc/reply.h"
#include "services/common/rpc/served_call.h"
#include "services/common/status/error.h"

namespace u2fi::gateway_agent {

grpc::ServerUnaryReactor* LocalServer::TriggerProvisioning(
    grpc::CallbackServerContext* context,
    const gateway::v1::TriggerProvisioningRequest*,
    gateway::v1::TriggerProvisioningResponse*) {
  return rpc::Finish(
      context,
      Error(reason::kUnimplemented,
            "the provisioning button is not there yet: submit u2fi.pins"));
}

grpc::ServerUnaryReactor* LocalServer::Decline(
    grpc::CallbackServerContext* context,
    const gateway::v1::DeclineRequest* request, gateway::v1::DeclineResponse*) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  return rpc::Finish(context, agent_.Decline(*request));
}

grpc::ServerUnaryReactor* LocalServer::EnterPin(
    grpc::CallbackServerContext* context,
    const gateway::v1::EnterPinRequest* request,
    gateway::v1::EnterPinResponse*) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  return rpc::Finish(context, agent_.EnterPin(*request));
}

grpc::ServerUnaryReactor* LocalServer::Status(
    grpc::CallbackServerContext* context, const gateway::v1::StatusRequest*,
    gateway::v1::StatusResponse* response) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  return rpc::Reply(context, agent_.Status(), response);
}

}  // namespace u2fi::gateway_agent
