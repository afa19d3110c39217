#include "services/common/fido/json_value.h"

#include <utility>

namespace u2fi::fido {

absl::StatusOr<nlohmann::json> ParseJsonValue(absl::string_view text,
                                              const JsonLimits& limits) {
  StrictJsonHandler handler;
  nlohmann::json value;
  if (ReadStrictJson(text, limits, handler)) {
    value = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  }
  if (!value.is_object()) {
    return absl::InvalidArgumentError("not one JSON object within the limits");
  }
  return value;
}

}  // namespace u2fi::fido
