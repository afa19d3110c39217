#include "services/device-registry/device_update.h"

#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::DeviceRow;

constexpr char kDisplayName[] = "display_name";

absl::Status CheckMask(const google::protobuf::FieldMask& mask) {
  if (mask.paths().empty()) return FieldError("update_mask", "is required");
  for (const std::string& path : mask.paths()) {
    if (path == kDisplayName) continue;
    return Error(reason::kFieldImmutable, "only display_name can be changed",
                 {{"field", path}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::UpdateDeviceResponse> DeviceUpdate::UpdateDevice(
    const rpc::Caller& caller, const v1::UpdateDeviceRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  const v1::Device& wanted = request.device();
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("devices/", wanted.name(), "device.name"));
  RETURN_IF_ERROR(CheckMask(request.update_mask()));
  RETURN_IF_ERROR(
      CheckText("device.display_name", wanted.display_name(), kMaxDisplayName));
  v1::UpdateDeviceResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(DeviceRow row, RequireDevice(change, id));
    if (!wanted.etag().empty()) {
      RETURN_IF_ERROR(CheckEtag(wanted.etag(), row.device().etag()));
    }
    const bool same = row.device().display_name() == wanted.display_name();
    row.mutable_device()->set_display_name(wanted.display_name());
    *response.mutable_device() = row.device();
    if (same || request.validate_only()) return absl::OkStatus();
    response.mutable_device()->set_etag(NextEtag(row.device().etag()));
    change.Audit(
        RowAbout(audit::v1::ROW_KIND_ADMIN, caller, {row.device().name()}));
    PutDevice(change, std::move(row));
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace u2fi::device_registry
