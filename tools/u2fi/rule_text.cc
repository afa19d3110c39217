#include "tools/u2fi/rule_text.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

using Rules = google::protobuf::RepeatedPtrField<proof::v1::OperationRule>;

// Whether there was a rule for `operation`.
bool RemoveRule(const std::string& operation, Rules& rules) {
  const auto end = std::remove_if(rules.begin(), rules.end(),
                                  [&](const proof::v1::OperationRule& rule) {
                                    return rule.operation() == operation;
                                  });
  const bool found = end != rules.end();
  rules.erase(end, rules.end());
  return found;
}

}  // namespace

absl::StatusOr<device_registry::v1::ModelOperation> ParseOperation(
    absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '=');
  if (parts.size() != 2 || parts[0].empty()) {
    return UsageError("OPERATION=RULE",
                      absl::StrCat("'", text, "' is not OPERATION=RULE"));
  }
  absl::optional<proof::v1::Rule> rule =
      proof::PresetByName(absl::AsciiStrToUpper(parts[1]));
  if (!rule.has_value()) {
    return UsageError(
        "OPERATION=RULE",
        absl::StrCat("'", parts[1],
                     "' is none of free, touch, touch_uv, quorum, forbidden"));
  }
  device_registry::v1::ModelOperation operation;
  operation.set_operation(parts[0]);
  *operation.mutable_rule() = *std::move(rule);
  return operation;
}

absl::Status EditRules(const std::vector<std::string>& set,
                       const std::vector<std::string>& drop, Rules& rules) {
  for (const std::string& operation : drop) {
    if (!RemoveRule(operation, rules)) {
      return FieldError("--drop-rule",
                        absl::StrCat("'", operation, "' has no rule here"));
    }
  }
  std::set<std::string> named;
  for (const std::string& text : set) {
    ASSIGN_OR_RETURN(const auto parsed, ParseOperation(text));
    if (!named.insert(parsed.operation()).second) {
      return UsageError(
          "--rule", absl::StrCat("'", parsed.operation(), "' is named twice"));
    }
    RemoveRule(parsed.operation(), rules);
    proof::v1::OperationRule& rule = *rules.Add();
    rule.set_operation(parsed.operation());
    *rule.mutable_rule() = parsed.rule();
  }
  return absl::OkStatus();
}

}  // namespace u2fi::cli
