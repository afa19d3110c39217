#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_ADMIN_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_ADMIN_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/policy_loosening.h"
#include "services/device-registry/policy_pending.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::device_registry {

// What is critical: models with their makers' rules, and the tenant's policy.
// A change makes nothing in a pin set stricter or looser: it counts from the
// next Resolve on, and in the next pin set. One that asks for more holds at
// once, and drops what waits for the same resource. One that lets less be asked
// for (policy_loosening.h) waits until those who may agree have touched
// (policy_change_act.h): the policy's guardians, or where none is named
// whoever owns a site. While nobody of them ever had a key it holds at once.
// Thread-safe. Errors are those of registry.proto.
class PolicyAdmin {
 public:
  // `store` must outlive this object.
  explicit PolicyAdmin(RegistryStore& store) : store_(store) {}

  absl::StatusOr<v1::GetModelResponse> GetModel(
      const rpc::Caller& caller, const v1::GetModelRequest& request);
  absl::StatusOr<v1::ListModelsResponse> ListModels(
      const rpc::Caller& caller, const v1::ListModelsRequest& request);
  // Rules keep the form of a pin set's (RULE_INVALID otherwise), and no
  // reserved operation has one.
  absl::StatusOr<v1::UpdateModelResponse> UpdateModel(
      const rpc::Caller& caller, const v1::UpdateModelRequest& request);

  // A tenant without a policy has an empty one with the etag "0".
  absl::StatusOr<v1::GetPolicyResponse> GetPolicy(
      const rpc::Caller& caller, const v1::GetPolicyRequest& request);
  absl::StatusOr<v1::UpdatePolicyResponse> UpdatePolicy(
      const rpc::Caller& caller, const v1::UpdatePolicyRequest& request);

 private:
  // What UpdateModel() and UpdatePolicy() decide.
  absl::Status ChangeModel(const rpc::Caller& caller,
                           const v1::UpdateModelRequest& request,
                           Change& change, v1::UpdateModelResponse& response);
  absl::Status ChangePolicy(const rpc::Caller& caller,
                            const v1::UpdatePolicyRequest& request,
                            Change& change, v1::UpdatePolicyResponse& response);
  // Whether a change that makes something looser has to wait.
  absl::StatusOr<bool> Waits(const Loosening& loosening,
                             absl::string_view tenant,
                             const v1::Policy& policy);

  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_ADMIN_H_
