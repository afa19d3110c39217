#ifndef U2FI_SERVICES_GATEWAY_AGENT_MESH_GATES_H_
#define U2FI_SERVICES_GATEWAY_AGENT_MESH_GATES_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/random/random_source.h"
#include "services/common/rpc/tls_identity.h"
#include "services/gateway-agent/gate_addresses.h"
#include "services/gateway-agent/gates.h"

namespace u2fi::gateway_agent {

// The gates behind a gRPC target, over mutual TLS: a server with any other
// identity than service/command-gate is refused.
class MeshGates : public Gates {
 public:
  // `tls` must outlive all connections, `random` this object.
  MeshGates(const rpc::TlsIdentity& tls, const std::string& target,
            RandomSource& random)
      : tls_(tls), addresses_(target, random, LookUpHost) {}

  std::vector<std::string> Addresses(absl::string_view former) override {
    return addresses_.Shuffled(former);
  }
  std::unique_ptr<gateway::v1::GatewayLink::StubInterface> Connect(
      const std::string& address) override;

 private:
  const rpc::TlsIdentity& tls_;
  GateAddresses addresses_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_MESH_GATES_H_
