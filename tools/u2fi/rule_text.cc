#include "tools/u2fi/rule_text.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"

namespace u2fi::cli {

absl::StatusOr<device_registry::v1::ModelOperation> ParseOperation(
    absl::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(text, '=');
  if (parts.size() != 2 || parts[0].empty()) {
    return FieldError("operation",
                      absl::StrCat("'", text, "' is not OPERATION=RULE"));
  }
  absl::optional<proof::v1::Rule> rule =
      proof::PresetByName(absl::AsciiStrToUpper(parts[1]));
  if (!rule.has_value()) {
    return FieldError(
        "operation",
        absl::StrCat("'", parts[1],
                     "' is none of free, touch, touch_uv, quorum, forbidden"));
  }
  device_registry::v1::ModelOperation operation;
  operation.set_operation(parts[0]);
  *operation.mutable_rule() = *std::move(rule);
  return operation;
}

std::string RuleName(const proof::v1::Rule& rule) {
  const absl::string_view preset = proof::PresetName(rule);
  const bool other_quorum = preset == "QUORUM" && rule.approvals() != 2;
  return preset.empty() || other_quorum
             ? absl::StrCat(rule.approvals(), " approvals")
             : absl::AsciiStrToLower(preset);
}

}  // namespace u2fi::cli
