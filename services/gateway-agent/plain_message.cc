#include "services/gateway-agent/plain_message.h"

#include "nlohmann/json.hpp"
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

}  // namespace

absl::StatusOr<std::string> PlainSet(const proof::v1::Command& command) {
  const std::string& text = command.arguments();
  json arguments = json::object();
  if (!text.empty()) {
    arguments = json::parse(text, nullptr, /*allow_exceptions=*/false);
  }
  if (!arguments.is_object()) {
    return Error(reason::kCommandFormat, "the arguments are no JSON object");
  }
  return json{{"command", command.command_id()},
              {"operation", command.operation()},
              {"arguments", arguments}}
      .dump(-1, ' ', false, json::error_handler_t::replace);
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
