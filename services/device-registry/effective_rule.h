#ifndef U2FI_SERVICES_DEVICE_REGISTRY_EFFECTIVE_RULE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_EFFECTIVE_RULE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/device_registry/v1/resources.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

// Who has a say in what an operation needs. nullptr: nobody of that kind.
struct RuleSources {
  const v1::Policy* policy = nullptr;
  // Of the device; nullptr for acts on accounts.
  const v1::Model* model = nullptr;
  const v1::Account* owner = nullptr;
  const proof::v1::PinSet* pins = nullptr;
};

// The strictest of all sources, field by field. Each can only make it
// stricter: what the maker did not classify needs a touch by OWNER, and so
// does every reserved operation. OPERATION_UNKNOWN if the model does not have
// the operation and is not open.
absl::StatusOr<proof::v1::Rule> EffectiveRuleOf(absl::string_view operation,
                                                const RuleSources& sources);

// The rules that a first pin set needs for these sources: those that differ
// from the default, one touch by OWNER. Ascending by operation.
std::vector<proof::v1::OperationRule> RulesToPin(const RuleSources& sources);

// The entry of an operation, or nullptr.
const v1::ModelOperation* FindOperation(const v1::Model& model,
                                        absl::string_view operation);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_EFFECTIVE_RULE_H_
