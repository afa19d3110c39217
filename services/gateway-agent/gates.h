#ifndef U2FI_SERVICES_GATEWAY_AGENT_GATES_H_
#define U2FI_SERVICES_GATEWAY_AGENT_GATES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "u2fi/gateway/v1/link.grpc.pb.h"

namespace u2fi::gateway_agent {

// The replicas of the gate, of which the agent wants one. Thread-safe.
class Gates {
 public:
  virtual ~Gates() = default;

  // Where to try next, one after the other; at least one address. In another
  // order each time; `former`, if it is one of them, is the last. May block on
  // the resolver.
  virtual std::vector<std::string> Addresses(absl::string_view former) = 0;

  // The gate at one of these, over a connection of its own, which is made when
  // it is first used and ends with the stub.
  virtual std::unique_ptr<gateway::v1::GatewayLink::StubInterface> Connect(
      const std::string& address) = 0;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_GATES_H_
