#include "services/device-registry/effective_rule.h"

#include <set>
#include <utility>

#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::OperationRule;
using proof::v1::Rule;

template <typename Rules>
void Tighten(Rule& rule, const Rules& rules, absl::string_view operation) {
  for (const OperationRule& entry : rules) {
    if (entry.operation() == operation) {
      rule = proof::Strictest(rule, entry.rule());
    }
  }
}

// What the maker says.
absl::StatusOr<Rule> ModelRule(absl::string_view operation,
                               const v1::Model* model) {
  if (proof::IsReserved(operation)) return proof::OwnerTouchRule();
  const v1::ModelOperation* const entry =
      model == nullptr ? nullptr : FindOperation(*model, operation);
  if (entry != nullptr && entry->has_rule()) return entry->rule();
  if (entry != nullptr || (model != nullptr && model->open())) {
    return proof::OwnerTouchRule();
  }
  return Error(reason::kOperationUnknown,
               "the model does not have this operation",
               {{"operation", std::string(operation)}});
}

bool IsDefault(const Rule& rule) {
  return rule.SerializeAsString() ==
         proof::OwnerTouchRule().SerializeAsString();
}

}  // namespace

const v1::ModelOperation* FindOperation(const v1::Model& model,
                                        absl::string_view operation) {
  for (const v1::ModelOperation& entry : model.operations()) {
    if (entry.operation() == operation) return &entry;
  }
  return nullptr;
}

absl::StatusOr<Rule> EffectiveRuleOf(absl::string_view operation,
                                     const RuleSources& sources) {
  ASSIGN_OR_RETURN(Rule rule, ModelRule(operation, sources.model));
  if (sources.policy != nullptr) {
    Tighten(rule, sources.policy->rules(), operation);
  }
  if (sources.owner != nullptr) {
    Tighten(rule, sources.owner->rules(), operation);
  }
  if (sources.pins == nullptr) return rule;
  return proof::Strictest(rule, proof::EffectiveRule(*sources.pins, operation));
}

std::vector<OperationRule> RulesToPin(const RuleSources& sources) {
  std::set<std::string> operations;
  for (const v1::ModelOperation& entry : sources.model->operations()) {
    operations.insert(entry.operation());
  }
  for (const OperationRule& entry : sources.policy->rules()) {
    operations.insert(entry.operation());
  }
  for (const OperationRule& entry : sources.owner->rules()) {
    operations.insert(entry.operation());
  }
  std::vector<OperationRule> rules;
  for (const std::string& operation : operations) {
    absl::StatusOr<Rule> rule = EffectiveRuleOf(operation, sources);
    // Not of this model: the device does not have it.
    if (!rule.ok() || IsDefault(*rule)) continue;
    OperationRule entry;
    entry.set_operation(operation);
    *entry.mutable_rule() = *std::move(rule);
    rules.push_back(std::move(entry));
  }
  return rules;
}

}  // namespace u2fi::device_registry
