#include "services/device-registry/gateway_admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/deny_list.h"
#include "services/device-registry/gateway_key.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::GatewayRow;
using records::v1::OwnerRow;

constexpr size_t kMaxDisplayName = 128;
constexpr size_t kMaxReason = 256;

absl::Status CheckCreate(const v1::CreateGatewayRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("gateway_id", request.gateway_id()));
  RETURN_IF_ERROR(rpc::CheckId("gateway.site", request.gateway().site()));
  return CheckText("gateway.display_name", request.gateway().display_name(),
                   kMaxDisplayName);
}

absl::Status CheckUnused(Change& change, const v1::Gateway& gateway,
                         const std::string& id) {
  ASSIGN_OR_RETURN(const bool exists, change.Exists(key::Gateway(id)));
  if (exists) {
    return Error(reason::kResourceExists, "the gateway exists",
                 {{"resource", gateway.name()}});
  }
  return CheckNewKey(change, gateway.channel_key(), "gateway.public_key");
}

void PutNew(Change& change, const v1::Gateway& gateway, const std::string& id) {
  GatewayRow row;
  *row.mutable_gateway() = gateway;
  change.Put(key::Gateway(id), std::move(row));
  OwnerRow owner;
  owner.set_owner(id);
  change.Put(key::GatewayKey(gateway.channel_key()), owner);
  change.Put(key::SiteGateway(gateway.site(), id), owner);
}

// Moves `gateway` to `to`, as `content` explains.
absl::Status PutState(Change& change, uint64_t now_ms, v1::GatewayState to,
                      v1::Gateway& gateway, audit::RowContent content) {
  const std::string id = PlainId(gateway.name());
  content.body.set_state_before(StateName(gateway.state()));
  content.body.set_state_after(StateName(to));
  change.Audit(std::move(content));
  gateway.set_state(to);
  gateway.set_etag(NextEtag(gateway.etag()));
  GatewayRow row;
  *row.mutable_gateway() = gateway;
  change.Put(key::Gateway(id), std::move(row));
  if (to == v1::GATEWAY_STATE_REVOKED) {
    RETURN_IF_ERROR(DenyGateway(change, now_ms, id));
  }
  change.Announce(v1::EVENT_KIND_GATEWAY, gateway.name(), StateName(to));
  return absl::OkStatus();
}

bool MayMove(v1::GatewayState from, v1::GatewayState to) {
  switch (to) {
    case v1::GATEWAY_STATE_ACTIVE:
      return from == v1::GATEWAY_STATE_SUSPENDED;
    case v1::GATEWAY_STATE_SUSPENDED:
      return from == v1::GATEWAY_STATE_ACTIVE;
    case v1::GATEWAY_STATE_REVOKED:
      return from == v1::GATEWAY_STATE_ACTIVE ||
             from == v1::GATEWAY_STATE_SUSPENDED;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<v1::CreateGatewayResponse> GatewayAdmin::CreateGateway(
    const rpc::Caller& caller, const v1::CreateGatewayRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckCreate(request));
  ASSIGN_OR_RETURN(const std::string channel_key,
                   ChannelKeyOf(request.gateway().public_key()));
  v1::CreateGatewayResponse response;
  v1::Gateway& gateway = *response.mutable_gateway();
  gateway.set_name(GatewayName(request.gateway_id()));
  gateway.set_site(request.gateway().site());
  gateway.set_public_key(request.gateway().public_key());
  gateway.set_channel_key(channel_key);
  gateway.set_state(v1::GATEWAY_STATE_ACTIVE);
  gateway.set_display_name(request.gateway().display_name());
  *gateway.mutable_create_time() = ToTimestamp(UnixMillis(store_.clock()));
  gateway.set_etag(FirstEtag());
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    RETURN_IF_ERROR(CheckUnused(change, gateway, request.gateway_id()));
    RETURN_IF_ERROR(RequireSite(change, gateway.site()).status());
    if (request.validate_only()) return absl::OkStatus();
    PutNew(change, gateway, request.gateway_id());
    audit::RowContent row =
        RowAbout(audit::v1::ROW_KIND_GATEWAY, caller,
                 {gateway.name(), SiteName(gateway.site())});
    row.body.set_state_after("ACTIVE");
    AddDetail(row, "channel_key", crypto::Hex(gateway.channel_key()));
    change.Audit(std::move(row));
    change.Announce(v1::EVENT_KIND_GATEWAY, gateway.name(), "ACTIVE");
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::GetGatewayResponse> GatewayAdmin::GetGateway(
    const rpc::Caller& caller, const v1::GetGatewayRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("gateways/", request.name(), "name"));
  ASSIGN_OR_RETURN(
      GatewayRow row,
      store_.Require<GatewayRow>(tenant, key::Gateway(id), request.name()));
  v1::GetGatewayResponse response;
  response.mutable_gateway()->Swap(row.mutable_gateway());
  return response;
}

absl::StatusOr<v1::ListGatewaysResponse> GatewayAdmin::ListGateways(
    const rpc::Caller& caller, const v1::ListGatewaysRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckOptionalId("site", request.site()));
  if (!v1::GatewayState_IsValid(request.state())) {
    return FieldError("state", "is unknown");
  }
  const ListQuery query{std::string(key::kGateways), request.page_size(),
                        request.page_token(),
                        absl::StrCat(request.site(), "|", request.state())};
  const auto wanted = [&request](const GatewayRow& row) {
    return (request.site().empty() || row.gateway().site() == request.site()) &&
           (request.state() == v1::GATEWAY_STATE_UNSPECIFIED ||
            row.gateway().state() == request.state());
  };
  ASSIGN_OR_RETURN(auto page, store_.List<GatewayRow>(tenant, query, wanted));
  v1::ListGatewaysResponse response;
  for (GatewayRow& row : page.first) {
    response.add_gateways()->Swap(row.mutable_gateway());
  }
  response.set_next_page_token(page.second);
  return response;
}

template <typename Response, typename Request>
absl::StatusOr<Response> GatewayAdmin::Move(const rpc::Caller& caller,
                                            const Request& request,
                                            v1::GatewayState to) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("gateways/", request.name(), "name"));
  RETURN_IF_ERROR(CheckText("reason", request.reason(), kMaxReason));
  Response response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(v1::Gateway gateway, RequireGateway(change, id));
    const v1::GatewayState from = gateway.state();
    if (!MayMove(from, to)) {
      return Error(reason::kGatewayState,
                   "the gateway is not in a state that allows this",
                   {{"gateway", id}, {"state", StateName(from)}});
    }
    audit::RowContent content =
        RowAbout(audit::v1::ROW_KIND_GATEWAY, caller, {gateway.name()});
    AddDetail(content, "reason", request.reason());
    RETURN_IF_ERROR(PutState(change, NowMs(), to, gateway, std::move(content)));
    *response.mutable_gateway() = std::move(gateway);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::SuspendGatewayResponse> GatewayAdmin::SuspendGateway(
    const rpc::Caller& caller, const v1::SuspendGatewayRequest& request) {
  return Move<v1::SuspendGatewayResponse>(caller, request,
                                          v1::GATEWAY_STATE_SUSPENDED);
}

absl::StatusOr<v1::ResumeGatewayResponse> GatewayAdmin::ResumeGateway(
    const rpc::Caller& caller, const v1::ResumeGatewayRequest& request) {
  return Move<v1::ResumeGatewayResponse>(caller, request,
                                         v1::GATEWAY_STATE_ACTIVE);
}

absl::StatusOr<v1::RevokeGatewayResponse> GatewayAdmin::RevokeGateway(
    const rpc::Caller& caller, const v1::RevokeGatewayRequest& request) {
  return Move<v1::RevokeGatewayResponse>(caller, request,
                                         v1::GATEWAY_STATE_REVOKED);
}

absl::Status GatewayAdmin::TakeAgain(const std::string& tenant,
                                     const std::string& id,
                                     v1::GatewayState to) {
  return store_.Decide(tenant, [&](Change& change) -> absl::Status {
    absl::StatusOr<v1::Gateway> gateway = RequireGateway(change, id);
    if (IsReason(gateway.status(), reason::kResourceUnknown)) {
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(gateway.status());
    if (to == v1::GATEWAY_STATE_ACTIVE || !MayMove(gateway->state(), to)) {
      return absl::OkStatus();
    }
    audit::RowContent content;
    content.kind = audit::v1::ROW_KIND_GATEWAY;
    content.subjects = {gateway->name()};
    AddDetail(content, "reason", "the store had forgotten it");
    return PutState(change, NowMs(), to, *gateway, std::move(content));
  });
}

absl::StatusOr<v1::AdmitGatewayResponse> GatewayAdmin::AdmitGateway(
    const rpc::Caller& caller, const v1::AdmitGatewayRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(rpc::CheckId("site", request.site()));
  RETURN_IF_ERROR(rpc::CheckId("gateway", request.gateway()));
  const std::string name = GatewayName(request.gateway());
  ASSIGN_OR_RETURN(const GatewayRow row,
                   store_.Require<GatewayRow>(
                       tenant, key::Gateway(request.gateway()), name));
  if (row.gateway().site() != request.site()) return UnknownResource(name);
  RETURN_IF_ERROR(CheckActive(row.gateway()));
  if (row.gateway().public_key() != request.public_key()) {
    return Error(reason::kGatewayKeyMismatch,
                 "the certificate is for another key than the gateway's",
                 {{"gateway", request.gateway()}});
  }
  v1::AdmitGatewayResponse response;
  ASSIGN_OR_RETURN(*response.mutable_revocations(),
                   ReadDenyList(store_, tenant));
  return response;
}

}  // namespace u2fi::device_registry
