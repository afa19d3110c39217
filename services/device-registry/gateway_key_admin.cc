#include "services/device-registry/gateway_key_admin.h"

#include <string>
#include <utility>

#include "services/common/crypto/encoding.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/gateway_key.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

// Whether somebody can approve the key, whose devices may have pinned it.
absl::StatusOr<bool> OwnerHasATouch(Change& change,
                                    const v1::Gateway& gateway) {
  ASSIGN_OR_RETURN(const v1::Site site, RequireSite(change, gateway.site()));
  ASSIGN_OR_RETURN(const records::v1::AccountRow owner,
                   RequireAccount(change, site.owner()));
  return !owner.account().keys().empty();
}

void PutPending(Change& change, const std::string& spki, v1::Gateway& gateway) {
  gateway.set_pending_public_key(spki);
  gateway.set_etag(NextEtag(gateway.etag()));
  records::v1::GatewayRow row;
  *row.mutable_gateway() = gateway;
  change.Put(key::Gateway(PlainId(gateway.name())), std::move(row));
}

absl::StatusOr<v1::Gateway> ReplaceableGateway(Change& change,
                                               const std::string& id,
                                               const std::string& etag) {
  ASSIGN_OR_RETURN(v1::Gateway gateway, RequireGateway(change, id));
  if (gateway.state() == v1::GATEWAY_STATE_REVOKED) {
    return Error(reason::kGatewayState, "the gateway is revoked",
                 {{"gateway", id}, {"state", StateName(gateway.state())}});
  }
  RETURN_IF_ERROR(CheckEtag(etag, gateway.etag()));
  return gateway;
}

}  // namespace

absl::StatusOr<v1::ReplaceGatewayKeyResponse>
GatewayKeyAdmin::ReplaceGatewayKey(
    const rpc::Caller& caller, const v1::ReplaceGatewayKeyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("gateways/", request.name(), "name"));
  ASSIGN_OR_RETURN(const std::string channel_key,
                   ChannelKeyOf(request.public_key()));
  v1::ReplaceGatewayKeyResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(v1::Gateway gateway,
                     ReplaceableGateway(change, id, request.etag()));
    RETURN_IF_ERROR(CheckNewKey(change, channel_key, "public_key"));
    ASSIGN_OR_RETURN(const bool waits, OwnerHasATouch(change, gateway));
    if (waits) {
      PutPending(change, request.public_key(), gateway);
    } else {
      RETURN_IF_ERROR(PutKey(change, request.public_key(), gateway));
    }
    audit::RowContent row =
        RowAbout(audit::v1::ROW_KIND_GATEWAY, caller, {gateway.name()});
    AddDetail(row, waits ? "pending_channel_key" : "channel_key",
              crypto::Hex(channel_key));
    change.Audit(std::move(row));
    *response.mutable_gateway() = std::move(gateway);
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace u2fi::device_registry
