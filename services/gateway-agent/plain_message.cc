#include "services/gateway-agent/plain_message.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/fido/strict_json.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/gateway-agent/outcome.h"

namespace u2fi::gateway_agent {
namespace {

using nlohmann::json;

// The text member `name` of an object, or "".
std::string TextOf(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "";
  return found->get<std::string>();
}

// More than fits into arguments.
constexpr fido::JsonLimits kLimits{2048, 64, 1024};

// Whether the text is a JSON object that every reader reads alike.
bool IsExactObject(absl::string_view text) {
  fido::StrictJsonHandler handler;
  return fido::ReadStrictJson(text, kLimits, handler);
}

}  // namespace

absl::StatusOr<std::string> PlainSet(const proof::v1::Command& command) {
  const std::string& text = command.arguments();
  if (!text.empty() && !IsExactObject(text)) {
    return Error(reason::kCommandFormat,
                 "the arguments are no JSON object with distinct names");
  }
  // The exact bytes that were touched for: nothing is written anew.
  return absl::StrCat("{\"arguments\":", text.empty() ? "{}" : text,
                      ",\"command\":", json(command.command_id()).dump(),
                      ",\"operation\":", json(command.operation()).dump(), "}");
}

absl::StatusOr<device::v1::DeviceResult> ParsePlainState(
    absl::string_view payload) {
  if (payload.size() > kMaxPlainState) {
    return FieldError("payload", "is too long");
  }
  const json state = json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!state.is_object()) return FieldError("payload", "is no JSON object");
  device::v1::DeviceResult result;
  result.set_command_id(TextOf(state, "command"));
  result.set_outcome(TextOf(state, "outcome"));
  if (!proof::IsId(result.command_id())) {
    return FieldError("command", "is no command id");
  }
  if (OutcomeOf(result.outcome()) ==
      gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED) {
    return FieldError("outcome", "is no outcome");
  }
  return result;
}

}  // namespace u2fi::gateway_agent
