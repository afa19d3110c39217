#include "services/command-gate/session_list.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/rpc/ids.h"
#include "services/common/rpc/request_checks.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

bool ById(const GatewaySession& a, const GatewaySession& b) {
  return a.gateway < b.gateway;
}

}  // namespace

absl::StatusOr<v1::ListGatewaySessionsResponse> SessionList::List(
    const rpc::Caller& caller, const v1::ListGatewaySessionsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  if (!request.site().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("site", request.site()));
  }
  const std::string list =
      absl::StrCat("gateway-sessions/", tenant, "/", request.site());
  ASSIGN_OR_RETURN(
      const rpc::Page page,
      rpc::ReadPage(request.page_size(), request.page_token(), list));
  std::vector<GatewaySession> sessions = sessions_.List();
  std::sort(sessions.begin(), sessions.end(), ById);
  v1::ListGatewaySessionsResponse response;
  for (const GatewaySession& session : sessions) {
    if (session.tenant != tenant || session.gateway <= page.after) continue;
    if (!request.site().empty() && session.site != request.site()) continue;
    if (response.sessions_size() == page.size) {
      const v1::GatewaySession& last = response.sessions(page.size - 1);
      response.set_next_page_token(rpc::PageToken(last.gateway(), list));
      break;
    }
    v1::GatewaySession& view = *response.add_sessions();
    view.set_gateway(session.gateway);
    view.set_site(session.site);
    view.set_generation(session.generation);
    view.set_agent_version(session.agent_version);
    *view.mutable_open_time() =
        google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
            absl::ToUnixMillis(session.open_time));
    ASSIGN_OR_RETURN(const uint32_t open,
                     commands_.CountOpen(tenant, session.gateway));
    view.set_open_approvals(open);
  }
  return response;
}

}  // namespace u2fi::command_gate
