#include "services/device-registry/policy_admin.h"

#include <utility>

#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/policy_checks.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::ModelRow;
using records::v1::PolicyRow;

// A row about new rules: they are long, so the audit keeps their hash.
audit::RowContent RowAboutRules(const rpc::Caller& caller,
                                const std::string& name,
                                const google::protobuf::Message& rules) {
  audit::RowContent row = RowAbout(audit::v1::ROW_KIND_ADMIN, caller, {name});
  AddDetail(
      row, "sha256",
      crypto::Hex(crypto::View(crypto::Sha256(rules.SerializeAsString()))));
  return row;
}

}  // namespace

v1::Policy DefaultPolicy() {
  v1::Policy policy;
  policy.set_name("policy");
  policy.set_etag("0");
  return policy;
}

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
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("models/", request.model().name(), "model.name"));
  RETURN_IF_ERROR(CheckModel(request.model()));
  v1::UpdateModelResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(const absl::optional<ModelRow> present,
                     change.Read<ModelRow>(key::Model(id)));
    const std::string etag = present ? present->model().etag() : "";
    RETURN_IF_ERROR(CheckEtag(request.model().etag(), etag));
    v1::Model& model = *response.mutable_model();
    model = request.model();
    model.set_etag(NextEtag(etag));
    if (request.validate_only()) return absl::OkStatus();
    ModelRow row;
    *row.mutable_model() = model;
    change.Put(key::Model(id), std::move(row));
    change.Audit(RowAboutRules(caller, model.name(), model));
    change.Announce(v1::EVENT_KIND_POLICY, model.name());
    return absl::OkStatus();
  }));
  return response;
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
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    ASSIGN_OR_RETURN(const absl::optional<PolicyRow> present,
                     change.Read<PolicyRow>(key::Policy()));
    const std::string etag =
        present ? present->policy().etag() : DefaultPolicy().etag();
    RETURN_IF_ERROR(CheckEtag(request.policy().etag(), etag));
    v1::Policy& policy = *response.mutable_policy();
    policy = request.policy();
    policy.set_name("policy");
    policy.set_etag(NextEtag(etag));
    if (request.validate_only()) return absl::OkStatus();
    PolicyRow row;
    *row.mutable_policy() = policy;
    change.Put(key::Policy(), std::move(row));
    change.Audit(RowAboutRules(caller, policy.name(), policy));
    change.Announce(v1::EVENT_KIND_POLICY, policy.name());
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace u2fi::device_registry
