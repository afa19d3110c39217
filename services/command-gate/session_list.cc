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

constexpr size_t kReadAtOnce = 500;

bool ById(const DirectoryEntry& a, const DirectoryEntry& b) {
  return a.session.gateway < b.session.gateway;
}

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  return google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
      absl::ToUnixMillis(time));
}

}  // namespace

GatewayDirectory::Page SessionList::ReadHere(const std::string& tenant,
                                             absl::string_view after) {
  GatewayDirectory::Page page;
  for (GatewaySession& session : sessions_.List()) {
    if (session.tenant != tenant || session.gateway <= after) continue;
    DirectoryEntry& entry = page.entries.emplace_back();
    entry.session = std::move(session);
  }
  std::sort(page.entries.begin(), page.entries.end(), ById);
  return page;
}

absl::StatusOr<GatewayDirectory::Page> SessionList::Read(
    const std::string& tenant, absl::string_view after) {
  if (directory_ == nullptr) return ReadHere(tenant, after);
  ASSIGN_OR_RETURN(GatewayDirectory::Page page,
                   directory_->List(tenant, after, kReadAtOnce));
  return page;
}

bool SessionList::IsListed(const DirectoryEntry& entry,
                           const std::string& site) const {
  if (!site.empty() && entry.session.site != site) return false;
  if (directory_ == nullptr) return true;
  return !entry.replica.empty() && clock_.Now() < entry.lease_end;
}

absl::StatusOr<v1::GatewaySession> SessionList::ViewOf(
    const DirectoryEntry& entry) {
  v1::GatewaySession view;
  view.set_gateway(entry.session.gateway);
  view.set_site(entry.session.site);
  view.set_generation(entry.session.generation);
  view.set_agent_version(entry.session.agent_version);
  *view.mutable_open_time() = TimestampOf(entry.session.open_time);
  if (directory_ != nullptr) {
    view.set_replica(entry.address);
    *view.mutable_lease_expire_time() = TimestampOf(entry.lease_end);
  }
  ASSIGN_OR_RETURN(
      const uint32_t open,
      commands_.CountOpen(entry.session.tenant, entry.session.gateway));
  view.set_open_approvals(open);
  return view;
}

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
  v1::ListGatewaySessionsResponse response;
  std::string after = page.after;
  GatewayDirectory::Page found;
  do {
    ASSIGN_OR_RETURN(found, Read(tenant, after));
    for (const DirectoryEntry& entry : found.entries) {
      after = entry.session.gateway;
      if (!IsListed(entry, request.site())) continue;
      if (response.sessions_size() == page.size) {
        const v1::GatewaySession& last = response.sessions(page.size - 1);
        response.set_next_page_token(rpc::PageToken(last.gateway(), list));
        return response;
      }
      ASSIGN_OR_RETURN(*response.add_sessions(), ViewOf(entry));
    }
  } while (found.more);
  return response;
}

}  // namespace u2fi::command_gate
