#ifndef U2FI_SERVICES_GATEWAY_AGENT_LOCAL_CLIENT_H_
#define U2FI_SERVICES_GATEWAY_AGENT_LOCAL_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "u2fi/gateway/v1/local.grpc.pb.h"

namespace u2fi::gateway_agent {

// Asks a running agent through its Unix socket. PEER_UNAVAILABLE if none
// listens there.
class LocalClient {
 public:
  explicit LocalClient(const std::string& socket);

  // Each is PEER_UNAVAILABLE, naming the socket, if no agent answers there.
  absl::StatusOr<gateway::v1::StatusResponse> Status();

  // Gives a PIN. INVALID_FIELD, RESOURCE_UNKNOWN, PIN_LAST_TRY.
  absl::Status EnterPin(const gateway::v1::EnterPinRequest& request);

  // Says no to the question `approval_id`. RESOURCE_UNKNOWN.
  absl::Status Decline(const std::string& approval_id);

 private:
  // What became of a call.
  absl::Status Explain(const grpc::Status& status) const;

  const std::string socket_;
  const std::unique_ptr<gateway::v1::AgentLocal::Stub> stub_;
};

// `status` for people, some lines.
std::string Describe(const gateway::v1::StatusResponse& status);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_LOCAL_CLIENT_H_
