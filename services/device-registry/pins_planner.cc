#include "services/device-registry/pins_planner.h"

#include <iterator>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/proof/pin_set.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/bound_again.h"
#include "services/device-registry/effective_rule.h"
#include "services/device-registry/pinnable_keys.h"
#include "services/device-registry/pins_update_planner.h"
#include "services/device-registry/policy_checks.h"
#include "services/device-registry/policy_pending.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "services/device-registry/transfer_planner.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;
using records::v1::DeviceRow;
using records::v1::GatewayRow;
using records::v1::ModelRow;
using records::v1::OwnerRow;
using records::v1::PolicyRow;
using records::v1::SiteRow;

constexpr int kMaxDevices = 1000;
constexpr int kMaxGateways = 4;
// Gateways of a site that are looked at.
constexpr size_t kMaxSiteGateways = 1000;

absl::Status CheckBuilt(const v1::PlanPinsRequest& request) {
  if (request.purpose() != proof::v1::PURPOSE_PROVISION) {
    if (!proof::v1::Purpose_IsValid(request.purpose()) ||
        request.purpose() == proof::v1::PURPOSE_UNSPECIFIED) {
      return FieldError("purpose", "is unset or unknown");
    }
    return NotYet(proof::v1::Purpose_Name(request.purpose()));
  }
  if (!request.keys().empty() || !request.lease_issuers().empty()) {
    return NotYet("a further key or a lease issuer in a first pin set");
  }
  if (request.replace_rules() || request.replace_keys() ||
      request.replace_lease_issuers()) {
    return FieldError("replace_rules", "goes with the purpose PINS only");
  }
  return request.lease().empty()
             ? absl::OkStatus()
             : FieldError("lease", "goes with the purpose LEASE only");
}

absl::Status CheckRequest(const v1::PlanPinsRequest& request) {
  RETURN_IF_ERROR(CheckBuilt(request));
  if (request.devices().empty() || request.devices_size() > kMaxDevices) {
    return FieldError("devices", "has none or more than 1,000 entries");
  }
  for (const std::string& device : request.devices()) {
    RETURN_IF_ERROR(rpc::CheckId("devices", device));
  }
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  RETURN_IF_ERROR(rpc::CheckId("site", request.site()));
  if (request.gateways_size() > kMaxGateways) {
    return FieldError("gateways", "has more than 4 entries");
  }
  for (const std::string& gateway : request.gateways()) {
    RETURN_IF_ERROR(rpc::CheckId("gateways", gateway));
  }
  RETURN_IF_ERROR(CheckRules("rules", request.rules()));
  return CheckOptionalId("token_id", request.token_id());
}

// What one PlanPins() reads and makes.
class Plan {
 public:
  Plan(RegistryStore& store, std::string tenant,
       const v1::PlanPinsRequest& request, const std::string& rp_id_hash)
      : store_(store),
        tenant_(std::move(tenant)),
        request_(request),
        rp_id_hash_(rp_id_hash) {}

  absl::StatusOr<v1::PlanPinsResponse> Run();

 private:
  absl::Status ReadOwner();
  absl::Status AddKeys();
  absl::Status AddGateways();
  absl::Status AddGateway(const std::string& id, bool named);
  absl::Status AddDevice(const std::string& id);
  absl::Status AddEnrolments();

  RegistryStore& store_;
  const std::string tenant_;
  const v1::PlanPinsRequest& request_;
  const std::string& rp_id_hash_;
  v1::Account owner_;
  v1::Policy policy_;
  // What the pin sets of all devices have in common.
  proof::v1::PinSet common_;
  v1::PlanPinsResponse response_;
};

absl::StatusOr<v1::PlanPinsResponse> Plan::Run() {
  RETURN_IF_ERROR(ReadOwner());
  common_.set_format(1);
  common_.set_tenant(tenant_);
  common_.set_account(request_.account());
  common_.set_site(request_.site());
  common_.set_revision(1);
  common_.set_rp_id_hash(rp_id_hash_);
  RETURN_IF_ERROR(AddKeys());
  RETURN_IF_ERROR(AddGateways());
  for (const std::string& device : request_.devices()) {
    RETURN_IF_ERROR(AddDevice(device));
  }
  RETURN_IF_ERROR(AddEnrolments());
  return std::move(response_);
}

absl::Status Plan::ReadOwner() {
  ASSIGN_OR_RETURN(
      AccountRow account,
      store_.Require<AccountRow>(tenant_, key::Account(request_.account()),
                                 AccountName(request_.account())));
  if (account.account().erased()) {
    return UnknownResource(AccountName(request_.account()));
  }
  owner_.Swap(account.mutable_account());
  owner_.mutable_rules()->MergeFrom(request_.rules());
  ASSIGN_OR_RETURN(const SiteRow site,
                   store_.Require<SiteRow>(tenant_, key::Site(request_.site()),
                                           SiteName(request_.site())));
  if (site.site().owner() != request_.account()) {
    return Error(reason::kNotAMember, "the account does not own the site",
                 {{"site", request_.site()}});
  }
  ASSIGN_OR_RETURN(const absl::optional<PolicyRow> policy,
                   store_.Get<PolicyRow>(tenant_, key::Policy()));
  policy_ = policy.has_value() ? policy->policy() : DefaultPolicy();
  return absl::OkStatus();
}

absl::Status Plan::AddKeys() {
  ASSIGN_OR_RETURN(const std::vector<proof::v1::PinnedKey> keys,
                   OwnerKeys(store_, tenant_, request_.account(), owner_,
                             request_.token_id()));
  *common_.mutable_keys() = {keys.begin(), keys.end()};
  return absl::OkStatus();
}

absl::Status Plan::AddGateways() {
  for (const std::string& id : request_.gateways()) {
    RETURN_IF_ERROR(AddGateway(id, /*named=*/true));
  }
  if (!request_.gateways().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      const auto rows,
      store_.ReadAll<OwnerRow>(tenant_, key::SiteGatewayPrefix(request_.site()),
                               kMaxSiteGateways));
  for (const auto& [key, row] : rows) {
    RETURN_IF_ERROR(AddGateway(row.owner(), /*named=*/false));
  }
  return absl::OkStatus();
}

absl::Status Plan::AddGateway(const std::string& id, bool named) {
  ASSIGN_OR_RETURN(
      const GatewayRow row,
      store_.Require<GatewayRow>(tenant_, key::Gateway(id), GatewayName(id)));
  const v1::Gateway& gateway = row.gateway();
  if (gateway.site() != request_.site()) {
    return Error(reason::kResourceUnknown,
                 absl::StrCat("there is no ", GatewayName(id), " at ",
                              SiteName(request_.site())),
                 {{"resource", GatewayName(id)}});
  }
  auto pinned = PinGateway(gateway, /*executes=*/true);
  if (IsReason(pinned.status(), reason::kGatewayNotActive) && !named) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(*common_.add_gateways(), std::move(pinned));
  return absl::OkStatus();
}

absl::Status Plan::AddDevice(const std::string& id) {
  ASSIGN_OR_RETURN(
      const DeviceRow row,
      store_.Require<DeviceRow>(tenant_, key::Device(id), DeviceName(id)));
  const v1::Device& device = row.device();
  const bool blank = device.state() == v1::DEVICE_STATE_CLAIMED ||
                     device.state() == v1::DEVICE_STATE_STAGED ||
                     MayBeBoundAgain(row, owner_);
  if (!blank || device.account() != request_.account()) {
    return WrongDeviceState(device);
  }
  ASSIGN_OR_RETURN(
      const ModelRow model,
      store_.Require<ModelRow>(tenant_, key::Model(device.model()),
                               absl::StrCat("models/", device.model())));
  proof::v1::PinSet pins = common_;
  pins.set_device(id);
  RuleSources sources;
  sources.policy = &policy_;
  sources.model = &model.model();
  sources.owner = &owner_;
  for (const proof::v1::OperationRule& wish : request_.rules()) {
    RETURN_IF_ERROR(EffectiveRuleOf(wish.operation(), sources).status());
  }
  for (proof::v1::OperationRule& rule : RulesToPin(sources)) {
    *pins.add_rules() = std::move(rule);
  }
  ASSIGN_OR_RETURN(const proof::PinSet encoded, proof::PinSet::Encode(pins));
  v1::PlannedPins& plan = *response_.add_plans();
  plan.set_device(id);
  plan.set_pin_set(encoded.bytes());
  *plan.mutable_readable() = std::move(pins);
  return absl::OkStatus();
}

// The first key approves, which is proof enough.
absl::Status Plan::AddEnrolments() {
  ASSIGN_OR_RETURN(*response_.mutable_evidence(),
                   EnrolmentEvidence(store_, tenant_,
                                     {std::next(common_.keys().begin()),
                                      common_.keys().end()}));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::PlanPinsResponse> PinsPlanner::PlanPins(
    const rpc::Caller& caller, const v1::PlanPinsRequest& request) {
  ASSIGN_OR_RETURN(std::string tenant, rpc::TenantOf(caller, request.tenant()));
  if (request.purpose() == proof::v1::PURPOSE_PINS) {
    return PlanPinsUpdate(store_, tenant, request);
  }
  if (request.purpose() == proof::v1::PURPOSE_TRANSFER) {
    return PlanTransfer(store_, tenant, request);
  }
  RETURN_IF_ERROR(CheckRequest(request));
  return Plan(store_, std::move(tenant), request, rp_id_hash_).Run();
}

}  // namespace u2fi::device_registry
