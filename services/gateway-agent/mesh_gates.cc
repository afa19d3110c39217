#include "services/gateway-agent/mesh_gates.h"

#include "services/common/rpc/channel.h"

namespace u2fi::gateway_agent {

std::unique_ptr<gateway::v1::GatewayLink::StubInterface> MeshGates::Connect(
    const std::string& address) {
  return gateway::v1::GatewayLink::NewStub(rpc::NewConnection(
      tls_, address, "command-gate", addresses_.authority()));
}

}  // namespace u2fi::gateway_agent
