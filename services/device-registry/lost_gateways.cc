#include "services/device-registry/lost_gateways.h"

#include <map>
#include <utility>

#include "services/common/status/status_macros.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

constexpr char kGateways[] = "gateways/";

constexpr v1::GatewayState kStates[] = {v1::GATEWAY_STATE_ACTIVE,
                                        v1::GATEWAY_STATE_SUSPENDED,
                                        v1::GATEWAY_STATE_REVOKED};

// The state that the row moves its gateway to; UNSPECIFIED for other rows.
v1::GatewayState StateAfter(const audit::ParsedRow& row) {
  for (const v1::GatewayState state : kStates) {
    if (row.body.state_after() == StateName(state)) return state;
  }
  return v1::GATEWAY_STATE_UNSPECIFIED;
}

}  // namespace

bool IsAboutGateway(const audit::ParsedRow& row) {
  return row.header.kind() == audit::v1::ROW_KIND_GATEWAY &&
         !audit::SubjectOf(row, kGateways).empty() &&
         StateAfter(row) != v1::GATEWAY_STATE_UNSPECIFIED;
}

absl::Status LostGateways::Apply() {
  return lost_.Apply([this](const std::string& tenant, const auto& rows) {
    return ApplyRows(tenant, rows);
  });
}

absl::Status LostGateways::ApplyRows(
    const std::string& tenant, const std::vector<audit::ParsedRow>& rows) {
  // How each of them ended up.
  std::map<std::string, v1::GatewayState> states;
  for (const audit::ParsedRow& row : rows) {
    states[audit::SubjectOf(row, kGateways)] = StateAfter(row);
  }
  for (const auto& [id, state] : states) {
    RETURN_IF_ERROR(gateways_.TakeAgain(tenant, id, state));
  }
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
