#include "services/device-registry/device_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::BindingRow;
using records::v1::DeviceRow;
using records::v1::PinRow;
using records::v1::TransactionRow;

// Clients list what belongs to an account that they name.
absl::Status CheckAccountFilter(const rpc::Caller& caller,
                                const std::string& account) {
  if (caller.role() == rpc::Role::kClient) {
    return rpc::CheckId("account", account);
  }
  return CheckOptionalId("account", account);
}

// Whether a filter lets `value` through.
bool Matches(const std::string& filter, const std::string& value) {
  return filter.empty() || filter == value;
}

bool IsListed(const v1::ListDevicesRequest& request, const v1::Device& device) {
  return Matches(request.account(), device.account()) &&
         Matches(request.site(), device.site()) &&
         Matches(request.gateway(), device.gateway()) &&
         Matches(request.model(), device.model()) &&
         (request.state() == v1::DEVICE_STATE_UNSPECIFIED ||
          request.state() == device.state());
}

bool IsListed(const v1::ListBindingsRequest& request,
              const v1::Binding& binding) {
  return Matches(request.device(), binding.device()) &&
         Matches(request.account(), binding.account()) &&
         Matches(request.site(), binding.site()) &&
         (request.state() == v1::BINDING_STATE_UNSPECIFIED ||
          request.state() == binding.state());
}

absl::Status CheckList(const rpc::Caller& caller,
                       const v1::ListDevicesRequest& request) {
  RETURN_IF_ERROR(CheckAccountFilter(caller, request.account()));
  RETURN_IF_ERROR(CheckOptionalId("site", request.site()));
  RETURN_IF_ERROR(CheckOptionalId("gateway", request.gateway()));
  RETURN_IF_ERROR(CheckOptionalId("model", request.model()));
  if (v1::DeviceState_IsValid(request.state())) return absl::OkStatus();
  return FieldError("state", "is unknown");
}

absl::Status CheckList(const rpc::Caller& caller,
                       const v1::ListBindingsRequest& request) {
  RETURN_IF_ERROR(CheckAccountFilter(caller, request.account()));
  RETURN_IF_ERROR(CheckOptionalId("device", request.device()));
  RETURN_IF_ERROR(CheckOptionalId("site", request.site()));
  if (v1::BindingState_IsValid(request.state())) return absl::OkStatus();
  return FieldError("state", "is unknown");
}

}  // namespace

absl::StatusOr<v1::GetDeviceResponse> DeviceReader::GetDevice(
    const rpc::Caller& caller, const v1::GetDeviceRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("devices/", request.name(), "name"));
  ASSIGN_OR_RETURN(DeviceRow row, store_.Require<DeviceRow>(
                                      tenant, key::Device(id), request.name()));
  v1::GetDeviceResponse response;
  response.mutable_device()->Swap(row.mutable_device());
  return response;
}

absl::StatusOr<v1::ListDevicesResponse> DeviceReader::ListDevices(
    const rpc::Caller& caller, const v1::ListDevicesRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckList(caller, request));
  const ListQuery query{std::string(key::kDevices), request.page_size(),
                        request.page_token(),
                        absl::StrCat(request.account(), "|", request.site(),
                                     "|", request.gateway(), "|",
                                     request.model(), "|", request.state())};
  ASSIGN_OR_RETURN(
      auto page,
      store_.List<DeviceRow>(tenant, query, [&request](const DeviceRow& row) {
        return IsListed(request, row.device());
      }));
  v1::ListDevicesResponse response;
  for (DeviceRow& row : page.first) {
    response.add_devices()->Swap(row.mutable_device());
  }
  response.set_next_page_token(page.second);
  return response;
}

absl::StatusOr<v1::GetBindingResponse> DeviceReader::GetBinding(
    const rpc::Caller& caller, const v1::GetBindingRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("bindings/", request.name(), "name"));
  ASSIGN_OR_RETURN(
      BindingRow row,
      store_.Require<BindingRow>(tenant, key::Binding(id), request.name()));
  v1::GetBindingResponse response;
  response.mutable_binding()->Swap(row.mutable_binding());
  return response;
}

absl::StatusOr<v1::ListBindingsResponse> DeviceReader::ListBindings(
    const rpc::Caller& caller, const v1::ListBindingsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckList(caller, request));
  const ListQuery query{
      std::string(key::kBindings), request.page_size(), request.page_token(),
      absl::StrCat(request.device(), "|", request.account(), "|",
                   request.site(), "|", request.state())};
  ASSIGN_OR_RETURN(
      auto page,
      store_.List<BindingRow>(tenant, query, [&request](const BindingRow& row) {
        return IsListed(request, row.binding());
      }));
  v1::ListBindingsResponse response;
  for (BindingRow& row : page.first) {
    response.add_bindings()->Swap(row.mutable_binding());
  }
  response.set_next_page_token(page.second);
  return response;
}

absl::StatusOr<v1::ListPinRevisionsResponse> DeviceReader::ListPinRevisions(
    const rpc::Caller& caller, const v1::ListPinRevisionsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(rpc::CheckId("device", request.device()));
  RETURN_IF_ERROR(store_
                      .Require<DeviceRow>(tenant, key::Device(request.device()),
                                          DeviceName(request.device()))
                      .status());
  const ListQuery query{key::PinPrefix(request.device()), request.page_size(),
                        request.page_token(), ""};
  ASSIGN_OR_RETURN(
      auto page,
      store_.List<PinRow>(tenant, query, [](const PinRow&) { return true; }));
  v1::ListPinRevisionsResponse response;
  for (PinRow& row : page.first) {
    response.add_pin_revisions()->Swap(row.mutable_revision());
  }
  response.set_next_page_token(page.second);
  return response;
}

absl::StatusOr<v1::GetTransactionResponse> DeviceReader::GetTransaction(
    const rpc::Caller& caller, const v1::GetTransactionRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("transactions/", request.name(), "name"));
  ASSIGN_OR_RETURN(TransactionRow row,
                   store_.Require<TransactionRow>(tenant, key::Transaction(id),
                                                  request.name()));
  v1::GetTransactionResponse response;
  response.mutable_transaction()->Swap(row.mutable_transaction());
  return response;
}

}  // namespace u2fi::device_registry
