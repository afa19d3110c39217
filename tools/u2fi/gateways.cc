#include "tools/u2fi/gateways.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

std::string Text(const registry::Gateway& gateway) {
  return proof::VisibleText(absl::StrCat(
      gateway.name(), "  ",
      absl::StripPrefix(registry::GatewayState_Name(gateway.state()),
                        "GATEWAY_STATE_"),
      "  at ", gateway.site()));
}

std::string IdOf(const registry::Gateway& gateway) {
  return std::string(absl::StripPrefix(gateway.name(), "gateways/"));
}

template <typename Request>
Request RequestFor(const std::string& gateway, const std::string& reason) {
  Request request;
  request.set_name(
      absl::StrCat("gateways/", absl::StripPrefix(gateway, "gateways/")));
  request.set_reason(reason);
  return request;
}

}  // namespace

absl::StatusOr<std::set<std::string>> Gateways::Connected() {
  std::set<std::string> connected;
  gate::ListGatewaySessionsRequest request;
  do {
    ASSIGN_OR_RETURN(const auto page, mesh_.ListGatewaySessions(request));
    for (const gate::GatewaySession& session : page.sessions()) {
      connected.insert(session.gateway());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return connected;
}

absl::Status Gateways::List(const std::string& site) {
  const absl::StatusOr<std::set<std::string>> connected = Connected();
  if (!IsReason(connected.status(), reason::kCallerNotAllowed)) {
    RETURN_IF_ERROR(connected.status());
  }
  registry::ListGatewaysRequest request;
  request.set_site(site);
  bool none = true;
  do {
    ASSIGN_OR_RETURN(const auto page, mesh_.ListGateways(request));
    for (const registry::Gateway& gateway : page.gateways()) {
      none = false;
      if (!connected.ok()) {
        output_.Show(gateway, Text(gateway));
        continue;
      }
      const bool is_connected = connected->count(IdOf(gateway)) > 0;
      output_.Show(
          gateway,
          absl::StrCat(Text(gateway),
                       is_connected ? "  connected" : "  not connected"),
          {{"connected", is_connected ? "true" : "false"}});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  if (none) {
    output_.Say(site.empty() ? "there are no gateways"
                             : absl::StrCat("there are no gateways at ",
                                            proof::VisibleText(site)));
  }
  return absl::OkStatus();
}

absl::Status Gateways::Suspend(const std::string& gateway,
                               const std::string& reason) {
  ASSIGN_OR_RETURN(
      const auto response,
      mesh_.SuspendGateway(
          RequestFor<registry::SuspendGatewayRequest>(gateway, reason)));
  output_.Show(response.gateway(), Text(response.gateway()));
  return absl::OkStatus();
}

absl::Status Gateways::Resume(const std::string& gateway,
                              const std::string& reason) {
  ASSIGN_OR_RETURN(
      const auto response,
      mesh_.ResumeGateway(
          RequestFor<registry::ResumeGatewayRequest>(gateway, reason)));
  output_.Show(response.gateway(), Text(response.gateway()));
  return absl::OkStatus();
}

absl::Status Gateways::Revoke(const std::string& gateway,
                              const std::string& reason) {
  ASSIGN_OR_RETURN(
      const auto response,
      mesh_.RevokeGateway(
          RequestFor<registry::RevokeGatewayRequest>(gateway, reason)));
  output_.Show(response.gateway(), Text(response.gateway()));
  return absl::OkStatus();
}

}  // namespace u2fi::cli
