#ifndef U2FI_SERVICES_GATEWAY_AGENT_PLAIN_MESSAGE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_PLAIN_MESSAGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/device/v1/device.pb.h"
#include "u2fi/proof/v1/command.pb.h"

namespace u2fi::gateway_agent {

// Longest answer of a device without the kit, in bytes.
inline constexpr size_t kMaxPlainState = 2048;

// What such a device is sent: JSON as in services/common/mqtt/README.md.
// The arguments are in it byte for byte. COMMAND_FORMAT if they are not a JSON
// object (or nothing), or one that has a name twice, which two readers would
// read differently.
absl::StatusOr<std::string> PlainSet(const proof::v1::Command& command);

// What it answers: command_id and outcome are set, the outcome is one of
// DeviceResult's. INVALID_FIELD for everything else. Bytes that nobody signed:
// they end a command and do nothing more.
absl::StatusOr<device::v1::DeviceResult> ParsePlainState(
    absl::string_view payload);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_PLAIN_MESSAGE_H_
