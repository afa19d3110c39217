#include "services/device-registry/resolver.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/place.h"
#include "services/common/proof/rules.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/bound_again.h"
#include "services/device-registry/effective_rule.h"
#include "services/device-registry/policy_loosening.h"
#include "services/device-registry/policy_pending.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::PinSet;
using records::v1::AccountRow;
using records::v1::DeviceRow;
using records::v1::GatewayRow;
using records::v1::ModelRow;
using records::v1::PolicyRow;
using records::v1::SiteRow;

constexpr int kMaxItems = 1000;

absl::Status CheckItem(const v1::ResolveItem& item,
                       proof::v1::Purpose purpose) {
  const bool on_account = proof::AccountOfTarget(item.device()).has_value();
  if (!on_account && !proof::IsId(item.device())) {
    return FieldError("items.device", "is neither an id nor account:<id>");
  }
  if (on_account != proof::IsOnAccount(purpose)) {
    return FieldError("items.device", "does not fit the purpose");
  }
  if (!proof::IsOperation(item.operation())) {
    return FieldError("items.operation", "is not 1 to 64 of [a-z0-9._-]");
  }
  return proof::CheckPurpose(item.operation(), purpose);
}

absl::Status CheckRequest(const v1::ResolveRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("on_behalf_of", request.on_behalf_of()));
  if (!proof::IsPurpose(request.purpose())) {
    return FieldError("purpose", "is unset or unknown");
  }
  if (request.items().empty() || request.items_size() > kMaxItems) {
    return FieldError("items", "has none or more than 1,000 entries");
  }
  if (!request.new_owner().empty() &&
      request.purpose() != proof::v1::PURPOSE_TRANSFER) {
    return FieldError("new_owner", "goes with the purpose TRANSFER only");
  }
  RETURN_IF_ERROR(CheckOptionalId("new_owner", request.new_owner()));
  return CheckOptionalId("approver_gateway", request.approver_gateway());
}

// Whether answers under this purpose need the account's lists.
bool NeedsAccount(proof::v1::Purpose purpose) {
  return purpose != proof::v1::PURPOSE_COMMAND &&
         purpose != proof::v1::PURPOSE_BREAK_GLASS;
}

// The roles in which `account` may act on the device now.
uint32_t RolesOf(const v1::Device& device, const PinSet& pins,
                 const std::string& account, int64_t now_ms) {
  uint32_t roles = 0;
  if (device.account() == account) roles |= proof::v1::KEY_ROLE_OWNER;
  const bool leased = pins.has_lease() &&
                      now_ms < static_cast<int64_t>(pins.lease().until_ms());
  for (const proof::v1::PinnedKey& key : pins.keys()) {
    if (key.account() == account) roles |= key.roles();
  }
  if (!leased) roles &= ~static_cast<uint32_t>(proof::v1::KEY_ROLE_LESSEE);
  return roles;
}

absl::Status CheckState(const v1::Device& device, proof::v1::Purpose purpose) {
  const bool blank = device.state() == v1::DEVICE_STATE_CLAIMED ||
                     device.state() == v1::DEVICE_STATE_STAGED;
  const bool bound = device.state() == v1::DEVICE_STATE_BOUND;
  if (purpose == proof::v1::PURPOSE_PROVISION ? blank : bound) {
    return absl::OkStatus();
  }
  return WrongDeviceState(device);
}

// The state of one Resolve().
class Resolution {
 public:
  Resolution(RegistryStore& store, const std::string& tenant,
             const v1::ResolveRequest& request)
      : store_(store), tenant_(tenant), request_(request) {}

  absl::StatusOr<v1::ResolveResponse> Run();

 private:
  absl::Status Begin();
  absl::Status Add(const v1::ResolveItem& asked);
  absl::Status AddAccountAct(const v1::ResolveItem& asked);
  absl::Status AddDeviceAct(const v1::ResolveItem& asked);
  absl::Status TightenAgreement(proof::v1::Rule& rule);
  void SetPlaces(const v1::Device& device, v1::ResolvedItem& item);
  absl::Status SetRule(const v1::ResolveItem& asked, const RuleSources& sources,
                       v1::ResolvedItem& item);
  absl::Status AddGateway(const std::string& id);
  absl::Status CheckPlace(const v1::ResolvedItem& item, const PinSet& pins);
  const v1::ResolvedGateway* FindGateway(const std::string& id) const;

  // The row under `key`; RESOURCE_UNKNOWN naming `name` if there is none.
  template <typename Row>
  absl::StatusOr<std::shared_ptr<const Row>> Need(const std::string& key,
                                                  const std::string& name) {
    ASSIGN_OR_RETURN(auto row, store_.GetCached<Row>(tenant_, key));
    if (row == nullptr) return UnknownResource(name);
    return row;
  }
  absl::StatusOr<std::shared_ptr<const AccountRow>> NeedAccount(
      const std::string& id) {
    ASSIGN_OR_RETURN(auto row,
                     Need<AccountRow>(key::Account(id), AccountName(id)));
    if (row->account().erased()) return UnknownResource(AccountName(id));
    return row;
  }

  RegistryStore& store_;
  const std::string& tenant_;
  const v1::ResolveRequest& request_;
  std::shared_ptr<const AccountRow> account_;
  v1::ResolveResponse response_;
};

absl::StatusOr<v1::ResolveResponse> Resolution::Run() {
  RETURN_IF_ERROR(Begin());
  for (int i = 0; i < request_.items_size(); ++i) {
    const absl::Status added = Add(request_.items(i));
    if (!added.ok()) return WithMetadata(added, "index", absl::StrCat(i));
  }
  return std::move(response_);
}

absl::Status Resolution::Begin() {
  ASSIGN_OR_RETURN(account_, NeedAccount(request_.on_behalf_of()));
  if (NeedsAccount(request_.purpose())) {
    *response_.mutable_account() = account_->account();
  }
  ASSIGN_OR_RETURN(const auto policy,
                   store_.GetCached<PolicyRow>(tenant_, key::Policy()));
  *response_.mutable_policy() =
      policy == nullptr ? DefaultPolicy() : policy->policy();
  // Only who agrees to it has to know what waits.
  if (request_.items(0).operation() != proof::kOperationPolicy) {
    response_.mutable_policy()->clear_pending();
  }
  if (!request_.new_owner().empty()) {
    ASSIGN_OR_RETURN(const auto new_owner, NeedAccount(request_.new_owner()));
    *response_.mutable_new_owner() = new_owner->account();
  }
  return AddGateway(request_.approver_gateway());
}

absl::Status Resolution::Add(const v1::ResolveItem& asked) {
  RETURN_IF_ERROR(CheckItem(asked, request_.purpose()));
  return proof::IsOnAccount(request_.purpose()) ? AddAccountAct(asked)
                                                : AddDeviceAct(asked);
}

absl::Status Resolution::AddAccountAct(const v1::ResolveItem& asked) {
  if (*proof::AccountOfTarget(asked.device()) != request_.on_behalf_of()) {
    return Error(reason::kNotAMember, "an account acts on itself only");
  }
  v1::ResolvedItem& item = *response_.add_items();
  item.set_device(asked.device());
  item.set_operation(asked.operation());
  item.set_account(request_.on_behalf_of());
  item.set_requester_roles(proof::v1::KEY_ROLE_OWNER);
  RuleSources sources;
  sources.policy = &response_.policy();
  sources.owner = &account_->account();
  RETURN_IF_ERROR(SetRule(asked, sources, item));
  if (asked.operation() == proof::kOperationPolicy) {
    RETURN_IF_ERROR(TightenAgreement(*item.mutable_rule()));
  } else if (asked.operation() == proof::kOperationAccountPolicy) {
    *item.mutable_rule() =
        proof::Strictest(item.rule(), RuleOfOwnPolicy(account_->account()));
  }
  return CheckPlace(item, PinSet());
}

// A touch that agrees to what waits is as good as the rules that become looser
// want theirs (decisions A19).
absl::Status Resolution::TightenAgreement(proof::v1::Rule& rule) {
  for (const v1::PolicyChange& waits : response_.policy().pending()) {
    Loosening loosening;
    if (waits.has_policy()) {
      loosening = LooseningOf(response_.policy(), waits.policy());
    } else {
      const std::string id = PlainId(waits.resource());
      ASSIGN_OR_RETURN(const auto model,
                       Need<ModelRow>(key::Model(id), waits.resource()));
      loosening = LooseningOf(model->model(), waits.model());
    }
    for (const proof::v1::Rule& looser : loosening.rules) {
      rule.set_uv(rule.uv() || looser.uv());
      rule.set_level(std::max(rule.level(), looser.level()));
    }
  }
  return absl::OkStatus();
}

absl::Status Resolution::AddDeviceAct(const v1::ResolveItem& asked) {
  ASSIGN_OR_RETURN(const auto row, Need<DeviceRow>(key::Device(asked.device()),
                                                   DeviceName(asked.device())));
  const v1::Device& device = row->device();
  PinSet pins;
  if (!pins.ParseFromString(row->pin_set())) {
    return Error(reason::kInternal, "a stored pin set cannot be read");
  }
  v1::ResolvedItem& item = *response_.add_items();
  item.set_device(asked.device());
  item.set_operation(asked.operation());
  item.set_requester_roles(RolesOf(device, pins, request_.on_behalf_of(),
                                   UnixMillis(store_.clock())));
  if (item.requester_roles() == 0) {
    return Error(reason::kNotAMember, "the account has no role for this device",
                 {{"device", asked.device()}});
  }
  ASSIGN_OR_RETURN(const auto owner, NeedAccount(device.account()));
  const bool again = request_.purpose() == proof::v1::PURPOSE_PROVISION &&
                     MayBeBoundAgain(*row, owner->account());
  if (!again) RETURN_IF_ERROR(CheckState(device, request_.purpose()));
  ASSIGN_OR_RETURN(const auto model,
                   Need<ModelRow>(key::Model(device.model()),
                                  absl::StrCat("models/", device.model())));
  item.set_account(device.account());
  SetPlaces(device, item);
  item.set_pin_set(row->pin_set());
  item.set_kit(device.kit());
  item.set_device_point(device.factory_key());
  const RuleSources sources{&response_.policy(), &model->model(),
                            &owner->account(),
                            row->pin_set().empty() ? nullptr : &pins};
  RETURN_IF_ERROR(SetRule(asked, sources, item));
  if (const auto* entry = FindOperation(model->model(), asked.operation())) {
    *item.mutable_secret_fields() = entry->secret_fields();
  }
  RETURN_IF_ERROR(AddGateway(item.gateway()));
  return CheckPlace(item, pins);
}

// A blank device is provisioned by the gateway where the touch is taken.
void Resolution::SetPlaces(const v1::Device& device, v1::ResolvedItem& item) {
  item.set_site(device.site());
  item.set_gateway(device.gateway());
  const v1::ResolvedGateway* const approver =
      FindGateway(request_.approver_gateway());
  if (request_.purpose() == proof::v1::PURPOSE_PROVISION &&
      approver != nullptr) {
    item.set_site(approver->site());
    item.set_gateway(approver->gateway());
  }
}

absl::Status Resolution::SetRule(const v1::ResolveItem& asked,
                                 const RuleSources& sources,
                                 v1::ResolvedItem& item) {
  ASSIGN_OR_RETURN(*item.mutable_rule(),
                   EffectiveRuleOf(asked.operation(), sources));
  if (item.rule().kind() != proof::v1::RULE_KIND_FORBIDDEN) {
    return absl::OkStatus();
  }
  return Error(reason::kOperationForbidden, "the rule forbids this operation",
               {{"operation", asked.operation()}});
}

absl::Status Resolution::AddGateway(const std::string& id) {
  if (id.empty() || FindGateway(id) != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto row,
                   Need<GatewayRow>(key::Gateway(id), GatewayName(id)));
  RETURN_IF_ERROR(CheckActive(row->gateway()));
  v1::ResolvedGateway& gateway = *response_.add_gateways();
  gateway.set_gateway(id);
  gateway.set_site(row->gateway().site());
  gateway.set_channel_key(row->gateway().channel_key());
  gateway.set_state(row->gateway().state());
  ASSIGN_OR_RETURN(const auto site,
                   Need<SiteRow>(key::Site(row->gateway().site()),
                                 SiteName(row->gateway().site())));
  gateway.set_site_owner(site->site().owner());
  return absl::OkStatus();
}

absl::Status Resolution::CheckPlace(const v1::ResolvedItem& item,
                                    const PinSet& pins) {
  const std::string& id = request_.approver_gateway();
  if (id.empty() || item.rule().kind() == proof::v1::RULE_KIND_FREE) {
    return absl::OkStatus();
  }
  proof::ApprovalPlace place;
  place.at_site_of_devices = FindGateway(id)->site() == item.site();
  place.first_token = account_->account().keys().empty();
  for (const auto& gateway : account_->account().gateways()) {
    place.account_gateway |= gateway.id() == id;
  }
  for (const auto& gateway : pins.gateways()) {
    place.may_approve |= gateway.id() == id && gateway.may_approve();
  }
  return proof::CheckPlace(request_.purpose(), place);
}

const v1::ResolvedGateway* Resolution::FindGateway(
    const std::string& id) const {
  for (const v1::ResolvedGateway& gateway : response_.gateways()) {
    if (gateway.gateway() == id) return &gateway;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<v1::ResolveResponse> Resolver::Resolve(
    const rpc::Caller& caller, const v1::ResolveRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckRequest(request));
  return Resolution(store_, tenant, request).Run();
}

}  // namespace u2fi::device_registry
