#ifndef U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHECKS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHECKS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::device_registry {

// What models and policies may say. INVALID_FIELD names the field; a rule that
// contradicts itself is RULE_INVALID with metadata "operation" and "field".

// Texts, at most 256 operations with distinct names that are not reserved,
// form of rules, and at most 8 secret fields each.
absl::Status CheckModel(const v1::Model& model);

// At most 256 rules for distinct operations, each of a good form. `path` is
// that of the list: "policy.rules".
absl::Status CheckRules(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<proof::v1::OperationRule>& rules);

// CheckRules(), the bounds of the numbers, and at most 16 distinct guardians.
absl::Status CheckPolicy(const v1::Policy& policy);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_POLICY_CHECKS_H_
