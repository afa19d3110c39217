#include "services/device-registry/policy_admin.h"

#include <set>
#include <utility>

#include "absl/types/optional.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/policy_checks.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;
using records::v1::ModelRow;
using records::v1::PolicyRow;
using records::v1::SiteRow;

constexpr int32_t kSitesAtOnce = 1000;
constexpr int kMaxKept = 256;

// A row about new rules: they are long, so the audit keeps their hash, and the
// name of the change if it waits.
audit::RowContent RowAboutRules(const rpc::Caller& caller,
                                const std::string& name,
                                const google::protobuf::Message& rules,
                                const v1::PolicyChange* waits) {
  audit::RowContent row = RowAbout(audit::v1::ROW_KIND_ADMIN, caller, {name});
  AddDetail(
      row, "sha256",
      crypto::Hex(crypto::View(crypto::Sha256(rules.SerializeAsString()))));
  if (waits != nullptr) AddDetail(row, "waits", crypto::Hex(waits->change()));
  return row;
}

v1::PolicyChange ChangeOf(const rpc::Caller& caller,
                          absl::string_view resource) {
  v1::PolicyChange change;
  change.set_resource(std::string(resource));
  change.set_named_by(caller.uri());
  return change;
}

template <typename Resource>
absl::Status CheckKept(const Resource& next, const std::string& resource) {
  if (next.before_forbidden_size() <= kMaxKept) return absl::OkStatus();
  return Error(reason::kPolicyChangeLimit,
               "more than 256 operations are forbidden that needed touches",
               {{"resource", resource}});
}

// Whether somebody ever touched a key of the account, or could: its list of
// gateways outlives its keys.
bool EverHadAKey(const v1::Account& account) {
  return !account.keys().empty() || !account.gateways().empty();
}

}  // namespace

absl::StatusOr<v1::GetModelResponse> PolicyAdmin::GetModel(
    const rpc::Caller& caller, const v1::GetModelRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("models/", request.name(), "name"));
  ASSIGN_OR_RETURN(ModelRow row, store_.Require<ModelRow>(
                                     tenant, key::Model(id), request.name()));
  v1::GetModelResponse response;
  response.mutable_model()->Swap(row.mutable_model());
  return response;
}

absl::StatusOr<v1::ListModelsResponse> PolicyAdmin::ListModels(
    const rpc::Caller& caller, const v1::ListModelsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  const ListQuery query{std::string(key::kModels), request.page_size(),
                        request.page_token(), ""};
  ASSIGN_OR_RETURN(auto page,
                   store_.List<ModelRow>(tenant, query,
                                         [](const ModelRow&) { return true; }));
  v1::ListModelsResponse response;
  for (ModelRow& row : page.first) {
    response.add_models()->Swap(row.mutable_model());
  }
  response.set_next_page_token(page.second);
  return response;
}

absl::StatusOr<v1::UpdateModelResponse> PolicyAdmin::UpdateModel(
    const rpc::Caller& caller, const v1::UpdateModelRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(
      IdOfName("models/", request.model().name(), "model.name").status());
  RETURN_IF_ERROR(CheckModel(request.model()));
  v1::UpdateModelResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) {
    response.Clear();
    return ChangeModel(caller, request, change, response);
  }));
  return response;
}

absl::Status PolicyAdmin::ChangeModel(const rpc::Caller& caller,
                                      const v1::UpdateModelRequest& request,
                                      Change& change,
                                      v1::UpdateModelResponse& response) {
  const std::string& name = request.model().name();
  const std::string key = key::Model(PlainId(name));
  ASSIGN_OR_RETURN(absl::optional<ModelRow> row, change.Read<ModelRow>(key));
  const std::string etag = row ? row->model().etag() : "";
  RETURN_IF_ERROR(CheckEtag(request.model().etag(), etag));
  v1::Model next = request.model();
  next.set_etag(NextEtag(etag));
  KeepForbidden(row ? row->model() : v1::Model(), next);
  RETURN_IF_ERROR(CheckKept(next, name));
  const Loosening loosening =
      row ? LooseningOf(row->model(), next) : Loosening();
  ASSIGN_OR_RETURN(v1::Policy policy, ReadPolicy(change));
  const bool waited = FindPending(policy, name) != nullptr;
  ASSIGN_OR_RETURN(const bool waits, Waits(loosening, change.tenant(), policy));
  DropPending(policy, name);
  if (!row.has_value()) row.emplace();
  if (waits) {
    v1::PolicyChange pending = ChangeOf(caller, name);
    *pending.mutable_model() = next;
    RETURN_IF_ERROR(AddPending(loosening, std::move(pending), policy));
    *response.mutable_waits() = *FindPending(policy, name);
    row->mutable_model()->set_etag(next.etag());
  } else {
    *row->mutable_model() = next;
  }
  *response.mutable_model() = row->model();
  if (request.validate_only()) return absl::OkStatus();
  change.Audit(RowAboutRules(caller, name, next, FindPending(policy, name)));
  if (waits || waited) PutPolicy(change, std::move(policy));
  change.Announce(v1::EVENT_KIND_POLICY, name);
  change.Put(key, *std::move(row));
  return absl::OkStatus();
}

absl::StatusOr<v1::GetPolicyResponse> PolicyAdmin::GetPolicy(
    const rpc::Caller& caller, const v1::GetPolicyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const absl::optional<PolicyRow> row,
                   store_.Get<PolicyRow>(tenant, key::Policy()));
  v1::GetPolicyResponse response;
  *response.mutable_policy() =
      row.has_value() ? row->policy() : DefaultPolicy();
  return response;
}

absl::StatusOr<v1::UpdatePolicyResponse> PolicyAdmin::UpdatePolicy(
    const rpc::Caller& caller, const v1::UpdatePolicyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  if (!request.has_policy()) return FieldError("policy", "is required");
  RETURN_IF_ERROR(CheckPolicy(request.policy()));
  v1::UpdatePolicyResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) {
    response.Clear();
    return ChangePolicy(caller, request, change, response);
  }));
  return response;
}

absl::Status PolicyAdmin::ChangePolicy(const rpc::Caller& caller,
                                       const v1::UpdatePolicyRequest& request,
                                       Change& change,
                                       v1::UpdatePolicyResponse& response) {
  ASSIGN_OR_RETURN(v1::Policy present, ReadPolicy(change));
  RETURN_IF_ERROR(CheckEtag(request.policy().etag(), present.etag()));
  for (const std::string& guardian : request.policy().guardians()) {
    RETURN_IF_ERROR(RequireAccount(change, guardian).status());
  }
  v1::Policy next = request.policy();
  next.clear_pending();
  next.set_name(std::string(kPolicyName));
  next.set_etag(NextEtag(present.etag()));
  KeepForbidden(present, next);
  RETURN_IF_ERROR(CheckKept(next, next.name()));
  const Loosening loosening = LooseningOf(present, next);
  ASSIGN_OR_RETURN(const bool waits,
                   Waits(loosening, change.tenant(), present));
  DropPending(present, kPolicyName);
  v1::Policy& policy = *response.mutable_policy();
  if (waits) {
    v1::PolicyChange pending = ChangeOf(caller, kPolicyName);
    *pending.mutable_policy() = next;
    RETURN_IF_ERROR(AddPending(loosening, std::move(pending), present));
    present.set_etag(next.etag());
    policy = present;
  } else {
    policy = next;
    *policy.mutable_pending() = present.pending();
  }
  if (request.validate_only()) return absl::OkStatus();
  change.Audit(RowAboutRules(caller, policy.name(), next,
                             FindPending(policy, kPolicyName)));
  PutPolicy(change, policy);
  return absl::OkStatus();
}

absl::StatusOr<bool> PolicyAdmin::Waits(const Loosening& loosening,
                                        absl::string_view tenant,
                                        const v1::Policy& policy) {
  if (loosening.empty()) return false;
  if (!policy.guardians().empty()) return true;
  std::set<std::string> seen;
  ListQuery sites{std::string(key::kSites), kSitesAtOnce, "", ""};
  do {
    ASSIGN_OR_RETURN(const auto page,
                     store_.List<SiteRow>(tenant, sites,
                                          [](const SiteRow&) { return true; }));
    for (const SiteRow& row : page.first) {
      const std::string& owner = row.site().owner();
      if (!seen.insert(owner).second) continue;
      ASSIGN_OR_RETURN(const auto account,
                       store_.Get<AccountRow>(tenant, key::Account(owner)));
      if (account.has_value() && EverHadAKey(account->account())) return true;
    }
    sites.page_token = page.second;
  } while (!sites.page_token.empty());
  return false;
}

}  // namespace u2fi::device_registry
