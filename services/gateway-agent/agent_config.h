#ifndef U2FI_SERVICES_GATEWAY_AGENT_AGENT_CONFIG_H_
#define U2FI_SERVICES_GATEWAY_AGENT_AGENT_CONFIG_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/mqtt/broker_options.h"
#include "u2fi/config/v1/agent.pb.h"

namespace u2fi::gateway_agent {

// What is wrong with the configuration of `gateway-agent run`, one line a key
// with its path; INVALID_ARGUMENT. Opens no file.
absl::Status CheckAgentConfig(const config::v1::GatewayAgentConfig& config);

// The same for `init`, which needs only who the gateway is and tls.key_file.
absl::Status CheckInitConfig(const config::v1::GatewayAgentConfig& config);

// The same for `status` and `decline`: where the local API is.
absl::Status CheckLocalConfig(const config::v1::GatewayAgentConfig& config);

// The agent's URI, as its certificate must have it.
std::string GatewayUri(const config::v1::GatewayAgentConfig& config);

// Path of the local API's Unix socket.
std::string LocalSocketOf(const config::v1::GatewayAgentConfig& config);

// Where the broker is; without a password. INVALID_FIELD unless `url` is
// `mqtts://host:port`, or `mqtt://host:port` with a loopback address.
absl::StatusOr<mqtt::BrokerOptions> ParseBrokerUrl(const std::string& url);

// How to reach the broker, with the password from its file if that is how it
// is given. Of a checked configuration. FILE_NOT_FOUND, FILE_UNAVAILABLE.
absl::StatusOr<mqtt::BrokerOptions> BrokerOptionsOf(
    const config::v1::DeviceLinkConfig& config);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_AGENT_CONFIG_H_
