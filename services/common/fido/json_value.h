#ifndef U2FI_SERVICES_COMMON_FIDO_JSON_VALUE_H_
#define U2FI_SERVICES_COMMON_FIDO_JSON_VALUE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "services/common/fido/strict_json.h"

namespace u2fi::fido {

// The whole text as a value, if ReadStrictJson() takes it. INVALID_ARGUMENT
// otherwise, also for numbers beyond a double.
absl::StatusOr<nlohmann::json> ParseJsonValue(absl::string_view text,
                                              const JsonLimits& limits);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_JSON_VALUE_H_
