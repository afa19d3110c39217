#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_TEST_CASE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_TEST_CASE_H_

#include <string>

#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/device-registry/registry_test_case.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {

// For tests of changes of the policy and of models.

inline const std::string kPolicy(proof::kOperationPolicy);

inline void SetRule(v1::Policy& policy, const std::string& operation,
                    const proof::v1::Rule& rule) {
  proof::v1::OperationRule& entry = *policy.add_rules();
  entry.set_operation(operation);
  *entry.mutable_rule() = rule;
}

// A change of policy is gated by the policy before the change: door.unlock
// needs two approvals everywhere.
class PolicyChangeTest : public RegistryTestCase {
 protected:
  // The policy is made while nobody has a key.
  void MakeTenant() {
    MakeWorld();
    v1::Policy policy = Present();
    SetRule(policy, "door.unlock", proof::TouchUvRule());
    SetRule(policy, "lamp.on", proof::TouchRule());
    ASSERT_OK(Update(policy));
  }
  v1::Policy Present() {
    const auto found = core_->policies().GetPolicy(operator_, {});
    EXPECT_OK(found);
    return found.ok() ? found->policy() : v1::Policy();
  }
  absl::StatusOr<v1::UpdatePolicyResponse> Update(const v1::Policy& policy,
                                                  bool validate_only = false) {
    v1::UpdatePolicyRequest request;
    *request.mutable_policy() = policy;
    request.set_validate_only(validate_only);
    return core_->policies().UpdatePolicy(operator_, request);
  }
  // The rule of lamp.on goes.
  v1::Policy WithoutLamp() {
    v1::Policy policy = Present();
    policy.mutable_rules()->RemoveLast();
    return policy;
  }
  v1::Model Model() {
    v1::GetModelRequest request;
    request.set_name("models/lock");
    const auto found = core_->policies().GetModel(operator_, request);
    EXPECT_OK(found);
    return found.ok() ? found->model() : v1::Model();
  }
  absl::StatusOr<v1::UpdateModelResponse> Update(const v1::Model& model) {
    v1::UpdateModelRequest request;
    *request.mutable_model() = model;
    return core_->policies().UpdateModel(operator_, request);
  }
  // camera.on without a touch.
  v1::Model WithFreeCamera() {
    v1::Model model = Model();
    *model.mutable_operations(3)->mutable_rule() = proof::FreeRule();
    return model;
  }

  // What alice agrees to by a touch.
  proof::v1::PolicyChangeArguments Arguments() {
    const v1::Policy policy = Present();
    EXPECT_EQ(policy.pending_size(), 1);
    proof::v1::PolicyChangeArguments arguments;
    arguments.set_format(1);
    for (const v1::PolicyChange& waits : policy.pending()) {
      arguments.set_resource(waits.resource());
      arguments.set_change(waits.change());
      *arguments.mutable_looser() = waits.looser();
    }
    return arguments;
  }
  v1::ApplyRequest Asked(const proof::v1::PolicyChangeArguments& arguments) {
    return AccountActRequest(kPolicy, proof::Encode(arguments),
                             {{&site_.alice, &site_.gw1}});
  }
  absl::StatusOr<v1::ApplyResponse> Apply(const v1::ApplyRequest& request) {
    return core_->applier().Apply(gate_, request);
  }
  void ExpectRefused(const v1::ApplyRequest& request, const Reason& reason) {
    const int commits = Commits();
    EXPECT_THAT(Apply(request), HasReason(reason));
    EXPECT_EQ(Commits(), commits);
  }
};

// Alice owns the site home and has a key.
class GatedPolicyTest : public PolicyChangeTest {
 protected:
  void SetUp() override {
    MakeTenant();
    Enrol(site_.alice);
  }
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_TEST_CASE_H_
