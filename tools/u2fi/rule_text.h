#ifndef U2FI_TOOLS_U2FI_RULE_TEXT_H_
#define U2FI_TOOLS_U2FI_RULE_TEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::cli {

// "camera.on=touch" as an operation of a model: free, touch (by the owner or a
// member), touch_uv, quorum, forbidden. INVALID_FIELD otherwise.
absl::StatusOr<device_registry::v1::ModelOperation> ParseOperation(
    absl::string_view text);

// Changes `rules`: the operations in `drop` lose their rule, those in `set`, as
// in ParseOperation(), get a new one. INVALID_FIELD for text that is none, for
// an operation that `set` names twice, and for one to drop that has no rule.
absl::Status EditRules(
    const std::vector<std::string>& set, const std::vector<std::string>& drop,
    google::protobuf::RepeatedPtrField<proof::v1::OperationRule>& rules);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_RULE_TEXT_H_
