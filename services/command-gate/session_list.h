#ifndef U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_
#define U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_

#include "absl/status/statusor.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/common/rpc/caller.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// Tells operators which gateways are connected to this replica. Thread-safe.
class SessionList {
 public:
  // The references must outlive this object.
  SessionList(GatewaySessions& sessions, CommandStore& commands)
      : sessions_(sessions), commands_(commands) {}

  // A page of the tenant's gateways, by id. TENANT_MISMATCH, INVALID_FIELD,
  // PAGE_TOKEN_INVALID.
  absl::StatusOr<v1::ListGatewaySessionsResponse> List(
      const rpc::Caller& caller, const v1::ListGatewaySessionsRequest& request);

 private:
  GatewaySessions& sessions_;
  CommandStore& commands_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_
