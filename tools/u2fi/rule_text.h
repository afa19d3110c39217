#ifndef U2FI_TOOLS_U2FI_RULE_TEXT_H_
#define U2FI_TOOLS_U2FI_RULE_TEXT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::cli {

// "camera.on=touch" as an operation of a model: free, touch (by the owner or a
// member), touch_uv, quorum, forbidden. INVALID_FIELD otherwise.
absl::StatusOr<device_registry::v1::ModelOperation> ParseOperation(
    absl::string_view text);

// The rule for people: its name in ParseOperation(), or what it wants.
std::string RuleName(const proof::v1::Rule& rule);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_RULE_TEXT_H_
