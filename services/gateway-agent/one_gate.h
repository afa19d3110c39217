#ifndef U2FI_SERVICES_GATEWAY_AGENT_ONE_GATE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_ONE_GATE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "grpcpp/channel.h"
#include "services/gateway-agent/gates.h"

namespace u2fi::gateway_agent {

// A gate behind a channel that is there already, for tests. Simplification:
// all streams share it.
class OneGate : public Gates {
 public:
  explicit OneGate(std::shared_ptr<grpc::Channel> channel)
      : channel_(std::move(channel)) {}

  std::vector<std::string> Addresses(absl::string_view) override {
    return {"the gate"};
  }
  std::unique_ptr<gateway::v1::GatewayLink::StubInterface> Connect(
      const std::string&) override {
    return gateway::v1::GatewayLink::NewStub(channel_);
  }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_ONE_GATE_H_
