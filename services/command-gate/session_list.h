#ifndef U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_
#define U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gateway_directory.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/common/rpc/caller.h"
#include "services/common/time/clock.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// Tells operators which gateways are connected: to this replica, or to any if
// there is a directory. Thread-safe.
class SessionList {
 public:
  // The references must outlive this object, and `directory`, which is nullptr
  // if this is the only replica.
  SessionList(const Clock& clock, GatewaySessions& sessions,
              CommandStore& commands, GatewayDirectory* directory = nullptr)
      : clock_(clock),
        sessions_(sessions),
        commands_(commands),
        directory_(directory) {}

  // A page of the tenant's gateways, by id. TENANT_MISMATCH, INVALID_FIELD,
  // PAGE_TOKEN_INVALID.
  absl::StatusOr<v1::ListGatewaySessionsResponse> List(
      const rpc::Caller& caller, const v1::ListGatewaySessionsRequest& request);

 private:
  // Open streams of the tenant by id of the gateway, from the one after `after`
  // on: as many as one page of the source has. `more`: there are others.
  absl::StatusOr<GatewayDirectory::Page> Read(const std::string& tenant,
                                              absl::string_view after);
  GatewayDirectory::Page ReadHere(const std::string& tenant,
                                  absl::string_view after);
  // Whether its stream is open and at the site; empty: at any.
  bool IsListed(const DirectoryEntry& entry, const std::string& site) const;
  absl::StatusOr<v1::GatewaySession> ViewOf(const DirectoryEntry& entry);

  const Clock& clock_;
  GatewaySessions& sessions_;
  CommandStore& commands_;
  GatewayDirectory* const directory_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SESSION_LIST_H_
