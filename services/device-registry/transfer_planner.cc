#include "services/device-registry/transfer_planner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/proof/pin_set.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/next_pins.h"
#include "services/device-registry/pinnable_keys.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::PinnedGateway;
using proof::v1::PinnedKey;
using records::v1::AccountRow;
using records::v1::GatewayRow;

absl::Status CheckRequest(const v1::PlanPinsRequest& request) {
  RETURN_IF_ERROR(CheckOneDevice(request));
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  RETURN_IF_ERROR(CheckOptionalId("token_id", request.token_id()));
  const bool other = !request.site().empty() || !request.gateways().empty() ||
                     !request.rules().empty() || request.replace_rules() ||
                     !request.keys().empty() || request.replace_keys() ||
                     !request.lease_issuers().empty() ||
                     request.replace_lease_issuers() ||
                     !request.lease().empty();
  return other ? FieldError("purpose",
                            "TRANSFER takes a device, an account and a "
                            "token_id only")
               : absl::OkStatus();
}

// What one PlanTransfer() reads and makes.
class Plan {
 public:
  Plan(RegistryStore& store, const std::string& tenant,
       const v1::PlanPinsRequest& request)
      : store_(store), tenant_(tenant), request_(request) {}

  absl::StatusOr<v1::PlanPinsResponse> Run();

 private:
  absl::Status ReadNewOwner();
  absl::Status ReplaceKeys();
  absl::Status AddGateways();

  RegistryStore& store_;
  const std::string& tenant_;
  const v1::PlanPinsRequest& request_;
  v1::Account new_owner_;
  proof::v1::PinSet next_;
  v1::PlanPinsResponse response_;
};

absl::StatusOr<v1::PlanPinsResponse> Plan::Run() {
  const std::string& device = request_.devices(0);
  ASSIGN_OR_RETURN(const proof::PinSet present,
                   PresentPins(store_, tenant_, device));
  next_ = NextRevision(present);
  RETURN_IF_ERROR(ReadNewOwner());
  next_.set_account(request_.account());
  next_.clear_lease_issuers();
  next_.clear_lease();
  RETURN_IF_ERROR(ReplaceKeys());
  RETURN_IF_ERROR(AddGateways());
  ASSIGN_OR_RETURN(*response_.add_plans(),
                   PlannedFor(device, std::move(next_)));
  return std::move(response_);
}

absl::Status Plan::ReadNewOwner() {
  const std::string& id = request_.account();
  ASSIGN_OR_RETURN(
      AccountRow row,
      store_.Require<AccountRow>(tenant_, key::Account(id), AccountName(id)));
  if (row.account().erased()) return UnknownResource(AccountName(id));
  if (id == next_.account()) {
    return FieldError("account", "owns the device already");
  }
  new_owner_.Swap(row.mutable_account());
  return absl::OkStatus();
}

// The first key approves, which is proof enough.
absl::Status Plan::ReplaceKeys() {
  ASSIGN_OR_RETURN(std::vector<PinnedKey> keys,
                   OwnerKeys(store_, tenant_, request_.account(), new_owner_,
                             request_.token_id()));
  *next_.mutable_keys() = {keys.begin(), keys.end()};
  keys.erase(keys.begin());
  ASSIGN_OR_RETURN(*response_.mutable_evidence(),
                   EnrolmentEvidence(store_, tenant_, keys));
  return absl::OkStatus();
}

absl::Status Plan::AddGateways() {
  bool any = false;
  for (const proof::v1::AccountGateway& own : new_owner_.gateways()) {
    ASSIGN_OR_RETURN(const GatewayRow row,
                     store_.Require<GatewayRow>(tenant_, key::Gateway(own.id()),
                                                GatewayName(own.id())));
    const auto known = std::find_if(
        next_.gateways().begin(), next_.gateways().end(),
        [&](const PinnedGateway& gateway) { return gateway.id() == own.id(); });
    if (known != next_.gateways().end()) {
      any |= known->may_approve();
      continue;
    }
    auto pinned = PinGateway(row.gateway(), /*executes=*/false);
    if (IsReason(pinned.status(), reason::kGatewayNotActive)) continue;
    ASSIGN_OR_RETURN(*next_.add_gateways(), std::move(pinned));
    any = true;
  }
  if (any) return absl::OkStatus();
  return Error(reason::kPlaceNotAllowed,
               "the new owner has no gateway of his own to touch a key at",
               {{"account", request_.account()}});
}

}  // namespace

absl::StatusOr<v1::PlanPinsResponse> PlanTransfer(
    RegistryStore& store, const std::string& tenant,
    const v1::PlanPinsRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  return Plan(store, tenant, request).Run();
}

}  // namespace u2fi::device_registry
