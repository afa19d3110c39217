#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_PENDING_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_PENDING_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/change.h"
#include "services/device-registry/policy_loosening.h"
#include "u2fi/device_registry/v1/resources.pb.h"

// The changes that wait for touches: in the tenant's policy, those of models
// too.
namespace u2fi::device_registry {

// The name of the policy as a resource.
inline constexpr absl::string_view kPolicyName = "policy";

// The policy of a tenant that has none: empty, with the etag "0".
v1::Policy DefaultPolicy();

// The tenant's policy, or DefaultPolicy(); the commit expects it unchanged.
absl::StatusOr<v1::Policy> ReadPolicy(Change& change);

// Puts the policy and announces it.
void PutPolicy(Change& change, v1::Policy policy);

// What waits for `resource`, or nullptr.
const v1::PolicyChange* FindPending(const v1::Policy& policy,
                                    absl::string_view resource);

// Nothing waits for `resource` any more.
void DropPending(v1::Policy& policy, absl::string_view resource);

// `next` waits, whose resource, next and named_by are set, in place of what
// waited for the resource. POLICY_CHANGE_LIMIT.
absl::Status AddPending(const Loosening& loosening, v1::PolicyChange next,
                        v1::Policy& policy);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_PENDING_H_
