#include "services/device-registry/device_claim.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using records::v1::ClaimFailuresRow;
using records::v1::DeviceRow;

constexpr size_t kMaxClaimCode = 64;

// The wrong codes that count now.
ClaimFailuresRow Counted(const absl::optional<ClaimFailuresRow>& row,
                         int64_t now_ms) {
  const int64_t window = absl::ToInt64Milliseconds(DeviceClaim::kWindow);
  if (row.has_value() &&
      static_cast<int64_t>(row->since_ms()) + window > now_ms) {
    return *row;
  }
  ClaimFailuresRow fresh;
  fresh.set_since_ms(static_cast<uint64_t>(now_ms));
  return fresh;
}

absl::Status CheckClaimLimit(const ClaimFailuresRow& failures, int64_t now_ms) {
  if (failures.failures() < DeviceClaim::kMaxFailures) {
    return absl::OkStatus();
  }
  const absl::Duration left =
      DeviceClaim::kWindow -
      absl::Milliseconds(now_ms - static_cast<int64_t>(failures.since_ms()));
  return WithRetry(Error(reason::kClaimLimit, "too many wrong claim codes"),
                   left);
}

bool IsCode(const DeviceRow& row, const std::string& code) {
  return row.claim_code_hash().empty() ||
         crypto::ConstantTimeEquals(row.claim_code_hash(),
                                    crypto::View(crypto::Sha256(code)));
}

// Counts a wrong code and says so in the audit.
void CountFailure(Change& change, const rpc::Caller& caller,
                  const v1::ClaimDeviceRequest& request,
                  ClaimFailuresRow failures) {
  failures.set_failures(failures.failures() + 1);
  change.Put(key::ClaimFailures(request.account()), failures,
             absl::FromUnixMillis(static_cast<int64_t>(failures.since_ms())) +
                 DeviceClaim::kWindow);
  audit::RowContent row =
      RowAbout(audit::v1::ROW_KIND_ADMIN, caller,
               {request.name(), AccountName(request.account())});
  row.body.set_outcome(common::v1::OUTCOME_REFUSED);
  row.body.set_reason(reason::kResourceUnknown.name);
  change.Audit(std::move(row));
}

absl::Status Claim(Change& change, const rpc::Caller& caller,
                   const v1::ClaimDeviceRequest& request, DeviceRow row) {
  const v1::DeviceState before = row.device().state();
  if (before == v1::DEVICE_STATE_CLAIMED &&
      row.device().account() == request.account()) {
    return absl::OkStatus();
  }
  if (before != v1::DEVICE_STATE_IMPORTED) {
    return WrongDeviceState(row.device());
  }
  row.mutable_device()->set_state(v1::DEVICE_STATE_CLAIMED);
  row.mutable_device()->set_account(request.account());
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_BINDING, caller,
               {request.name(), AccountName(request.account())});
  content.body.set_state_before(StateName(before));
  content.body.set_state_after("CLAIMED");
  change.Audit(std::move(content));
  PutDevice(change, std::move(row));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ClaimDeviceResponse> DeviceClaim::ClaimDevice(
    const rpc::Caller& caller, const v1::ClaimDeviceRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("devices/", request.name(), "name"));
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  RETURN_IF_ERROR(CheckText("claim_code", request.claim_code(), kMaxClaimCode));
  bool wrong_code = false;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    const int64_t now_ms = UnixMillis(store_.clock());
    ASSIGN_OR_RETURN(DeviceRow row, RequireDevice(change, id));
    RETURN_IF_ERROR(RequireAccount(change, request.account()).status());
    ASSIGN_OR_RETURN(
        const auto stored,
        change.Read<ClaimFailuresRow>(key::ClaimFailures(request.account())));
    ClaimFailuresRow failures = Counted(stored, now_ms);
    RETURN_IF_ERROR(CheckClaimLimit(failures, now_ms));
    wrong_code = !IsCode(row, request.claim_code());
    if (wrong_code) {
      CountFailure(change, caller, request, std::move(failures));
      return absl::OkStatus();
    }
    return Claim(change, caller, request, std::move(row));
  }));
  if (wrong_code) return UnknownResource(request.name());
  ASSIGN_OR_RETURN(DeviceRow row, store_.Require<DeviceRow>(
                                      tenant, key::Device(id), request.name()));
  v1::ClaimDeviceResponse response;
  response.mutable_device()->Swap(row.mutable_device());
  return response;
}

}  // namespace u2fi::device_registry
