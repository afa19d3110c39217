#include "services/device-registry/pins_update_planner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/types/optional.h"
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
using records::v1::SiteRow;

absl::Status CheckReplaced(bool any, bool flag, const char* field) {
  return any && !flag ? FieldError(field, "needs its replace flag")
                      : absl::OkStatus();
}

absl::Status CheckRequest(const v1::PlanPinsRequest& request) {
  RETURN_IF_ERROR(CheckOneDevice(request));
  RETURN_IF_ERROR(CheckReplaced(!request.rules().empty(),
                                request.replace_rules(), "rules"));
  RETURN_IF_ERROR(
      CheckReplaced(!request.keys().empty(), request.replace_keys(), "keys"));
  RETURN_IF_ERROR(CheckReplaced(!request.lease_issuers().empty(),
                                request.replace_lease_issuers(),
                                "lease_issuers"));
  for (const PinnedKey& key : request.keys()) {
    RETURN_IF_ERROR(rpc::CheckId("keys.token_id", key.token_id()));
    RETURN_IF_ERROR(rpc::CheckId("keys.account", key.account()));
  }
  for (const std::string& gateway : request.gateways()) {
    RETURN_IF_ERROR(rpc::CheckId("gateways", gateway));
  }
  const bool other = !request.account().empty() || !request.site().empty() ||
                     !request.lease().empty() || !request.token_id().empty();
  return other ? FieldError("purpose",
                            "PINS takes no account, site, lease or "
                            "token_id")
               : absl::OkStatus();
}

// What one PlanPinsUpdate() reads and makes.
class Plan {
 public:
  Plan(RegistryStore& store, const std::string& tenant,
       const v1::PlanPinsRequest& request)
      : store_(store), tenant_(tenant), request_(request) {}

  absl::StatusOr<v1::PlanPinsResponse> Run();

 private:
  absl::Status ReplaceKeys();
  absl::Status ReplaceGateways();
  absl::StatusOr<PinnedKey> KeyOf(const PinnedKey& asked);
  absl::StatusOr<PinnedGateway> GatewayOf(const std::string& id);
  absl::Status AddEnrolments(v1::PlanPinsResponse& response);

  RegistryStore& store_;
  const std::string& tenant_;
  const v1::PlanPinsRequest& request_;
  absl::optional<proof::PinSet> present_;
  proof::v1::PinSet next_;
};

absl::StatusOr<v1::PlanPinsResponse> Plan::Run() {
  const std::string& device = request_.devices(0);
  ASSIGN_OR_RETURN(present_, PresentPins(store_, tenant_, device));
  next_ = NextRevision(*present_);
  if (request_.replace_rules()) *next_.mutable_rules() = request_.rules();
  if (request_.replace_keys()) RETURN_IF_ERROR(ReplaceKeys());
  if (!request_.gateways().empty()) RETURN_IF_ERROR(ReplaceGateways());
  if (request_.replace_lease_issuers()) {
    *next_.mutable_lease_issuers() = request_.lease_issuers();
  }
  v1::PlanPinsResponse response;
  RETURN_IF_ERROR(AddEnrolments(response));
  ASSIGN_OR_RETURN(*response.add_plans(), PlannedFor(device, std::move(next_)));
  return response;
}

absl::Status Plan::ReplaceKeys() {
  next_.clear_keys();
  for (const PinnedKey& asked : request_.keys()) {
    ASSIGN_OR_RETURN(*next_.add_keys(), KeyOf(asked));
  }
  return absl::OkStatus();
}

// What an enrolment allows stands in its proof, which the device's gateway
// verifies: nobody shall touch for what it would refuse.
absl::Status CheckRoles(const v1::AccountKey& key, const PinnedKey& asked) {
  if (!key.lease_site().empty() &&
      asked.roles() != proof::v1::KEY_ROLE_LESSEE) {
    return Error(reason::kEnrolmentInvalid,
                 "the key was enrolled at a site of somebody else and is good "
                 "for leases there only",
                 {{"account", asked.account()},
                  {"token", asked.token_id()},
                  {"lease_site", key.lease_site()}});
  }
  if (key.recovery() && asked.roles() != proof::v1::KEY_ROLE_RECOVERY) {
    return Error(reason::kEnrolmentInvalid,
                 "the key is kept for recovery and has no other role",
                 {{"account", asked.account()}, {"token", asked.token_id()}});
  }
  return absl::OkStatus();
}

// What the device believes already stays as it is but for its roles.
absl::StatusOr<PinnedKey> Plan::KeyOf(const PinnedKey& asked) {
  const PinnedKey* const known = present_->FindKey(asked.token_id());
  if (known != nullptr && known->account() == asked.account()) {
    PinnedKey key = *known;
    key.set_roles(asked.roles());
    return key;
  }
  ASSIGN_OR_RETURN(
      const AccountRow row,
      store_.Require<AccountRow>(tenant_, key::Account(asked.account()),
                                 AccountName(asked.account())));
  const auto& keys = row.account().keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const v1::AccountKey& key) {
        return key.token_id() == asked.token_id() && key.active() &&
               !key.point().empty();
      });
  if (found == keys.end()) {
    return Error(reason::kNoCredentials,
                 "the account has no such active key that can be pinned",
                 {{"account", asked.account()}, {"token", asked.token_id()}});
  }
  RETURN_IF_ERROR(CheckRoles(*found, asked));
  PinnedKey key;
  key.set_token_id(asked.token_id());
  key.set_account(asked.account());
  key.set_point(found->point());
  key.set_roles(asked.roles());
  key.set_level(found->level());
  return key;
}

absl::Status Plan::ReplaceGateways() {
  next_.clear_gateways();
  for (const std::string& id : request_.gateways()) {
    const PinnedGateway* const known = present_->FindGateway(id);
    if (known != nullptr) {
      *next_.add_gateways() = *known;
      continue;
    }
    ASSIGN_OR_RETURN(*next_.add_gateways(), GatewayOf(id));
  }
  return absl::OkStatus();
}

absl::StatusOr<PinnedGateway> Plan::GatewayOf(const std::string& id) {
  ASSIGN_OR_RETURN(
      const GatewayRow row,
      store_.Require<GatewayRow>(tenant_, key::Gateway(id), GatewayName(id)));
  const std::string& site = row.gateway().site();
  ASSIGN_OR_RETURN(
      const SiteRow site_row,
      store_.Require<SiteRow>(tenant_, key::Site(site), SiteName(site)));
  const bool here = site == next_.site();
  if (!here && site_row.site().owner() != next_.account()) {
    return Error(
        reason::kResourceUnknown,
        absl::StrCat(GatewayName(id), " is at no site of the device's owner"),
        {{"resource", GatewayName(id)}});
  }
  return PinGateway(row.gateway(), here);
}

absl::Status Plan::AddEnrolments(v1::PlanPinsResponse& response) {
  std::vector<PinnedKey> added;
  for (const PinnedKey& pinned : next_.keys()) {
    if (present_->FindKey(pinned.token_id()) == nullptr) {
      added.push_back(pinned);
    }
  }
  ASSIGN_OR_RETURN(*response.mutable_evidence(),
                   EnrolmentEvidence(store_, tenant_, added));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::PlanPinsResponse> PlanPinsUpdate(
    RegistryStore& store, const std::string& tenant,
    const v1::PlanPinsRequest& request) {
  RETURN_IF_ERROR(CheckRequest(request));
  return Plan(store, tenant, request).Run();
}

}  // namespace u2fi::device_registry
