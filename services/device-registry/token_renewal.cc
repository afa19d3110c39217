#include "services/device-registry/token_renewal.h"

#include <string>
#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::DeviceRow;

constexpr absl::string_view kRenewalDomain = "u2fi/renewal/v1";
constexpr int64_t kJwksLifeMs = 600'000;

absl::Status CheckRenewal(const v1::RenewDeviceTokenRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("gateway", request.gateway()));
  RETURN_IF_ERROR(
      rpc::CheckId("renewal.renewal_id", request.renewal().renewal_id()));
  RETURN_IF_ERROR(rpc::CheckId("renewal.device", request.renewal().device()));
  return rpc::CheckId("renewal.jti", request.renewal().jti());
}

absl::Status CheckDevice(const DeviceRow& row,
                         const v1::RenewDeviceTokenRequest& request) {
  const v1::Device& device = row.device();
  if (device.gateway() != request.gateway()) {
    return Error(reason::kGatewayMismatch,
                 "another gateway executes for the device",
                 {{"device", request.renewal().device()}});
  }
  if (device.state() != v1::DEVICE_STATE_BOUND) {
    return WrongDeviceState(device);
  }
  const std::string& jti = request.renewal().jti();
  if (jti == row.token().jti() || jti == row.previous_jti()) {
    return absl::OkStatus();
  }
  return Error(reason::kDeviceTokenRevoked,
               "the token is not one that the device may renew",
               {{"device", request.renewal().device()}});
}

absl::Status CheckSignature(const DeviceRow& row,
                            const gateway::v1::TokenRenewal& renewal) {
  ASSIGN_OR_RETURN(
      const crypto::P256PublicKey key,
      crypto::P256PublicKey::FromPoint(row.device().factory_key()));
  const crypto::Digest digest =
      crypto::Sha256({kRenewalDomain, crypto::LengthPrefixed(renewal.device()),
                      crypto::LengthPrefixed(renewal.jti())});
  if (key.Verify(digest, renewal.signature()).ok()) return absl::OkStatus();
  return Error(reason::kDeviceProofInvalid,
               "the device did not sign the renewal",
               {{"device", renewal.device()}});
}

}  // namespace

absl::StatusOr<v1::RenewDeviceTokenResponse> TokenRenewal::RenewDeviceToken(
    const rpc::Caller& caller, const v1::RenewDeviceTokenRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckRenewal(request));
  const gateway::v1::TokenRenewal& renewal = request.renewal();
  DeviceRow row;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(row, RequireDevice(change, renewal.device()));
    RETURN_IF_ERROR(CheckDevice(row, request));
    RETURN_IF_ERROR(CheckSignature(row, renewal));
    row.set_previous_jti(renewal.jti());
    *row.mutable_token() = tokens_.Make();
    audit::RowContent content =
        RowAbout(audit::v1::ROW_KIND_BINDING, caller, {row.device().name()});
    AddDetail(content, "jti", row.token().jti());
    AddDetail(content, "renewed_jti", renewal.jti());
    change.Audit(std::move(content));
    change.Put(key::Device(renewal.device()), row);
    return absl::OkStatus();
  }));
  v1::RenewDeviceTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_access_token(), tokens_.Sign(tenant, row));
  response.mutable_access_token()->set_renewal_id(renewal.renewal_id());
  return response;
}

absl::StatusOr<v1::GetJwksResponse> TokenRenewal::GetJwks(
    const rpc::Caller&, const v1::GetJwksRequest&) {
  v1::GetJwksResponse response;
  response.set_jwks(tokens_.jwks());
  *response.mutable_expire_time() =
      ToTimestamp(UnixMillis(store_.clock()) + kJwksLifeMs);
  return response;
}

}  // namespace u2fi::device_registry
